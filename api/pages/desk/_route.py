"""The route of a plan in its form: stops found by code, path or words, ordered by numbers, each with its own questions.

It works without a script: what is to be added is typed or pasted, a line for each, and what a line may mean is shown to
be chosen from before anything is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from api.pages._posting import Posted
from api.pages.desk._frame import At
from api.subjects import as_id
from assets import codes, register
from assets.plans import checklists
from core import places
from core.database import Session
from core.errors import GongdanError, Invalid, NotFound
from core.i18n import LOCALES, translate
from core.places import Known
from core.tickets.models import Subject

ROUTE = "route"
ORDER, OWN = "order:", "own:"
MOST_FOUND = 12
MOST_LINES = 100
BAR = " | "
NUMBERS = re.compile(r"(?:(-?[\d.,]+)?\s*[\u2013~]\s*(-?[\d.,]+)?)?\s*(.*)")
HYPHEN = re.compile(r"(?<=\d)\s*-\s*(?=[\d-])")  # between two numbers it means what a dash means


class UnknownKind(Invalid):
    """{question}: {kind} is no kind of answer. It can be: {kinds}."""


class UnclearStops(Invalid):
    """Stops that are not clear yet: {lines}. Choose what is meant, or mend the line."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A stop in the form. `key`: `asset:<id>` or `place:<id>`; `own`: its own questions, a line for each."""

    key: str
    name: str
    where: str
    own: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """`typed`: lines that are still to be added; `found`: what they may mean; `unclear`: those that are not clear."""

    legs: list[Leg]
    typed: str = ""
    found: list[Leg] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def stops(self) -> list[dict[str, Any]]:
        """As a plan keeps them. Errors: UnclearStops, Invalid for questions that cannot be read."""
        if self.unclear:
            raise UnclearStops(lines=self.unclear)
        return [_stop(leg) for leg in self.legs]

    def mistakes(self) -> Iterator[tuple[str, GongdanError]]:
        """The stops whose own questions cannot be asked, with what is wrong with the first of them."""
        for leg in self.legs:
            try:
                if items := _stop(leg).get("checklist"):
                    checklists.checked(items)
            except GongdanError as error:
                yield leg.key, error


def kept(db: Session, here: At, stops: Sequence[Mapping[str, Any]]) -> Route:
    """The route of a plan as its form shows it."""
    found = [
        replace(leg, own="\n".join(_told(item, here.locale) for item in stop.get("checklist", ())))
        for stop in stops
        if (leg := _leg(db, here, f"asset:{stop['asset']}" if stop.get("asset") else f"place:{stop['place']}"))
    ]
    return Route(found)


def entered(db: Session, here: At, form: Posted) -> Route:
    """The route as it was sent: in its new order, without what was dropped, with what was found for the new lines."""
    dropped, picked = set(form.many("drop")), form.many("pick")
    order = {name.removeprefix(ORDER): form.one(name) for name in form.fields if name.startswith(ORDER)}
    keys = sorted((key for key in order if key not in dropped), key=lambda key: _number(order[key]))
    legs = [replace(leg, own=form.one(OWN + key)) for key in keys if (leg := _leg(db, here, key))]
    legs += [leg for key in picked if (leg := _leg(db, here, key))]
    choices: list[Leg] = []
    unclear = []
    for line in [line.strip() for line in form.one("add_stops").splitlines() if line.strip()][:MOST_LINES]:
        found = _meant(db, here, line)
        if len(found) == 1:
            legs += found
        elif not any(one.key in picked for one in found):
            unclear.append(line)
            choices += found
    return Route(_once(legs), "\n".join(unclear), _once(choices), unclear)


