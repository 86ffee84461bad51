"""Categories at the desk: how each is handled, the site's own words, and a sentence tried on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk._frame import At, Frame, at, section
from core import categories, clock, i18n, lexicon, people, places
from core.categories import MODES, Handbook
from core.database import Session
from core.errors import GongdanError, NotFound
from core.i18n import has_text, translate
from core.tickets.states import PRIORITIES
from core.upkeep import works

ROLES = ("admin",)
router = section("categories", order=60, icon="list", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
LONGEST = 500
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Work:
    """One category in a line."""

    key: str
    label: str
    priority: str
    mode: str
    team: str


@dataclass(frozen=True, slots=True)
class Found:
    """A term in the tried sentence: what it speaks for, how much, and what denied it."""

    phrase: str
    category: str
    weight: str
    denied_by: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a sentence would come to."""

    category: str
    confidence: str
    priority: str
    emergency: str
    found: list[Found]


@dataclass(frozen=True, slots=True)
class Word:
    phrase: str
    category: str
    weight: int
    emergency: str


@dataclass(frozen=True, slots=True)
class CategoriesPage:
    """`open`: the category whose form is shown, `new` for one to add."""

    frame: Frame
    works: list[Work]
    open: str
    values: dict[str, str]
    priorities: Options
    modes: Options
    teams: Options
    kinds: Options
    emergencies: Options
    words: list[Word]
    sentence: str
    tried: Tried | None
    error: str


@router.get("")
def index(here: Here, db: Db, open: str = "", sentence: str = "") -> HTMLResponse:  # noqa: A002 - the address says open
    return here.page("desk_categories.html", _page(here, db, open[:40], sentence=sentence[:LONGEST]))


@router.post("/words")
def set_word(here: Here, db: WriteDb, form: Form) -> Response:
    """Teach a word, or forget one."""
    phrase, weight = form.one("phrase"), form.one("weight")

    def work() -> None:
        if form.one("do") == "forget":
            works.remove_term(db, here.site.id, phrase, here.person_id, clock.now())
            return
        heavy = int(weight) if weight.isascii() and weight.isdigit() else 4
        works.set_term(
            db, here.site.id, phrase, form.one("category"), here.person_id, clock.now(), weight=heavy,
            emergency=form.one("emergency") if form.one("emergency") in works.emergencies() else "",
        )  # fmt: skip

    return _tried(here, db, form, "", work)


@router.post("/new")
def add(here: Here, db: WriteDb, form: Form) -> Response:
    key = form.one("key").lower()
    return _tried(
        here, db, form, "new",
        lambda: works.add(db, here.site.id, key, _values(form), here.person_id, clock.now()),
    )  # fmt: skip


@router.post("/{key}")
def save(key: str, here: Here, db: WriteDb, form: Form) -> Response:
    if key not in categories.handbook(db, here.site).works:
        raise NotFound(what="word.page")
    return _tried(
        here, db, form, key, lambda: works.edit(db, here.site.id, key, _values(form), here.person_id, clock.now())
    )


def _tried(here: At, db: Session, form: Posted, which: str, work: object) -> Response:
    try:
        with db.begin_nested():
            work()  # type: ignore[operator]
    except GongdanError as error:
        return here.page("desk_categories.html", _page(here, db, which, form.last, error=error), error)
    return see_other(here.link("/desk/categories"))


def _values(form: Posted) -> dict[str, str]:
    return {name: form.one(name) for name in works.BLANK}


def _page(
    here: At, db: Session, which: str, typed: dict[str, str] | None = None, *, sentence: str = "",
    error: GongdanError | None = None,
) -> CategoriesPage:  # fmt: skip
    site = places.site_of(db, here.site.id)  # read again: what was just saved has made a new revision
    book, locale = categories.handbook(db, site), here.locale
    teams = {str(team.id): team.name for team in people.teams_of(db, site.id)}
    lines = [
        Work(key, one.label(locale), one.priority, one.mode, teams.get(str(one.team_id), ""))
        for key, one in book.works.items()
    ]
    is_known = which in book.works or which == "new"
    values = {"key": ""} | works.values_of(db, site.id, which) | (typed or {})
    kinds = sorted(((line.key, line.label) for line in lines), key=lambda kind: kind[1])
    words = [
        Word(one.phrase, book.work(one.category).label(locale), one.weight, one.emergency)
        for one in works.terms(db, site.id)
    ]
    return CategoriesPage(
        here.frame("categories"), sorted(lines, key=lambda line: line.label), which if is_known else "", values,
        [(name, translate(f"priority.{name}", locale)) for name in PRIORITIES if name != "emergency"],
        [(mode, translate(f"mode.{mode}", locale)) for mode in MODES],
        [("", translate("desk_settings.no_team", locale)), *teams.items()], kinds,
        [("", translate("desk_settings.no_emergency", locale)), *_emergencies(locale)],
        words, sentence, _try(book, sentence, locale) if sentence.strip() else None,
        i18n.explain(error, locale) if error else "",
    )  # fmt: skip


def _emergencies(locale: str) -> Options:
    return [
        (key, translate(f"emergency.{key}", locale))
        for key in works.emergencies()
        if has_text(f"emergency.{key}", locale)
    ]


def _try(book: Handbook, sentence: str, locale: str) -> Tried:
    """What the words of a sentence would come to, and why."""
    guess = lexicon.guess(sentence, book.lexicon)
    found = [
        Found(
            reason.term.phrase, book.work(reason.term.category).label(locale) if reason.term.category else "",
            f"{reason.term.weight:g}", reason.denied_by or "",
        )
        for reason in guess.reasons
    ]  # fmt: skip
    return Tried(
        book.work(guess.category).label(locale) if guess.category else "", guess.confidence,
        translate(f"priority.{guess.priority}", locale),
        translate(f"emergency.{guess.emergency}", locale) if guess.emergency else "", found,
    )  # fmt: skip
