"""The demo has somebody behind every door, and whoever is called can be called back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from api.commands import demonstrating
from api.demo import builder, compound
from api.pages.start import _is_reached
from core import i18n, people, phones
from core.database import Database
from core.people import ROLES
from core.settings import load_settings


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_there_is_somebody_with_a_telephone_behind_every_door(db: Database, now: datetime, locale: str) -> None:
    with db.write_scope() as session:
        built = compound.build(session, locale, now)
        roles = builder._roles(built)  # noqa: SLF001 - what the doors are made of
        numbers = [person.phone for found in built.people.values() for person in found]
    assert all(getattr(roles, role) for role in ROLES)
    assert roles.language == locale
    assert all(phones.is_number(number) for number in numbers)
    assert len({phones.digits(number)[-4:] for number in numbers}) == len(numbers)


def test_what_is_told_in_the_demo_arrives(db: Database, now: datetime) -> None:
    """Else its doctor says that messages were given up, as soon as time passes."""
    with db.write_scope() as session:
        built = compound.build(session, "en", now)
        builder._open_chats(session, built, now)  # noqa: SLF001 - without the history
        everybody = [person.id for found in built.people.values() for person in found]
        assert all(people.is_reachable(session, person) for person in everybody)


def test_a_demo_of_an_earlier_version_is_still_understood() -> None:
    known = builder.Roles(resident="1", technician="2", supervisor="3", codes=[])
    assert (known.manager, known.admin, known.language) == ("", "", "")


@pytest.mark.parametrize(
    ("built", "wished", "is_said"), [("zh_CN", "en", True), ("", "en", True), ("en", "en", False), ("zh_CN", "", False)]
)
def test_another_language_needs_another_demo(
    capsys: pytest.CaptureFixture[str], built: str, wished: str, *, is_said: bool
) -> None:
    demonstrating._tell_of_another_language(built, wished)  # noqa: SLF001 - without a server
    assert ("--fresh" in capsys.readouterr().err) is is_said


def test_the_demo_says_how_to_examine_it() -> None:
    settings = load_settings(data_dir=Path("my demo"), public_url="http://127.0.0.1:8080")
    told = demonstrating._ready(settings)  # noqa: SLF001 - without a server
    assert "Open http://127.0.0.1:8080 in" in told
    assert "GONGDAN_DATA_DIR='my demo' GONGDAN_PUBLIC_URL=http://127.0.0.1:8080 gongdan doctor" in told


@pytest.mark.parametrize(
    ("url", "is_reached"),
    [("http://127.0.0.1:8000", False), ("http://localhost", False), ("http://[::1]:8000", False),
     ("http://192.168.1.7:8000", True), ("https://fix.example.org", True)],
)  # fmt: skip
def test_a_phone_is_asked_to_scan_only_what_it_reaches(url: str, *, is_reached: bool) -> None:
    assert _is_reached(url) is is_reached
