"""Categories and words of a site: changed, used by the rules at once, and taken back."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import categories, changes, lexicon, places
from core.categories import Handbook
from core.database import Database, Session
from core.errors import GongdanError, Invalid, Missing
from core.upkeep import works
from core.upkeep.works import KeyTaken
from tests.personas import Cast


def book(session: Session, cast: Cast) -> Handbook:
    return categories.handbook(session, places.site_of(session, cast.site))


def test_a_category_is_handled_as_the_desk_says(db: Database, cast: Cast, now: datetime) -> None:
    values = {"name_en": "Elevators", "priority": "urgent", "mode": "claim", "team": str(cast.crew)}
    with db.write_scope() as session:
        works.edit(session, cast.site, "lift", values, cast.admin, now)
        lift = book(session, cast).work("lift")
        assert (lift.label("en"), lift.priority, lift.mode, lift.team_id) == ("Elevators", "urgent", "claim", cast.crew)
        [change] = changes.of_site(session, cast.site)
        changes.take_back(session, cast.site, change.id, cast.admin, now)
        assert book(session, cast).work("lift").mode == "assign"


def test_a_site_adds_categories_of_its_own(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        works.add(session, cast.site, "pool", {"name_en": "Pool"}, cast.admin, now)
        assert book(session, cast).work("pool").label("en") == "Pool"
        with pytest.raises(KeyTaken):
            works.add(session, cast.site, "pool", {"name_en": "Pool"}, cast.admin, now)
        with pytest.raises(KeyTaken):
            works.add(session, cast.site, "lift", {"name_en": "Lift"}, cast.admin, now)


def test_a_word_that_was_taught_decides_and_is_forgotten_again(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        works.set_term(session, cast.site, "flumph", "water", cast.admin, now, weight=9)
        assert lexicon.guess("the flumph again", book(session, cast).lexicon).category == "water"
        works.set_term(session, cast.site, "flumph", "lift", cast.admin, now, weight=9)
        [newest, *_] = changes.of_site(session, cast.site)
        changes.take_back(session, cast.site, newest.id, cast.admin, now)
        assert lexicon.guess("the flumph again", book(session, cast).lexicon).category == "water"
        works.remove_term(session, cast.site, "flumph", cast.admin, now)
        assert works.terms(session, cast.site) == []
        [newest, *_] = changes.of_site(session, cast.site)
        changes.take_back(session, cast.site, newest.id, cast.admin, now)
        assert [(one.phrase, one.category, one.weight) for one in works.terms(session, cast.site)] == [
            ("flumph", "water", 9)
        ]


@pytest.mark.parametrize(
    "values",
    [{"priority": "soon"}, {"mode": "magic"}, {"team": "00000000-0000-0000-0000-000000000007"}, {"name_en": "x" * 61}],
)
def test_a_category_that_cannot_be_is_refused(db: Database, cast: Cast, now: datetime, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        db.write(lambda session: works.edit(session, cast.site, "lift", values, cast.admin, now))


@pytest.mark.parametrize(
    ("phrase", "category", "weight", "error"),
    [(" ", "water", 4, Missing), ("x" * 61, "water", 4, Invalid), ("drip", "nothing", 4, Invalid),
     ("drip", "water", 0, Invalid), ("drip", "water", 99, Invalid)],
)  # fmt: skip
def test_a_word_that_cannot_be_is_refused(
    db: Database, cast: Cast, now: datetime, phrase: str, category: str, weight: int, error: type[GongdanError]
) -> None:
    with pytest.raises(error):
        db.write(lambda session: works.set_term(session, cast.site, phrase, category, cast.admin, now, weight=weight))