def _number(text: str) -> float:
    """Where a stop comes; what is no number comes last."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("inf")


def _once(legs: Sequence[Leg]) -> list[Leg]:
    """Each stop where it first stands."""
    first: dict[str, Leg] = {}
    for leg in legs:
        first.setdefault(leg.key, leg)
    return list(first.values())


def _meant(db: Session, here: At, line: str) -> list[Leg]:
    """What a line means: the thing behind a code, the place of a path, or what its words find."""
    if (behind := _behind(db, here, line)) is not None:
        return [_of(behind)]
    known = Known(sites=(), staffed=(here.site.id,))
    exact = places.named(db, line, MOST_FOUND, known)
    if len(exact) == 1:
        return [Leg(f"place:{exact[0].id}", exact[0].path or exact[0].name, "")]
    assets = register.assets_of(db, here.site.id, words=line, limit=MOST_FOUND)
    spots = places.find(db, line, MOST_FOUND, known)
    found = [Leg(f"asset:{one.id}", one.name, one.place) for one in assets]
    return [*found, *(Leg(f"place:{one.id}", one.path or one.name, "") for one in spots)][:MOST_FOUND]


def _behind(db: Session, here: At, line: str) -> Subject | None:
    try:
        code = codes.parse(line, here.system.settings.public_url)
        subject = register.subject_of(db, code) if code else None
    except GongdanError:
        return None
    return subject if subject is not None and subject.site_id == here.site.id else None


def _of(subject: Subject) -> Leg:
    if subject.asset_id:
        return Leg(f"asset:{subject.asset_id}", subject.name, subject.place)
    return Leg(f"place:{subject.place_id}", subject.place, "")


def _leg(db: Session, here: At, key: str) -> Leg | None:
    """A stop by its key, where it is the site's."""
    kind, _, text = key.partition(":")
    found = as_id(text)
    if found is None:
        return None
    try:
        if kind == "asset":
            asset = register.asset_by_id(db, found)
            return Leg(key, asset.name, asset.place) if asset.site_id == here.site.id else None
        subject = register.subject_of_place(db, found)
    except NotFound:
        return None
    return Leg(key, subject.place, "") if subject.site_id == here.site.id else None


def _stop(leg: Leg) -> dict[str, Any]:
    kind, _, key = leg.key.partition(":")
    items = [_read(line) for line in leg.own.splitlines() if line.strip()]
    return {kind: key, **({"checklist": items} if items else {})}


def _read(line: str) -> dict[str, Any]:
    """A question of a stop: `question | kind | limits with unit, or choices`; a question alone is OK or failed."""
    question, kind, detail = (*re.split(r"\s*[|\uff5c]\s*", line.strip(), maxsplit=2), "", "")[:3]
    item: dict[str, Any] = {"question": question, "kind": _kind(kind, question)}
    if item["kind"] in (checklists.NUMBER, checklists.METER):
        numbers = NUMBERS.fullmatch(HYPHEN.sub("\u2013", detail))
        assert numbers is not None
        item |= dict(zip(("low", "high", "unit"), (one or "" for one in numbers.groups()), strict=True))
    if item["kind"] == checklists.CHOICE:
        item |= checklists.choices(detail)
    return item


def _kind(word: str, question: str) -> str:
    """A kind of question by its word in any of our languages. Errors: UnknownKind."""
    words = {translate(f"plan.kind_{kind}", locale).casefold(): kind for kind in checklists.KINDS for locale in LOCALES}
    found = words.get(word.casefold(), word or checklists.PASS_FAIL)
    if found not in checklists.KINDS:
        kinds = [f"plan.kind_{kind}" for kind in checklists.KINDS]
        raise UnknownKind(question=question, kind=word, kinds=kinds, field="field.checklist")
    return found


def _told(item: Mapping[str, Any], locale: str) -> str:
    """A question of a stop as it is typed."""
    kind = translate(f"plan.kind_{item['kind']}", locale)
    low, high = ("" if item.get(name) is None else f"{item[name]:g}" for name in ("low", "high"))
    limits = f"{low}\u2013{high}" if low or high else ""
    failing = item.get("failing", ())
    choices = ", ".join(f"!{one}" if one in failing else one for one in item.get("choices", ()))
    detail = f"{limits} {item.get('unit', '')}".strip() or choices
    is_usual = item["kind"] == checklists.PASS_FAIL
    return str(item["question"]) if is_usual else BAR.join(filter(None, (item["question"], kind, detail)))
