"""Every platform's simulator as the proofs use it: how our channel finds it, what it limits, and what its people see.

The limits are those that the platforms publish, not what our channels make of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.channels import Channel
from bot.channels._dingtalk_api import App
from bot.channels._dingtalk_robots import Robot
from bot.channels._feishu_callbacks import Callbacks
from bot.channels._wecom_api import Api
from bot.channels._wecom_seal import Seal
from bot.channels._weixin_sending import template_of
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.feishu import FeishuChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.wecom import WeComChannel
from bot.channels.wecom_robot import WeComRobotChannel
from bot.tokens import Tokens
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs.wechat import channel_of
from tests.fakes import dingtalk, feishu, feishu_callbacks, telegram, wechat, wecom
from tests.fakes.unruly import Told, told

SECOND = 0.8  # a second, less what a call may come later than it was sent while the machine is busy with all of this
Open = Callable[[str, Database, Storage, float], list[Channel]]


@dataclass(frozen=True, slots=True)
class Count:
    """At most so many calls in so many seconds: of all together, or to each person or group."""

    most: int
    seconds: float
    of: Literal["all", "person", "group"]


@dataclass(frozen=True, slots=True)
class Simulator:
    """`make`: the fake, a context, at `address`; `opened`: our channels, told where it is and how long to wait for it.

    `sends`: what names the reader in the address and body of a call that sends. `busy`: how it refuses too much.
    `each`: messages to one person, named by number by `person`. `groups`: by their name in calls, their conversations.
    `meet`: what people do before they can be written to. `is_answering`: they have to write first. `seen`: all words
    that anybody sees. `broken`: limits that were exceeded, as the fake itself has counted.
    """

    make: Callable[[], Any]
    address: Callable[[Any], str]
    opened: Open
    sends: str
    busy: tuple[Told, ...]
    counts: tuple[Count, ...]
    account: str
    person: Callable[[int], str]
    seen: Callable[[Any], Iterable[str]]
    each: int = 3
    groups: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    meet: Callable[[Any, list[str]], None] = lambda _fake, _people: None
    broken: Callable[[Any], int] = lambda _fake: 0
    is_answering: bool = False


def open_telegram(url: str, database: Database, storage: Storage, patience: float) -> list[Channel]:
    return [TelegramChannel(telegram.TOKEN, storage, base_url=url, patience=patience)]


TEMPLATE = "TM0000000001"


def open_wechat(url: str, database: Database, storage: Storage, patience: float) -> list[Channel]:
    templates = {"news": template_of("news", f"{TEMPLATE} character_string1=number")}
    return [channel_of(wechat.FakeWeChat(), database, storage, base_url=url, templates=templates, patience=patience)]


def make_wechat() -> wechat.FakeWeChat:
    fake = wechat.FakeWeChat()
    fake.templates = {TEMPLATE: "{{character_string1.DATA}}"}
    return fake


def write_to_wechat(fake: wechat.FakeWeChat, people: list[str]) -> None:
    for openid in people:
        fake.text(openid, "hello")


def seen_in_wechat(fake: wechat.FakeWeChat) -> list[str]:
    return [" ".join([one.text, *map(str, one.values.values())]) for one in fake.shown]


def open_wecom(url: str, database: Database, storage: Storage, patience: float) -> list[Channel]:
    api = Api(url, wecom.CORP, wecom.AGENT, wecom.SECRET, Tokens(database, b"k"), patience)
    known = {"corp_id": wecom.CORP, "base_url": url, "public_url": "https://fix.example", "token": wecom.TOKEN}
    app = WeComChannel(Seal(wecom.TOKEN, wecom.AES_KEY, wecom.CORP), api, storage, **known)
    return [app, WeComRobotChannel(url, {"ops": wecom.ROBOT}, storage, patience)]


def seen_in_wecom(fake: wecom.FakeWeCom) -> list[str]:
    return [one.text for shown in [*fake.shown.values(), fake.robot] for one in shown]


def open_dingtalk(url: str, database: Database, storage: Storage, patience: float) -> list[Channel]:
    app = App(dingtalk.CLIENT, dingtalk.SECRET, dingtalk.ROBOT)
    robots = {"desk": Robot(dingtalk.ROBOT_TOKEN, dingtalk.ROBOT_SECRET)}
    tokens = Tokens(database, b"k")
    return [DingTalkChannel(app, storage, tokens, base_url=url, robots=robots, patience=patience)]


def open_feishu(url: str, database: Database, storage: Storage, patience: float) -> list[Channel]:
    proof = Callbacks(feishu_callbacks.APP_ID, feishu_callbacks.ENCRYPT_KEY, feishu_callbacks.TOKEN)
    known: dict[str, Any] = {"base_url": url, "patience": patience}
    tokens = Tokens(database, b"k")
    return [FeishuChannel(feishu_callbacks.APP_ID, feishu.SECRET, proof, tokens, storage, **known)]


SIMULATORS: dict[str, Simulator] = {
    "telegram": Simulator(
        make=telegram.FakeTelegram, address=lambda fake: str(fake.base_url), opened=open_telegram,
        sends=r"/sendMessage\n(?:.*&)?chat_id=(-?\d+)",
        busy=tuple(
            told(429, ok=False, error_code=429, description="Too Many Requests", parameters={"retry_after": seconds})
            for seconds in (1, 2)
        ),
        counts=(Count(30, SECOND, "all"), Count(1, SECOND, "person"), Count(20, 60, "group")),
        account="42", person=lambda number: str(100 + number), groups={
            "-1": ("telegram", "42", "-1"), "-2": ("telegram", "42", "-2"),
        },
        seen=lambda fake: [message.text for sent in fake.api.sent.values() for message in sent],
    ),
    "wechat": Simulator(
        make=make_wechat, address=lambda fake: str(fake.url), opened=open_wechat,
        sends=r'message/(?:custom|template)/send(?s:.*?)"touser":\s*"([^"]+)"',
        busy=(told(errcode=45011, errmsg="api minute-quota reach limit"), told(errcode=-1, errmsg="system error")),
        counts=(), account=wechat.FakeWeChat().app_id, person=lambda number: f"o-{number}", each=6,
        seen=seen_in_wechat, meet=write_to_wechat, is_answering=True,
    ),
    "wecom": Simulator(
        make=wecom.FakeWeCom, address=lambda fake: str(fake.url), opened=open_wecom,
        sends=r'message/send(?s:.*?)"touser":\s*"([^"]+)"|webhook/send\?key=([^&\n]+)',
        busy=(told(errcode=45009, errmsg="api freq out of limit"), told(errcode=-1, errmsg="system busy")),
        counts=(Count(30, 60, "person"), Count(1000, 3600, "person"), Count(20, 60, "group")),
        account=wecom.CORP, person=lambda number: f"m{number}", each=25,
        groups={wecom.ROBOT: ("wecom_robot", "robots", "robot:ops")},
        seen=seen_in_wecom, meet=lambda fake, people: fake.members.update(people),
        broken=lambda fake: int(fake.dropped),
    ),
    "dingtalk": Simulator(
        make=dingtalk.FakeDingTalk, address=lambda fake: str(fake.url), opened=open_dingtalk,
        sends=r'batchSend(?s:.*?)"userIds":\s*\["([^"]+)"|robot/send\?access_token=([^&\n]+)',
        busy=(told(403, code=dingtalk.QPS, message="busy"), told(503, code="ServiceUnavailable", message="busy")),
        counts=(Count(20, SECOND, "all"), Count(20, 60, "group")),
        account=dingtalk.CLIENT, person=lambda number: f"d{number}", each=5,
        groups={dingtalk.ROBOT_TOKEN: ("dingtalk", dingtalk.CLIENT, "group:robot:desk")},
        seen=lambda fake: [one.text for one in fake.api.sent],
    ),
    "feishu": Simulator(
        make=feishu.FakeFeishu, address=lambda fake: str(fake.base_url), opened=open_feishu,
        sends=r'im/v1/messages\?(?s:.*?)"receive_id":\s*"([^"]+)"',
        busy=(told(400, code=230020, msg="frequency limit"), told(400, code=99991400, msg="too many requests")),
        counts=(
            Count(50, SECOND, "all"), Count(1000, 60, "all"), Count(5, SECOND, "person"), Count(5, SECOND, "group"),
        ),
        account=feishu_callbacks.APP_ID, person=lambda number: f"ou_{number}", each=5,
        groups={"oc_group": ("feishu", feishu_callbacks.APP_ID, "oc_group")},
        seen=lambda fake: [one.text for one in fake.sent.values()],
    ),
}  # fmt: skip
