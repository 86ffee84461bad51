"""One server that every platform calls: its settings, and genuine messages of people as each simulator signs them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from bot.messages import HookRequest
from tests.durability.harness import Installation
from tests.fakes import feishu_callbacks, wecom
from tests.fakes.dingtalk import FakeDingTalk, Member
from tests.fakes.feishu import SECRET, FakeFeishu
from tests.fakes.telegram import FakeTelegram, Sender
from tests.fakes.wechat import FakeWeChat
from tests.fakes.wecom import FakeWeCom

PEOPLE = 40  # of each platform
CROWD = 256
REPEATS, PAUSE = 3, 1.0
WAITS = {  # seconds until a platform gives up; Telegram says a minute, we promise what the strictest asks
    "telegram": 3.0, "wechat": 5.0, "wecom": 5.0, "dingtalk": 3.0, "feishu": 3.0, "web": 5.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A message as it is posted. `since`: when it should have been."""

    channel: str
    path: str
    request: HookRequest
    since: float


@dataclass(frozen=True, slots=True)
class Answered:
    """`status`: of each try, of which there are several where it was refused; `took`: the longest one, in seconds."""

    channel: str
    statuses: list[int]
    took: float

    @property
    def is_taken(self) -> bool:
        return self.statuses[-1] == 200


class Fakes:
    """The simulators of all platforms."""

    def __init__(self, stack: ExitStack) -> None:
        self.telegram = stack.enter_context(FakeTelegram())
        self.wechat = stack.enter_context(FakeWeChat())
        self.wecom = stack.enter_context(FakeWeCom())
        self.dingtalk = stack.enter_context(FakeDingTalk())
        self.feishu = stack.enter_context(FakeFeishu())
        self.wecom.members |= {f"m{number}" for number in range(PEOPLE)}

    def environment(self) -> dict[str, str]:
        """The settings of a server that knows all of them."""
        groups = {
            "WECHAT": {
                "APP_ID": self.wechat.app_id, "APP_SECRET": self.wechat.secret, "TOKEN": self.wechat.token,
                "AES_KEY": self.wechat.aes_key, "BASE_URL": self.wechat.url,
            },
            "WECOM": {
                "CORP_ID": wecom.CORP, "AGENT_ID": str(wecom.AGENT), "SECRET": wecom.SECRET, "TOKEN": wecom.TOKEN,
                "AES_KEY": wecom.AES_KEY, "BASE_URL": self.wecom.url,
            },
            "FEISHU": {
                "APP_ID": feishu_callbacks.APP_ID, "APP_SECRET": SECRET, "ENCRYPT_KEY": feishu_callbacks.ENCRYPT_KEY,
                "VERIFICATION_TOKEN": feishu_callbacks.TOKEN, "BASE_URL": self.feishu.base_url,
            },
        }  # fmt: skip
        named = {f"GONGDAN_{group}__{name}": value for group, known in groups.items() for name, value in known.items()}
        return named | self.telegram.environment("webhook") | self.dingtalk.environment("webhook")


@contextmanager
def all_fakes() -> Iterator[Fakes]:
    with ExitStack() as stack:
        yield Fakes(stack)


class Crowd:
    """People of every platform who write to one server, at a pace that does not wait for answers.

    `hooks`: where they write, in turn; everywhere unless it is said.
    """

    def __init__(self, fakes: Fakes, server: Installation, hooks: Sequence[str] | None = None) -> None:
        self._fakes, self._server, self._numbers, self._ids = fakes, server, count(), count()
        self._chats = [server.call("POST", "/chat/sessions").json["token"] for _ in range(PEOPLE)]
        self._made: dict[str, Callable[[int, str], HookRequest]] = {
            "telegram": self._telegram, "wechat": lambda who, text: fakes.wechat.text(f"o-{who}", text),
            "wecom": lambda who, text: fakes.wecom.says(f"m{who}", text), "dingtalk": self._dingtalk,
            "feishu": lambda who, text: fakes.feishu.events.request(fakes.feishu.events.text(f"ou_{who}", text)),
            "web": self._web,
        }  # fmt: skip
        self._hooks = list(hooks or self._made)

    def write(self, messages: int, pace: float) -> list[Answered]:
        """So many messages over all hooks in turn; each is signed in the moment in which it is posted."""
        begun = time.monotonic()
        waiting: list[Future[Answered]] = []
        with ThreadPoolExecutor(CROWD) as pool:
            for place in range(messages):
                since = begun + place / pace
                time.sleep(max(0.0, since - time.monotonic()))
                waiting.append(pool.submit(self._deliver, self._next(since)))
            return [one.result() for one in waiting]

    def _next(self, since: float) -> Asked:
        number = next(self._numbers)
        channel = self._hooks[number % len(self._hooks)]
        path = "/chat/messages" if channel == "web" else f"/hooks/{channel}"
        request = self._made[channel](number // len(self._hooks) % PEOPLE, f"hello {number}")
        return Asked(channel, path, request, since)

    def _deliver(self, asked: Asked) -> Answered:
        """Post it; what is refused is posted again, as the platform does."""
        statuses, longest, since = [], 0.0, asked.since
        for _ in range(1 + REPEATS):
            statuses.append(self._post(asked))
            longest = max(longest, time.monotonic() - since)
            if statuses[-1] == 200:
                break
            time.sleep(PAUSE)
            since = time.monotonic()
        return Answered(asked.channel, statuses, longest)

    def _post(self, asked: Asked) -> int:
        query = f"?{urlencode(asked.request.query)}" if asked.request.query else ""
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        try:
            connection.request("POST", asked.path + query, asked.request.body, dict(asked.request.headers))
            return connection.getresponse().status
        finally:
            connection.close()

    def _telegram(self, who: int, text: str) -> HookRequest:
        update = self._fakes.telegram.updates.text(Sender(100 + who, "Li", "en"), text)
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._fakes.telegram.secret}
        return HookRequest("POST", json.dumps(update).encode(), headers)

    def _dingtalk(self, who: int, text: str) -> HookRequest:
        make = self._fakes.dingtalk.callbacks
        return HookRequest("POST", json.dumps(make.text(Member(f"d{who}"), text)).encode(), make.headers())

    def _web(self, who: int, text: str) -> HookRequest:
        body = json.dumps({"id": f"said-{next(self._ids):08}", "kind": "text", "text": text}).encode()
        return HookRequest("POST", body, {"Authorization": f"Bearer {self._chats[who]}"})
