"""What a person may do at a ticket now, the obvious next thing first: the buttons of its page."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from api.pages import _tickets
from core.database import Session
from core.tickets import evidence, queries, states
from core.tickets.models import Ticket

PHOTO_NEEDS = ("before_photo", "after_photo")
ASKING = ("decline", "hold", "schedule", "request_transfer", "reopen", "cancel", "check_in")
ORDER = (
    "accept",
    "claim",
    "resume",
    "check_in",
    "confirm",
    "schedule",
    "hold",
    "request_transfer",
    "decline",
    "reopen",
    "cancel",
)
ICONS = {
    "accept": "accept", "claim": "accept", "resume": "play", "check_in": "place", "confirm": "check",
    "schedule": "calendar", "hold": "hold", "request_transfer": "transfer", "decline": "decline", "reopen": "reopen",
    "cancel": "cross", "sign": "sign", "photograph": "camera", "checklist": "list",
}  # fmt: skip
PRIMARY = ("accept", "claim", "resume", "check_in", "confirm", "sign", "photograph", "checklist", "round")


@dataclass(frozen=True, slots=True)
class Step:
    """A button: a link (`href`) to a page that asks for more, or a post (`action`) with its fields."""

    name: str
    icon: str
    is_primary: bool
    href: str = ""
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def allowed(ticket: Ticket, parts: set[str]) -> list[str]:
    return states.allowed(ticket.kind, ticket.state, parts)


def of(ticket: Ticket, parts: set[str], missing: list[str], scan: str, *, is_alone: bool = True) -> list[Step]:
    """The buttons for somebody who plays `parts`. `scan`: the proof that its code was just scanned."""
    may = allowed(ticket, parts)
    names = [name for name in ORDER if name in may]
    if not is_alone and "supervisor" not in parts:
        names = [name for name in names if name != "cancel"]
    found = [_step(ticket, name, scan) for name in names]
    if "sign_off" in may:
        found.insert(0, _towards_sign_off(ticket, missing, scan))
    return sorted(found, key=lambda step: not step.is_primary)


def _towards_sign_off(ticket: Ticket, missing: list[str], scan: str) -> Step:
    """What still has to be done before signing, or the signing itself."""
    if any(item in missing for item in PHOTO_NEEDS):
        kind = "before" if "before_photo" in missing else "after"
        return Step("photograph", ICONS["photograph"], is_primary=True, href=f"#{kind}-block")
    if "checklist" in missing:
        if ticket.stops:
            return Step("round", ICONS["checklist"], is_primary=True, href=f"/round/{ticket.number}")
        return Step("checklist", ICONS["checklist"], is_primary=True, href="#checklist")
    return Step("sign", ICONS["sign"], is_primary=True, href=with_scan(f"/t/{ticket.number}/sign", scan))


def _step(ticket: Ticket, name: str, scan: str) -> Step:
    address = f"/t/{ticket.number}/do/{name}"
    is_ready = name == "check_in" and (bool(scan) or ticket.asset_id is None)
    if name in ASKING and not is_ready:
        return Step(name, ICONS[name], name in PRIMARY, href=address)
    fields = {"version": str(ticket.version), **({"scan": scan} if scan else {})}
    return Step(name, ICONS[name], name in PRIMARY, action=address, fields=fields)


def with_scan(address: str, scan: str) -> str:
    return f"{address}?{urlencode({'scan': scan})}" if scan else address


def missing(session: Session, ticket: Ticket) -> list[str]:
    """What the site's policy still asks for before the sign-off."""
    policy = _tickets.site_of(session, ticket).settings.get("evidence", {})
    return evidence.missing(queries.evidence_of(session, ticket), policy)
