"""What each action on a ticket is told. A fact that is not named here is refused."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas import Given, Hash, Key, Moment, Name, Words, given
from api.schemas.tickets import DIGEST, Priority

PERSON = "019a0000-0000-7000-8000-000000000020"
Reason = Annotated[Words, Field(min_length=1, max_length=1000)]
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
Point = Annotated[list[Coordinate], Field(min_length=2, max_length=4)]
Resolution = Literal["fixed", "temporary", "no_fault", "not_ours", "passed", "failed"]


class Move(Given):
    """`version`: of the ticket as it was seen. `device_at`: when it was done, where it is sent later."""

    model_config = given(version=3)

    version: int = Field(ge=1, description="The version that was seen; another one is refused as `stale-ticket`.")
    device_at: Moment | None = Field(default=None, description="When the device says that it was done.")


class Reasoned(Move):
    model_config = given(version=3, reason="waiting_for_parts")

    reason: Reason


class Assign(Move):
    model_config = given(version=1, assignee=PERSON)

    assignee: UUID


class OfferTeam(Move):
    model_config = given(version=1, team="019a0000-0000-7000-8000-000000000040")

    team: UUID


class Schedule(Move):
    model_config = given(version=3, **{"from": "2026-11-21T01:00:00Z", "until": "2026-11-21T03:00:00Z"})

    from_: Moment = Field(alias="from")
    until: Moment
    agreed_by: Name = Field(default="", description="Who has agreed by telephone; else the resident is asked.")


class Proof(Move):
    """How it is shown that somebody is at the asset: its scanned code, or a photo of the place and a reason."""

    code: Name = ""
    code_photo: Hash | Literal[""] = Field(default="", description="Hash of a photo of this ticket.")
    reason: Words = ""


class CheckIn(Proof):
    model_config = given(version=3, code="7KQ4-M2XP-95")


class SignOff(Proof):
    model_config = given(version=4, resolution="fixed", minutes=25, digest=DIGEST)

    resolution: Resolution
    minutes: int | None = Field(default=None, ge=0, le=10_000)
    note: Words = Field(default="", description="As it was signed; a signature under another one is no evidence.")
    digest: Hash | Literal[""] = ""


class Merge(Move):
    model_config = given(version=2, into="WX-261120-040")

    into: Name = Field(min_length=1, description="The number of the ticket that stands for both.")


class Recategorise(Move):
    model_config = given(version=2, category="electricity")

    category: Key


class Reprioritise(Move):
    model_config = given(version=2, priority="urgent")

    priority: Priority


class Waive(Reasoned):
    model_config = given(version=4, evidence="code_scan", reason="The label is torn off.")

    evidence: Literal[
        "before_photo", "after_photo", "technician_signature", "resident_signature", "code_scan", "checklist"
    ]  # fmt: skip


class Addition(Given):
    """Something that is added and moves nothing, so that it needs no version."""

    model_config = given(version=3)

    version: int | None = Field(default=None, ge=1, description="Taken and not looked at: an addition moves nothing.")


class Join(Addition):
    model_config = given(text="It is stuck on the third floor.")

    text: Words = ""


class Note(Addition):
    model_config = given(text="I am at home from six.")

    text: Words
    internal: bool = Field(default=False, description="Between staff; never shown to residents.")


class Sign(Addition):
    model_config = given(
        role="technician", name="Wang Wei", strokes=[[[10, 10, 0], [80, 42, 16]]], digest=DIGEST, resolution="fixed",
        minutes="25",
    )  # fmt: skip

    role: Literal["technician", "resident"]
    name: Annotated[Name, Field(max_length=120)] = ""
    strokes: list[list[Point]] = Field(default=[], max_length=400)
    digest: Hash = Field(description="Of the sheet that was shown: `GET …/sheet`.")
    resolution: Resolution
    minutes: Annotated[str, Field(pattern=r"^\d{0,5}$")] = ""
    note: Words = ""


class UsePart(Addition):
    model_config = given(name="Washer 15 mm", quantity="2", cost="3.60")

    name: Annotated[Name, Field(min_length=1)]
    quantity: Annotated[Name, Field(max_length=40)] = "1"
    cost: str = Field("", max_length=20, description="Of all of it, in the site's currency: `12.50`.")


class AnswerItem(Addition):
    model_config = given(position=1, answer="pass")

    position: int = Field(ge=1, le=1000)
    answer: Annotated[Words, Field(min_length=1, max_length=500)]


class Rate(Addition):
    """Stars for the repair, once it is closed; of few of them also why, as `reason` or in words."""

    model_config = given(stars=5)

    stars: int = Field(ge=1, le=5)
    reason: Literal["speed", "quality", "attitude", "price", "other", ""] = ""
    text: Annotated[Words, Field(max_length=1000)] = ""


MOVES: dict[str, type[Move]] = {
    "assign": Assign, "transfer": Assign, "offer_team": OfferTeam, "request_transfer": Reasoned, "claim": Move,
    "accept": Move, "decline": Reasoned, "release": Reasoned, "schedule": Schedule, "agree": Move, "check_in": CheckIn,
    "hold": Reasoned, "resume": Move, "sign_off": SignOff, "confirm": Move, "reopen": Reasoned, "merge": Merge,
    "cancel": Reasoned, "recategorise": Recategorise, "reprioritise": Reprioritise, "waive": Waive,
}  # fmt: skip
ADDITIONS: dict[str, type[Addition]] = {
    "nudge": Addition, "join": Join, "note": Note, "sign": Sign, "use_part": UsePart, "answer": AnswerItem,
    "rate": Rate,
}  # fmt: skip
