"""A site's own facts can be changed, and nothing impossible is kept."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import places
from core.database import Database
from core.errors import GongdanError, Invalid, Missing
from core.upkeep import sites
from core.upkeep.sites import SiteNameTaken
from tests.personas import Cast


def test_the_root_of_the_places_is_called_as_the_site(db: Database, cast: Cast, now: datetime) -> None:
    db.write(lambda session: sites.edit(session, cast.site, {"name": " Lake Court "}, cast.admin, now))
    with db.read_scope() as session:
        assert places.root_of(session, cast.site).name == places.site_of(session, cast.site).name == "Lake Court"


def test_caches_of_the_site_learn_of_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.read_scope() as session:
        before = places.site_of(session, cast.site).revision
    db.write(lambda session: sites.edit(session, cast.site, {"phone": "110"}, cast.admin, now))
    with db.read_scope() as session:
        assert places.site_of(session, cast.site).revision == before + 1


@pytest.mark.parametrize(
    ("values", "error"),
    [({"name": " "}, Missing), ({"name": "x" * 201}, Invalid), ({"timezone": "Mars/Base"}, Invalid),
     ({"locale": "tlh"}, Invalid), ({"name": "River Court"}, SiteNameTaken)],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    db: Database, cast: Cast, now: datetime, values: dict[str, str], error: type[GongdanError]
) -> None:
    db.write(lambda session: places.add_site(session, "River Court"))
    with pytest.raises(error):
        db.write(lambda session: sites.edit(session, cast.site, values, cast.admin, now))
