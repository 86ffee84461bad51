"""What the doctor says at the desk."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from api import doctor
from api.doctor import Finding
from core import clock, contested, people
from core.database import Database
from core.i18n import translate
from core.outbox import OutboxMessage
from core.places import Site
from tests.api.pages.browsing import Web, seen
from tests.personas import Cast


def test_what_concerns_another_site_is_not_said(
    web: Web, db: Database, cast: Cast, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.read_scope() as session:
        other = session.scalar(select(Site.id).where(Site.id != cast.site))
    found = [
        Finding("plans", "plans.held", {"site": "Garden Court", "name": "Lamps", "why": "x"}, cast.site),
        Finding("plans", "plans.held", {"site": "River Court", "name": "Pumps", "why": "x"}, other),
        Finding("address", "address.ok", {"url": "https://fix.example"}),
        Finding("wxa", "wxa.no_template", {"purposes": ["purpose.news"]}),
    ]
    monkeypatch.setattr(doctor, "examine", lambda settings: found)
    page = seen(web.browser(cast.admin).get("/desk/channels"))
    assert ("Lamps" in page, "Pumps" in page, "https://fix.example" in page) == (True, False, True)
    assert "Maintenance plans" in page
    assert "No template is set for news (progress of a ticket):" in page


def test_messages_without_a_ticket_are_listed_where_their_reader_belongs(
    web: Web, db: Database, cast: Cast, elsewhere: str
) -> None:
    with db.write_scope() as session:
        other = session.scalars(select(Site.id).where(Site.id != cast.site)).one()
        far = people.add_person(session, "Far Away", locale="en").id
        people.grant(session, far, "technician", other)
        session.add(_lost("web", cast.technician))
        session.add(_lost("web", far))
        session.add(_lost("wecom_robot", None))
    page = seen(web.browser(cast.admin).get("/desk/channels"))
    with db.read_scope() as session:
        name = people.get(session, cast.technician).name
    gone = translate("delivery.reason.gone", "en")
    shown = [f"{one} {gone}" for one in (name, translate("channel.wecom_robot", "en"), "Far Away")]
    assert [one in page for one in shown] == [True, True, False]


def test_a_contested_chat_says_who_holds_it_and_since_when(web: Web, db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        identity = people.add_identity(
            session, cast.resident, "wxa", "a", "openid", "o1", conversation="o1", via="code"
        )
        identity.verified_at = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
        contested.note(session, identity, cast.technician, clock.now())
        owner = people.get(session, cast.resident).name
    page = seen(web.browser(cast.admin).get("/desk/channels"))
    assert f"It belongs to {owner}, since 2 Mar, 09:30" in page


def _lost(channel: str, person_id: UUID | None) -> OutboxMessage:
    return OutboxMessage(
        channel=channel, account="a", conversation="c", kind="help", facts={}, state="dead", is_due=False,
        error="gone", person_id=person_id,
    )  # fmt: skip
