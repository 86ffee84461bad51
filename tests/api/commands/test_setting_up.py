"""Ways in that are made at the command line are events of the person, too."""

from __future__ import annotations

import pytest

from core import people, trace
from core.database import open_database
from core.settings import load_settings
from tests.api.commands.conftest import Gongdan


@pytest.mark.parametrize(
    ("words", "kind"),
    [(["password", "Wang Wei"], "password"), (["token", "create", "Wang Wei"], "bearer"),
     (["sign-in-link", "Wang Wei"], "sign_in"), (["link-code", "Wang Wei"], "link")],
)  # fmt: skip
def test_a_way_in_leaves_an_event(gongdan: Gongdan, words: list[str], kind: str) -> None:
    gongdan("site", "add", "Garden Court")
    gongdan("person", "add", "Wang Wei", "--role", "technician", "--site", "Garden Court")
    made = gongdan(*words, input="a long password\na long password\n")
    assert made.exit_code == 0, made.output
    database = open_database(load_settings().database_url)
    with database.read_scope() as session:
        [event] = trace.events_of(session, f"person:{people.person_named(session, 'Wang Wei').id}")
    database.dispose()
    assert (event.action, event.actor, event.facts) == ("credential_issued", "gongdan", f'{{"kind":"{kind}"}}')
