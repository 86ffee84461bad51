"""What DingTalk's interfaces do: their checks, limits and refusals, in memory and without HTTP.

Numbers and words of refusals are those of DingTalk's documentation, because the channel acts on them.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

from tests.fakes.dingtalk_callbacks import CLIENT, ROBOT, SECRET, mac
from tests.fakes.dingtalk_http import Asked, Json, Told

MAX_PARAM = 20_000
MAX_SKEW = 3600
TEMPLATE = "0000-template-of-the-tests.schema"
ROBOT_TOKEN, ROBOT_SECRET = "canary-token-of-a-robot", "SECcanary-of-a-robot"


class Refused(Exception):
    """An answer that is no result."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.content)
        self.told = told


def no(code: str, message: str = "", status: int = 400) -> Refused:
    return Refused(Told({"code": code, "message": message or code, "requestid": "r-1"}, status))


def old_no(number: int, words: str) -> Refused:
    return Refused(Told({"errcode": number, "errmsg": words}))


@dataclass(slots=True)
class Sent:
    """A message as its reader sees it now. `buttons`: label by label, what is behind it."""

    conversation: str
    kind: str
    text: str
    buttons: list[tuple[str, str]] = field(default_factory=list)
    photo: str = ""
    track: str = ""
    edits: int = 0
    sent_at: float = field(default_factory=time.monotonic)

    @property
    def labels(self) -> list[str]:
        return [label for label, _ in self.buttons]


@dataclass(slots=True)
class Api:
    """The state of one organisation. `left`: who is no member any more; `busy`: who gets too much already."""

    sent: list[Sent] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    media: dict[str, bytes] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    codes: dict[str, Json] = field(default_factory=dict)
    web_codes: dict[str, str] = field(default_factory=dict)
    unions: dict[str, str] = field(default_factory=dict)
    registered: Json = field(default_factory=dict)
    spoken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    url: str = ""
    stream: str = ""
    tokens: int = 0

    @property
    def token(self) -> str:
        return f"canary-access-token-{self.tokens}"

    def call(self, asked: Asked) -> Told:
        """Do what is asked. Raises Refused."""
        if asked.method == "HEAD":
            return Told()
        if asked.path.startswith("/files/"):
            return self._file(asked)
        found, needs = CALLS.get((asked.method, asked.path), (None, False))
        if found is None:
            raise no("NotFound", status=404)
        if needs and asked.query.get("access_token", asked.headers.get("x-acs-dingtalk-access-token")) != self.token:
            raise (
                old_no(40014, "不合法的access_token")
                if "access_token" in asked.query
                else no("InvalidAuthentication", "不合法的access_token", 401)
            )
        return Told(found(self, asked))

    def _file(self, asked: Asked) -> Told:
        data = self.files.get(asked.path.removeprefix("/files/"))
        return Told({}, 404) if data is None else Told(raw=data)


def shown(markdown: str) -> tuple[str, str]:
    """Words and picture as a reader of Markdown sees them, read by an independent library."""
    lines, picture = [], ""
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "inline":
            parts = token.children or []
            picture = next((str(part.attrs["src"]) for part in parts if part.type == "image"), picture)
            lines.append("".join("\n" if part.type == "hardbreak" else part.content for part in parts))
        elif token.type not in ("paragraph_open", "paragraph_close"):
            lines.append(f"?{token.type}?")  # markup that nobody meant
    return "\n\n".join(line for line in lines if line), picture


def _app(asked: Asked, *names: str) -> None:
    if tuple(asked.content.get(name) for name in names) != (CLIENT, SECRET):
        raise no("invalidClientIdOrSecret", "无效的clientId或者clientSecret")


def _log_in(api: Api, asked: Asked) -> Json:
    _app(asked, "appKey", "appSecret")
    api.tokens += 1
    return {"accessToken": api.token, "expireIn": 7200}


def _open(api: Api, asked: Asked) -> Json:
    if (asked.content.get("clientId"), asked.content.get("clientSecret")) != (CLIENT, SECRET):
        raise no("authFailed", "鉴权失败", 401)
    ticket = f"canary-ticket-{len(api.tickets)}-{time.monotonic_ns()}"
    api.tickets.add(ticket)
    return {"endpoint": api.stream, "ticket": ticket}


