"""Policies of a site are what the rules go by, from the next ticket on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import changes
from core.database import Database
from core.errors import Invalid
from core.tickets.actions import MissingEvidence
from core.upkeep import policies
from core.upkeep.policies import UnknownPlaceholder
from tests.core import history
from tests.core.tickets.stories import begun
from tests.personas import Cast

MINUTES = {"emergency": 10, "urgent": 60, "normal": 90, "low": 600}


def test_a_promise_holds_for_what_is_opened_afterwards(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        before = history.opened(session, cast, now)
        told = policies.promises(session, cast.site)[before.priority]
        policies.set_promises(session, cast.site, MINUTES, cast.admin, now)
        after = history.opened(session, cast, now)
        assert before.promised_at == now + timedelta(minutes=told)
        assert after.promised_at == now + timedelta(minutes=MINUTES[after.priority])
        assert policies.promises(session, cast.site) == MINUTES


def test_a_policy_is_taken_back_to_the_default(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        policies.set_promises(session, cast.site, MINUTES, cast.admin, now)
        [change] = changes.of_site(session, cast.site)
        changes.take_back(session, cast.site, change.id, cast.admin, now)
        assert policies.promises(session, cast.site)["normal"] == 480


def test_what_a_sign_off_needs_is_what_the_desk_says(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        policies.set_required(session, cast.site, ["resident_signature"], cast.admin, now)
        story = begun(session, cast, now, "in_progress")
        with pytest.raises(MissingEvidence) as refused:
            history.take(session, story.ticket, "sign_off", story.technician, now, resolution="fixed")
        assert "resident_signature" in str(refused.value.facts)


@pytest.mark.parametrize("minutes", [{**MINUTES, "urgent": 0}, {**MINUTES, "urgent": 10**9}, {"soon": 5}])
def test_impossible_promises_are_refused(db: Database, cast: Cast, now: datetime, minutes: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        db.write(lambda session: policies.set_promises(session, cast.site, minutes, cast.admin, now))


def test_prepared_answers_are_kept_and_empty_ones_left_out(db: Database, cast: Cast, now: datetime) -> None:
    texts = [{"zh_CN": "工单 {number} 已安排", "en": "{number} is planned until {until}"}, {"zh_CN": " ", "en": ""}]
    with db.write_scope() as session:
        policies.set_canned(session, cast.site, texts, cast.admin, now)
        assert policies.canned(session, cast.site) == texts[:1]


@pytest.mark.parametrize(
    ("text", "error"), [("{nothing}", UnknownPlaceholder), ("{}", UnknownPlaceholder), ("x" * 501, Invalid)]
)
def test_a_placeholder_that_nobody_fills_is_refused(
    db: Database, cast: Cast, now: datetime, text: str, error: type[Invalid]
) -> None:
    with pytest.raises(error):
        db.write(lambda session: policies.set_canned(session, cast.site, [{"zh_CN": "", "en": text}], cast.admin, now))
