"""Pure: what a sign-off needs and what is still missing, by a site's policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULTS = {
    "fault": ("after_photo", "technician_signature", "code_scan"),
    "task": (),
    "inspection": ("checklist", "code_scan"),
}
KNOWN = ("before_photo", "after_photo", "technician_signature", "resident_signature", "code_scan", "checklist")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a round of a ticket has. `signed_by`: the roles whose signature stands under the very work that it shows."""

    kind: str
    category: str
    has_asset: bool
    photo_kinds: frozenset[str]
    signed_by: frozenset[str]
    scan_proof: str
    unanswered: int
    waived: frozenset[str]


def stands_under(signed: Mapping[str, Any], work: Mapping[str, Any]) -> bool:
    """Whether a signature was given to this work: what was signed agrees in all that the work says."""
    return all(signed.get(name) == value for name, value in work.items())


def declared(resolution: str, minutes: object, note: str) -> dict[str, str]:
    """What is declared of the work, as it is signed."""
    return {"resolution": resolution, "minutes": _minutes(minutes), "note": note.strip()}


def _minutes(given: object) -> str:
    """`25`, however it was typed; what is no number stays as it is, and is refused elsewhere."""
    try:
        return "" if given in (None, "") else str(int(str(given)))
    except ValueError:
        return str(given)


def required(kind: str, category: str, policy: Mapping[str, Any]) -> tuple[str, ...]:
    """What a site asks for: `{"fault": [...], "fault/lift": []}` in its settings, else the defaults."""
    return tuple(policy.get(f"{kind}/{category}", policy.get(kind, DEFAULTS[kind])))


def missing(evidence: Evidence, policy: Mapping[str, Any]) -> list[str]:
    """The keys of what is missing, in the order in which the policy asks for it."""
    asked = required(evidence.kind, evidence.category, policy)
    return [item for item in asked if item not in evidence.waived and not _given(item, evidence)]


def _given(item: str, evidence: Evidence) -> bool:
    if item.endswith("_photo"):
        return item.removesuffix("_photo") in evidence.photo_kinds
    if item.endswith("_signature"):
        return item.removesuffix("_signature") in evidence.signed_by
    if item == "code_scan":
        return not evidence.has_asset or evidence.scan_proof != ""
    return evidence.unanswered == 0