def _message(asked: Asked) -> Sent:
    """What a robot says, from its kind and its parts."""
    if asked.content.get("robotCode") != ROBOT:
        raise no("resource.not.found", "robot 不存在")
    kind, raw = asked.content["msgKey"], asked.content["msgParam"]
    if len(raw.encode()) > MAX_PARAM:
        raise no("invalidParameter.msgParam.invalid", "消息内容过长")
    parts = json.loads(raw)
    if kind == "sampleText":
        text, picture, buttons = parts["content"], "", []
    else:
        (text, picture), buttons = shown(parts["text"]), _card_buttons(kind, parts)
        assert parts["title"]
    if not text.strip():
        raise no("invalidParameter.msgParam.invalid", "消息内容为空")
    return Sent("", kind, text, buttons, picture)


def _card_buttons(kind: str, parts: Json) -> list[tuple[str, str]]:
    number = kind.removeprefix("sampleActionCard")
    if number == kind:
        assert kind == "sampleMarkdown", kind
        return []
    if number == "":
        return [(parts["singleTitle"], parts["singleURL"])]
    assert number in "2345", kind
    return [(parts[f"actionTitle{n}"], parts[f"actionURL{n}"]) for n in range(1, int(number) + 1)]


def _to_person(api: Api, asked: Asked) -> Json:
    readers = asked.content["userIds"]
    if asked.content.get("robotCode") != ROBOT:
        raise no("resource.not.found", "robot 不存在")
    if not readers:
        raise no("invalidParameter.userIds.empty", "userIds 不能为空")
    message = _message(asked)
    lists = {"invalidStaffIdList": api.left, "flowControlledStaffIdList": api.busy}
    for reader in readers:
        if reader not in api.left | api.busy:
            message.conversation = reader
            api.sent.append(message)
    return {
        "processQueryKey": f"q{len(api.sent)}",
        **{name: [r for r in readers if r in x] for name, x in lists.items()},
    }


def _to_group(api: Api, asked: Asked) -> Json:
    message = _message(asked)
    message.conversation = asked.content["openConversationId"]
    if message.conversation in api.gone:
        raise no("group.disbanded", "群已解散")
    api.sent.append(message)
    return {"processQueryKey": f"q{len(api.sent)}"}


def _card(values: Json, card: Sent) -> Sent:
    """A card with new values; those that are not named stay."""
    assert all(isinstance(value, str) for value in values.values()), "values of a card are texts"
    if "text" in values:
        card.text, card.photo = shown(values["text"])
    if "sys_full_json_obj" in values:
        buttons = json.loads(values["sys_full_json_obj"])["buttons"]
        assert all(button["request"] or button["url"] for button in buttons)
        card.buttons = [(button["text"], button.get("url") or button["id"]) for button in buttons]
    return card


def _deliver(api: Api, asked: Asked) -> Json:
    wish = asked.content
    if wish["cardTemplateId"] != TEMPLATE:
        raise no("param.error", "卡片模板不存在")
    if any(one.track == wish["outTrackId"] for one in api.sent):
        raise no("param.outTrackIdRepeat", "outTrackId 已存在")
    kind, _, to = wish["openSpaceId"].removeprefix("dtv1.card//").partition(".")
    model = {"IM_ROBOT": "imRobotOpenDeliverModel", "IM_GROUP": "imGroupOpenDeliverModel"}[kind]
    assert wish[model]["robotCode"] == ROBOT
    assert wish["callbackType"] == "STREAM" or wish["callbackRouteKey"] == api.registered.get("callbackRouteKey")
    is_fine = to not in api.left | api.gone
    if is_fine:
        api.sent.append(_card(wish["cardData"]["cardParamMap"], Sent(to, "card", "", track=wish["outTrackId"])))
    result = {"spaceId": to, "spaceType": kind, "success": is_fine, "errorMsg": "" if is_fine else "not in space"}
    return {"success": True, "result": {"outTrackId": wish["outTrackId"], "deliverResults": [result]}}


def _change(api: Api, asked: Asked) -> Json:
    card = next((one for one in api.sent if one.track == asked.content["outTrackId"]), None)
    if card is None:
        raise no("param.cardNotExist", "卡片不存在")
    _card(asked.content["cardData"]["cardParamMap"], card).edits += 1
    return {"success": True, "result": True}


