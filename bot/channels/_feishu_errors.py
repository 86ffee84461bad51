"""What Feishu's numbers mean to delivery, each from the page of the interface that answers with it.

https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create#error-codes and
https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code
"""

from __future__ import annotations

from datetime import timedelta

from bot.calling import Verdict

SECRET_PAUSE = timedelta(minutes=10)
QUOTA_PAUSE = timedelta(seconds=10)
CHAT_PAUSE = timedelta(seconds=2)

WRONG_ADDRESS = 99991401  # the app takes calls from certain addresses only
NO_BOT = (230006, 11205)
UNKNOWN_CODES = (20003, 20004, 20065)  # of a sign-in: never given, expired, used before

_BLOCKED = Verdict("blocked", stop_contact=True)
_GONE = Verdict("gone", stop_contact=True)
_SPENT = Verdict("bad_token", is_spent=True)
_WRONG_SECRET = Verdict("bad_token", retryable=True, after=SECRET_PAUSE)

VERDICTS: dict[int | str, Verdict] = {
    10003: _WRONG_SECRET,
    10014: _WRONG_SECRET,
    10015: _WRONG_SECRET,
    20002: _WRONG_SECRET,
    99991661: _SPENT,
    99991663: _SPENT,
    99991664: _SPENT,
    99991671: _SPENT,
    99991400: Verdict("throttled", retryable=True, after=QUOTA_PAUSE),
    11232: Verdict("throttled", retryable=True, after=QUOTA_PAUSE),
    230020: Verdict("throttled", retryable=True, after=CHAT_PAUSE),
    230049: Verdict("throttled", retryable=True, after=CHAT_PAUSE),  # the same uuid is being sent this moment
    230002: _GONE,  # we are not in the group any more
    230029: _GONE,  # the person has left the company
    230013: _BLOCKED,  # the person is outside of those for whom the app is available
    230053: _BLOCKED,  # the person wants no messages of the bot
}
