"""One night in New York, as Telegram updates at the hook: every report has its ticket, every repetition joins."""

from __future__ import annotations

from tests.durability import nyc311
from tests.durability.harness import Installation, serving
from tests.durability.nyc311 import Row
from tests.durability.residents import Resident, all_report
from tests.durability.town import Town


def test_repeated_reports_join(
    installation: Installation, residents: list[Resident], the_town: Town, rows: list[Row]
) -> None:
    with serving(installation):
        all_report(residents)
        tickets = list(installation.all("/api/v1/tickets", token=the_town.tokens["admin"]))
    standing = {ticket["number"] for ticket in tickets if ticket["state"] != "merged"}
    assert standing == {resident.number for resident in residents}
    assert len(rows) - len(standing) == nyc311.joins(rows)
    assert installation.troubles() == []
