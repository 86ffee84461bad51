"""Tickets as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from api.schemas import Given, Key, Moment, Name, Paged, Shown, Words, example, given
from core.tickets import states

Kind = Literal["fault", "inspection", "task"]
Priority = Literal["emergency", "urgent", "normal", "low"]
State = Literal[
    "reported", "assigned", "accepted", "in_progress", "on_hold", "done", "closed", "merged", "cancelled"
]  # fmt: skip
PhotoKind = Literal["report", "before", "after", "other"]
NUMBER = "WX-261120-042"
SELF = f"/api/v1/tickets/{NUMBER}"
DIGEST = "9b74c9897bac770ffc029102a200c5de7d0c6cba1a5b0ea46c0d1c2a0f5a4b3c"


class PlaceRef(Shown):
    id: UUID
    path: str


class AssetRef(Shown):
    id: UUID
    code: str
    name: str


class PersonRef(Shown):
    id: UUID
    name: str


class PhotoUrls(Shown):
    thumb: str
    screen: str
    full: str


class Photo(Shown):
    """A clean JPEG; `hash` is of the file as it was sent, `item` the question of the checklist, 0 for none."""

    model_config = example(
        hash=DIGEST, kind="after", item=0, width=1600, height=1200, added_at="2026-11-20T03:05:00Z",
        device_at=None, reason="",
        urls={size: f"{SELF}/photos/{DIGEST}?size={size}" for size in ("thumb", "screen", "full")},
    )  # fmt: skip

    hash: str
    kind: PhotoKind
    item: int
    width: int
    height: int
    added_at: datetime
    device_at: datetime | None
    reason: str
    urls: PhotoUrls


class Uploaded(Shown):
    """A photo that was taken in."""

    model_config = example(
        hash=DIGEST, width=1600, height=1200,
        urls={size: f"{SELF}/photos/{DIGEST}?size={size}" for size in ("thumb", "screen", "full")},
    )  # fmt: skip

    hash: str
    width: int
    height: int
    urls: PhotoUrls


class Voice(Shown):
    hash: str
    mime: str
    added_at: datetime
    url: str


class Signature(Shown):
    """`name` is empty where it is none of the reader's business."""

    role: str
    name: str
    signed_at: datetime
    digest: str


class PartUsed(Shown):
    name: str
    quantity: str


class Answer(Shown):
    """One question of the checklist; `answer` is empty while nobody has answered."""

    position: int
    question: str
    kind: str
    options: dict[str, Any]
    answer: str


class Round(Shown):
    """One round of work. A reopening starts a new one; earlier ones stay as they were."""

    round: int
    resolution: str | None
    minutes: int | None
    photos: list[Photo]
    voices: list[Voice]
    signatures: list[Signature]
    parts: list[PartUsed]
    checklist: list[Answer]


class Links(Shown):
    """`actions`: what the reader may do now, as names for `POST …/actions/{action}`."""

    self: str
    page: str
    photos: str
    events: str
    actions: list[str]
    merged_into: str | None
    follows: str | None


class ShortLinks(Shown):
    self: str
    page: str


_DEADLINE: dict[str, Any] = {
    "goal": "respond", "due": "2026-11-20T10:00:00Z", "met": "2026-11-20T02:05:00Z", "missed": False,
    "facts": {"goal": "respond", "minutes": 480, "clock": "always", "from": "2026-11-20T02:00:00+00:00",
              "due": "2026-11-20T10:00:00+00:00"},
}  # fmt: skip


class Deadline(Shown):
    """Until when something is to be done. `due`: null while the clock stands still.

    `facts`: what it follows from. They are empty for residents, who see no time to accept either.
    """

    model_config = example(**_DEADLINE)

    goal: str
    due: datetime | None
    met: datetime | None
    missed: bool
    facts: dict[str, Any]


class TicketInList(Shown):
    """A ticket as lists show it: all but its rounds and what may be done."""

    number: str
    kind: Kind
    state: State
    resolution: str | None
    version: int
    category: str
    priority: Priority
    text: str
    place: PlaceRef
    asset: AssetRef | None
    assignee: PersonRef | None
    promised: datetime | None
    deadlines: list[Deadline]
    links: ShortLinks


_EXAMPLE: dict[str, Any] = {
    "number": NUMBER, "kind": "fault", "state": "accepted", "resolution": None, "version": 3, "category": "water",
    "priority": "normal", "text": "The kitchen tap drips.",
    "place": {"id": "019a0000-0000-7000-8000-000000000010", "path": "A/12/1203"}, "asset": None,
    "assignee": {"id": "019a0000-0000-7000-8000-000000000020", "name": "Wang Wei"}, "promised": "2026-11-20T10:00:00Z",
}  # fmt: skip


