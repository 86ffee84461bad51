"""What DingTalk tells a robot, one builder a kind, in the fields of its documentation. Numbers count up.

callbacks = Callbacks()
li = Member("li01", "Li")
callbacks.text(li, "电梯坏了")                 # a private chat
callbacks.text(li, "/digest", group="cid1=")    # a group in which the robot was mentioned
callbacks.rich(li, "漏水", "code-1")            # words and a picture
callbacks.frame(data)                           # as the stream brings it
callbacks.headers() / callbacks.card_headers()  # as a hook gets it, signed now
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from core import clock

Data = dict[str, Any]
CLIENT, SECRET, ROBOT = "dingappofthetests", "canary-secret-of-dingtalk", "dingrobotofthetests"
CORP, GROUP = "dingcorp0001", "cidOfTheGroup=="
MESSAGES, CARDS = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the organisation; without `userid` somebody from outside."""

    userid: str
    name: str = "Li"


class Callbacks:
    """A counter and the builders that use it."""

    def __init__(self) -> None:
        self._ids = count(1)

    def message(self, sender: Member, kind: str, group: str = "", **content: Any) -> Data:
        """Any message: `content` is what it carries."""
        number = next(self._ids)
        told: Data = {
            "conversationId": group or f"cidPrivate{sender.userid}", "conversationType": "2" if group else "1",
            "chatbotCorpId": CORP, "chatbotUserId": "$:LWCP_v1:$bot", "msgId": f"msg{number:06}==",
            "senderNick": sender.name, "isAdmin": False, "senderId": f"$:LWCP_v1:${sender.userid or sender.name}",
            "sessionWebhookExpiredTime": self.stamp() + 5_400_000, "createAt": self.stamp(), "msgtype": kind,
            "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=canary-session",
            "robotCode": ROBOT, **content,
        }  # fmt: skip
        if sender.userid:
            told |= {"senderStaffId": sender.userid, "senderCorpId": CORP}
        if group:
            told |= {"conversationTitle": "3 号楼", "isInAtList": True, "atUsers": [{"dingtalkId": "$:LWCP_v1:$bot"}]}
        return told

    def text(self, sender: Member, text: str, group: str = "") -> Data:
        return self.message(sender, "text", group, text={"content": f" {text}" if group else text})

    def rich(self, sender: Member, text: str, *codes: str, group: str = "") -> Data:
        pictures = [{"type": "picture", "downloadCode": code, "pictureDownloadCode": f"p{code}"} for code in codes]
        return self.message(sender, "richText", group, content={"richText": [{"text": text}, *pictures]})

    def picture(self, sender: Member, code: str) -> Data:
        return self.message(sender, "picture", content={"downloadCode": code, "pictureDownloadCode": f"p{code}"})

    def audio(self, sender: Member, code: str, recognition: str = "") -> Data:
        return self.message(
            sender, "audio", content={"duration": 4000, "downloadCode": code, "recognition": recognition}
        )

    def file(self, sender: Member, code: str, name: str) -> Data:
        return self.message(
            sender, "file", content={"spaceId": "1", "fileId": "2", "fileName": name, "downloadCode": code}
        )

    def tap(self, sender: Member, track: str, action: str) -> Data:
        chosen = {"cardPrivateData": {"actionIds": [action], "params": {}}}
        return {
            "type": "actionCallback", "outTrackId": track, "corpId": CORP, "userId": sender.userid, "userIdType": 1,
            "extension": "{}", "content": json.dumps(chosen), "value": json.dumps(chosen),
        }  # fmt: skip

    def frame(self, data: Data, kind: str = "CALLBACK", topic: str = "") -> Data:
        """As the stream brings it; the same frame may be pushed again: a redelivery."""
        headers = {
            "appId": "app-1", "connectionId": "c-1", "contentType": "application/json", "time": str(self.stamp()),
            "messageId": f"frame{next(self._ids):06}",
            "topic": topic or (CARDS if "outTrackId" in data else MESSAGES),
        }  # fmt: skip
        return {"specVersion": "1.0", "type": kind, "headers": headers, "data": json.dumps(data)}

    def headers(self, secret: str = SECRET, stamp: str = "") -> dict[str, str]:
        """The proof of the robot's callbacks: the time signed with the app's secret."""
        stamp = stamp or str(self.stamp())
        return {"timestamp": stamp, "sign": mac(secret, f"{stamp}\n{secret}"), "content-type": "application/json"}

    def card_headers(self, secret: str, stamp: str = "") -> dict[str, str]:
        """The proof of the callbacks of cards: the time signed with the secret that was registered."""
        stamp = stamp or str(self.stamp())
        return {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": mac(secret, stamp)}

    def stamp(self) -> int:
        return int(clock.now().timestamp() * 1000)


def mac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
