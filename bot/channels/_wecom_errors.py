"""What WeCom's numbers mean to delivery: https://developer.work.weixin.qq.com/document/path/90455 (global codes)."""

from __future__ import annotations

from datetime import timedelta

from bot.calling import Verdict

UNTRUSTED = 60020  # our address is not on the app's list of trusted ones
LATER = timedelta(minutes=10)  # somebody has to mend something in the console first
A_MINUTE = timedelta(minutes=1)
GONE = Verdict("gone", stop_contact=True)
SPENT = Verdict("bad_token", is_spent=True)
THROTTLED = Verdict("throttled", retryable=True, after=A_MINUTE)
VERDICTS: dict[int | str, Verdict] = {
    -1: Verdict("unreachable", retryable=True),  # "system busy"
    40001: SPENT, 40014: SPENT, 42001: SPENT,
    40013: Verdict("bad_token", retryable=True, after=LATER),  # no such company
    40091: Verdict("bad_token", retryable=True, after=LATER),  # a secret of somebody else's
    UNTRUSTED: Verdict("untrusted_ip", retryable=True, after=LATER),
    40003: GONE, 60111: GONE, 81013: GONE,  # not a member, or not one who sees the app
    93000: GONE,  # the group robot was taken out
    40007: Verdict("gone"),  # a file whose three days are over
    45009: THROTTLED, 45033: THROTTLED,
    6000: Verdict("unreachable", retryable=True),  # two changed the same at once
}  # fmt: skip
NO_SUCH_CODE = (40029, 42003, 42009)  # of signing in: used, too old, or none of ours
