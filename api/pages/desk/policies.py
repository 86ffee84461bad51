"""A site's policies at the desk: how soon somebody comes, what a sign-off needs, prepared answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Annotated

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, see_other, whole
from api.pages.desk._frame import At, Frame, at, section
from core import clock, i18n
from core.database import Session
from core.errors import GongdanError
from core.i18n import translate
from core.tickets import evidence
from core.tickets.states import PRIORITIES
from core.upkeep import policies

ROLES = ("admin",)
router = section("policies", order=70, icon="shield", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
EMPTY = {"zh_CN": "", "en": ""}
SPARE = 2  # empty lines for further answers


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    frame: Frame
    promises: dict[str, int]
    evidence: list[tuple[str, str]]
    required: list[str]
    canned: list[dict[str, str]]
    quiet: tuple[str, str]
    numbers: list[tuple[str, str, str]]
    is_saved: bool
    error: str


@router.get("")
def show(here: Here, db: Db, saved: str = "") -> HTMLResponse:
    return here.page("desk_policies.html", _page(here, db, is_saved=bool(saved)))


@router.post("/promises")
def promise(here: Here, db: WriteDb, form: Form) -> Response:
    minutes = {name: whole(form.one(name)) or 0 for name in PRIORITIES}
    return _saved(here, db, lambda: policies.set_promises(db, here.site.id, minutes, here.person_id, clock.now()))


@router.post("/evidence")
def require(here: Here, db: WriteDb, form: Form) -> Response:
    items = form.many("item")
    return _saved(here, db, lambda: policies.set_required(db, here.site.id, items, here.person_id, clock.now()))


@router.post("/canned")
def prepare(here: Here, db: WriteDb, form: Form) -> Response:
    """The lines of both languages belong together by their place; an empty pair is left out."""
    pairs = zip_longest(form.fields.get("zh_CN", []), form.fields.get("en", []), fillvalue="")
    texts = [{"zh_CN": chinese.strip(), "en": english.strip()} for chinese, english in pairs]
    return _saved(
        here, db, lambda: policies.set_canned(db, here.site.id, texts, here.person_id, clock.now()), canned=texts
    )


@router.post("/numbers")
def whom_to_call(here: Here, db: WriteDb, form: Form) -> Response:
    """Whom a resident is told to call in each kind of emergency."""
    given = {kind: form.one(kind) for kind in policies.numbers(db, here.site.id)}
    return _saved(here, db, lambda: policies.set_numbers(db, here.site.id, given, here.person_id, clock.now()), given)


@router.post("/quiet")
def rest(here: Here, db: WriteDb, form: Form) -> Response:
    hours = (form.one("begins"), form.one("ends"))
    return _saved(here, db, lambda: policies.set_quiet(db, here.site.id, hours, here.person_id, clock.now()))


def _saved(
    here: At, db: Session, work: Callable[[], None], numbers: dict[str, str] | None = None,
    canned: list[dict[str, str]] | None = None,
) -> Response:  # fmt: skip
    try:
        with db.begin_nested():
            work()
    except GongdanError as error:
        return here.page("desk_policies.html", _page(here, db, error=error, canned=canned, numbers=numbers), error)
    return see_other(here.link("/desk/policies", saved="1"))


def _page(
    here: At, db: Session, *, is_saved: bool = False, error: GongdanError | None = None,
    canned: list[dict[str, str]] | None = None, numbers: dict[str, str] | None = None,
) -> PoliciesPage:  # fmt: skip
    called = numbers if numbers is not None else policies.numbers(db, here.site.id)
    texts = canned if canned is not None else [EMPTY | one for one in policies.canned(db, here.site.id)]
    items = [(item, translate(f"evidence.{item}", here.locale)) for item in evidence.KNOWN if item != "checklist"]
    begins, ends = policies.quiet(db, here.site.id) or ("", "")
    emergencies = [(kind, translate(f"emergency.{kind}", here.locale), number) for kind, number in called.items()]
    return PoliciesPage(
        here.frame("policies"), policies.promises(db, here.site.id), items,
        list(policies.required(db, here.site.id)), [*texts, *(dict(EMPTY) for _ in range(SPARE))],
        (begins, ends), emergencies,
        is_saved,
        i18n.explain(error, here.locale) if error else "",
    )  # fmt: skip
