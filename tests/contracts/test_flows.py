"""What every conversation must do, tested on whatever is registered: a new file is tested the moment it exists."""

from __future__ import annotations

import pytest

from bot import flows
from bot.flows import FLOWS, INTERNAL, Flow
from bot.talk import words_of
from core.database import Database
from core.i18n import LOCALES, has_text
from tests.bot.flows.chat import Chat, Stage
from tests.personas import Cast

flows.load()
COMMANDS = [name for name in flows.commands() if name not in INTERNAL]
each = pytest.mark.parametrize("flow", [flow for _, flow in FLOWS.items()], ids=list(FLOWS))


@pytest.fixture
def stage(db: Database, cast: Cast) -> Stage:
    return Stage(db, cast)


@pytest.fixture(params=["resident", "technician", "supervisor", "manager", "outsider"])
def anybody(stage: Stage, request: pytest.FixtureRequest) -> Chat:
    return stage.chat(getattr(stage.cast, request.param), "anybody")


@each
def test_it_is_found_by_its_name_and_answers_something(flow: Flow) -> None:
    assert FLOWS[flow.name] is flow
    assert flow.steps or flow.actions or flow.commands or flow.scans


@each
def test_its_buttons_and_commands_are_its_own(flow: Flow) -> None:
    others = [other for _, other in FLOWS.items() if other is not flow]
    assert [name for name in flow.actions if not name.startswith(f"{flow.name}.")] == []
    for shelf in ("actions", "commands", "scans"):
        assert [name for other in others for name in getattr(other, shelf) if name in getattr(flow, shelf)] == []


@each
def test_its_commands_can_be_said_in_words_that_start_no_other(flow: Flow) -> None:
    for command in set(flow.commands) - set(INTERNAL):
        assert [locale for locale in LOCALES if not has_text(f"say.{command}", locale)] == []
        assert [other for other in COMMANDS if other != command and words_of(other) & words_of(command)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers_whoever_sends_it(anybody: Chat, command: str) -> None:
    assert anybody.command(command).text


@each
def test_a_step_takes_a_message_that_says_nothing_to_it(stage: Stage, flow: Flow) -> None:
    """A sticker, or a photo that nobody asked for, never breaks a dialogue."""
    chat = stage.chat(stage.cast.resident, "li")
    for command in set(flow.commands) - set(INTERNAL):
        assert chat.command(command).text
        assert chat.send(kind="unknown").text
