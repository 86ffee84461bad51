"""The questions of a checklist as a page asks them, with their answers and the photos that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.pages import _tickets
from api.pages._posting import Posted
from api.pages._tickets import Photo
from assets.plans import checklists
from core import clock, i18n, trace
from core.access import Viewer
from core.database import Session
from core.errors import GongdanError
from core.i18n import translate
from core.tickets import additions, queries
from core.tickets.models import ChecklistItem, Ticket

PREFIX = "check-"
WITHOUT_WORDS = (checklists.PASS_FAIL, checklists.PHOTO)


@dataclass(frozen=True, slots=True)
class Question:
    """One item of the checklist with its answer.

    `hint`: its limits and what was left; `choices`: to choose from; `said`: the answer in words; `error`: what is wrong
    with the one that was just given.
    """

    id: int
    text: str
    kind: str
    value: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    photos: list[Photo] = field(default_factory=list)
    said: str = ""
    is_failed: bool = False
    error: str = ""


def questions(
    session: Session, ticket: Ticket, items: Sequence[ChecklistItem], locale: str, posted: Posted | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> list[Question]:  # fmt: skip
    """`posted`: what was just entered; it is shown again in place of what is kept."""
    photos: dict[int, list[Photo]] = {}
    for row in queries.attachments_of(session, ticket.id):
        if row.item:
            photos.setdefault(row.item, []).append(_tickets.photo(ticket, row, locale))
    wrong, entered = dict(errors), posted.last if posted else {}
    return [_question(item, locale, photos.get(item.position, []), entered, wrong) for item in items]


def _question(
    item: ChecklistItem, locale: str, photos: list[Photo], entered: dict[str, str], wrong: dict[str, str]
) -> Question:
    carried = translate("plan.carried", locale) if item.options.get("carried") else ""
    name = f"{PREFIX}{item.position}"
    return Question(
        item.position, item.question, item.kind, entered.get(name, item.answer),
        " \u00b7 ".join(filter(None, (limits(item), carried))), tuple(item.options.get("choices", ())), photos,
        said(item, locale), checklists.is_failed(item.kind, item.options, item.answer), wrong.get(name, ""),
    )  # fmt: skip


def limits(item: ChecklistItem) -> str:
    """What a number should lie between, with its unit."""
    low, high = (f"{item.options[name]:g}" if item.options.get(name) is not None else "" for name in ("low", "high"))
    unit = item.options.get("unit", "")
    between = f"{low}\u2013{high}" if low and high else f"\u2265 {low}" if low else f"\u2264 {high}" if high else ""
    return f"{between} {unit}".strip()


def said(item: ChecklistItem, locale: str) -> str:
    """An answer in words; that there is none, and whether it is left for the next time."""
    if item.answer:
        return _spoken(item, item.answer, locale)
    return translate("page.check.left" if item.options.get("left") else "page.check.none", locale)


def _spoken(item: ChecklistItem, answer: str, locale: str) -> str:
    if item.kind in WITHOUT_WORDS and i18n.has_text(f"page.check.{answer}", locale):
        return translate(f"page.check.{answer}", locale)
    return f"{answer} {item.options.get('unit', '')}".strip()


def given(item: ChecklistItem, kept: str, locale: str) -> str:
    """An answer as an event keeps it, in words.

    What people wrote stands there as a commitment alone: it is shown while it is still the answer.
    """
    is_plain = item.kind in additions.ANSWERS
    answer = kept if is_plain else item.answer if trace.commitment(item.id.hex, item.answer) == kept else ""
    if not answer:
        return translate("page.check.replaced", locale)
    told = _spoken(item, answer, locale)
    is_failed = checklists.is_failed(item.kind, item.options, answer)
    return translate("page.check.failed", locale, answer=told) if is_failed else told


def problems(session: Session, items: Sequence[ChecklistItem], posted: Posted, locale: str) -> list[tuple[str, str]]:
    """What cannot be taken as it was entered: (the field, why)."""
    found = []
    for item in items:
        name = f"{PREFIX}{item.position}"
        try:
            if posted.one(name):
                additions.checked_answer(session, item, posted.one(name))
        except GongdanError as error:
            found.append((name, f"{item.question}: {i18n.explain(error, locale)}"))
    return found


def keep(session: Session, ticket: Ticket, items: Sequence[ChecklistItem], posted: Posted, viewer: Viewer) -> None:
    """The answers that are new, or that were given before the work of this round began; the others stay."""
    for item in items:
        given = posted.one(f"{PREFIX}{item.position}")
        if given and (given != item.answer or _is_of_before(item, ticket)):
            additions.answer_item(session, ticket, item.position, given, viewer.person_id, clock.now())


def _is_of_before(item: ChecklistItem, ticket: Ticket) -> bool:
    began, answered = ticket.accepted_at, item.answered_at
    return began is not None and answered is not None and answered < began


def is_empty(items: Sequence[ChecklistItem], posted: Posted) -> bool:
    return not any(posted.one(f"{PREFIX}{item.position}") for item in items)