def _register(api: Api, asked: Asked) -> Json:
    api.registered = asked.content
    return {"success": True, "result": {"callbackUrl": asked.content["callbackUrl"]}}


def _download(api: Api, asked: Asked) -> Json:
    code = asked.content["downloadCode"]
    if asked.content["robotCode"] != ROBOT or code not in api.files:
        raise no("invalidParameter.downloadCode", "下载码不正确")
    return {"downloadUrl": f"{api.url}/files/{code}"}


def _upload(api: Api, asked: Asked) -> Json:
    name = f"@lAD{len(api.media)}"
    api.media[name] = asked.content["media"]
    return {"errcode": 0, "errmsg": "ok", "type": "image", "media_id": name, "created_at": 1}


def _robot(api: Api, asked: Asked) -> Json:
    token, stamp = asked.query["access_token"], asked.query.get("timestamp", "0")
    if token != ROBOT_TOKEN:
        raise old_no(300005, "token is not exist")
    is_old = abs(time.time() - int(stamp) / 1000) > MAX_SKEW
    if is_old or asked.query.get("sign") != mac(ROBOT_SECRET, f"{stamp}\n{ROBOT_SECRET}"):
        raise old_no(310000, "description:sign not match")
    now = time.monotonic()
    api.spoken[token] = [*(at for at in api.spoken[token] if now - at < 60), now]
    if len(api.spoken[token]) > 20:
        raise old_no(130101, "send too fast, exceed 20 times per minute")
    kind = asked.content["msgtype"]
    parts = asked.content[kind]
    text = parts["content"] if kind == "text" else shown(parts["text"])[0]
    buttons = [(one["title"], one["actionURL"]) for one in parts.get("btns", [])]
    api.sent.append(Sent(token, kind, text, buttons))
    return {"errcode": 0, "errmsg": "ok"}


def _user_info(api: Api, asked: Asked) -> Json:
    found = api.codes.pop(asked.content["code"], None)
    if found is None:
        raise old_no(40078, "不存在的临时授权码")
    return {"errcode": 0, "errmsg": "ok", "result": found}


def _user_token(api: Api, asked: Asked) -> Json:
    _app(asked, "clientId", "clientSecret")
    union = api.web_codes.pop(asked.content["code"], None)
    if union is None:
        raise no("invalidParameter.authCode.notFound", "不合法的authCode")
    return {"accessToken": f"canary-user-{union}", "expireIn": 7200}


def _me(api: Api, asked: Asked) -> Json:
    return {"unionId": asked.headers["x-acs-dingtalk-access-token"].removeprefix("canary-user-"), "nick": "Li"}


def _by_union(api: Api, asked: Asked) -> Json:
    member = api.unions.get(asked.content["unionid"])
    if member is None:
        raise old_no(60121, "找不到该用户")
    return {"errcode": 0, "errmsg": "ok", "result": {"userid": member, "contact_type": 0}}


Call = Callable[[Api, Asked], Json]
CALLS: dict[tuple[str, str], tuple[Call, bool]] = {  # what each does, and whether it needs our token
    ("POST", "/v1.0/oauth2/accessToken"): (_log_in, False),
    ("POST", "/v1.0/gateway/connections/open"): (_open, False),
    ("POST", "/v1.0/robot/oToMessages/batchSend"): (_to_person, True),
    ("POST", "/v1.0/robot/groupMessages/send"): (_to_group, True),
    ("POST", "/v1.0/robot/messageFiles/download"): (_download, True),
    ("POST", "/v1.0/card/instances/createAndDeliver"): (_deliver, True),
    ("PUT", "/v1.0/card/instances"): (_change, True),
    ("POST", "/v1.0/card/callbacks/register"): (_register, True),
    ("POST", "/media/upload"): (_upload, True),
    ("POST", "/topapi/v2/user/getuserinfo"): (_user_info, True),
    ("POST", "/topapi/user/getbyunionid"): (_by_union, True),
    ("POST", "/v1.0/oauth2/userAccessToken"): (_user_token, False),
    ("GET", "/v1.0/contact/users/me"): (_me, False),
    ("POST", "/robot/send"): (_robot, False),
}