class TicketPage(Shown):
    """`next` is the value of `after` for what follows; null at the end."""

    model_config = example(
        items=[{**_EXAMPLE, "deadlines": [_DEADLINE], "links": {"self": SELF, "page": f"/t/{NUMBER}"}}],
        next="AZqJ3kq1cAGAAAAAAAAAAQ",
    )

    items: list[TicketInList]
    next: str | None


class Ticket(Shown):
    """A ticket with its rounds. `version` goes into the next action: nobody overwrites what they have not seen."""

    model_config = example(
        **_EXAMPLE,
        deadlines=[_DEADLINE],
        rounds=[
            {"round": 1, "resolution": None, "minutes": None, "photos": [], "voices": [], "signatures": [],
             "parts": [], "checklist": []}
        ],
        rating=None,
        links={"self": SELF, "page": f"/t/{NUMBER}", "photos": f"{SELF}/photos", "events": f"{SELF}/events",
               "actions": ["check_in", "hold", "note"], "merged_into": None, "follows": None},
    )  # fmt: skip

    number: str
    kind: Kind
    state: State
    resolution: str | None
    version: int
    category: str
    priority: Priority
    text: str
    place: PlaceRef
    asset: AssetRef | None
    assignee: PersonRef | None
    promised: datetime | None
    deadlines: list[Deadline]
    rounds: list[Round]
    rating: int | None = Field(description="The stars that the caller has given the present round.")
    links: Links


class NewTicket(Given):
    """A report. Place by path or id, asset by code; a path needs `site` where the caller belongs to several.

    `code`: the label that the caller stands before and has scanned, of a place or an asset. It needs no role there, as
    the page behind the code needs none, and stands alone.
    """

    model_config = given(text="The kitchen tap drips.", place="A/12/1203", category="water", contact="138 0013 8000")

    text: Words
    place: Name = ""
    asset: Name = ""
    code: Name = ""
    category: Key | Literal[""] = ""
    priority: Priority | Literal[""] = ""
    kind: Kind = "fault"
    contact: Name = ""
    site: Name = ""


def _split(value: Any) -> Any:
    """`state=reported,assigned` and `state=reported&state=assigned` say the same."""
    given_as = value if isinstance(value, list) else [value]
    return [part for item in given_as for part in str(item).split(",") if part]


class TicketFilter(Paged):
    state: Annotated[list[State], BeforeValidator(_split)] = Field(
        default=[], description="Repeat it or separate by commas.", max_length=len(states.STATES)
    )
    site: Name = Field(default="", description="Name or id of a site.")
    assignee: UUID | Literal["me", ""] = Field(default="", description="A person's id, or `me`.")
    q: Name = Field(default="", description="Words in number, text, place or asset.")


class Actor(Shown):
    """A person's id, or the name of a trigger. Both are empty where they are none of the reader's business."""

    id: str
    name: str


class Event(Shown):
    """One entry of the trace, for staff as it was hashed. A resident has fewer entries and fewer facts."""

    seq: int
    action: str
    from_: str = Field(serialization_alias="from")
    to: str
    actor: Actor
    facts: dict[str, Any]
    at: datetime
    device_at: datetime | None
    previous: str
    hash: str
    leaf: int | None


class Events(Shown):
    """A ticket's stream of the trace, from its first entry. `leaf`: the place in the sealed log, null until sealed."""

    model_config = example(
        stream="ticket:019a0000-0000-7000-8000-000000000001",
        items=[
            {"seq": 1, "action": "report", "from": "", "to": "reported",
             "actor": {"id": "019a0000-0000-7000-8000-000000000030", "name": "Li Na"},
             "facts": {"number": NUMBER, "category": "water"}, "at": "2026-11-20T02:00:00Z", "device_at": None,
             "previous": "0" * 64, "hash": DIGEST, "leaf": 17}
        ],
        next=None,
    )  # fmt: skip

    stream: str
    items: list[Event]
    next: str | None = None


class Sheet(Shown):
    """Exactly what a signature will stand under, and its digest, which the signature has to name."""

    model_config = example(
        content={"number": NUMBER, "round": 1, "resolution": "fixed", "minutes": "25", "note": ""}, digest=DIGEST
    )

    content: dict[str, Any]
    digest: str


class SheetFilter(Given):
    resolution: Literal["fixed", "temporary", "no_fault", "not_ours", "passed", "failed"]
    minutes: Annotated[str, Field(pattern=r"^\d{0,5}$")] = ""
    note: Words = ""


class Upload(Given):
    """The fields of a photo upload beside its file. `item`: the question of the checklist that it belongs to."""

    kind: PhotoKind = "other"
    item: Annotated[int, Field(ge=0, le=9999)] = 0
    reason: Name = ""
    device_at: Moment | None = None


class PhotoAddress(Given):
    size: Literal["thumb", "screen", "full"] = "screen"
