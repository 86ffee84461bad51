"""Makes the demo's data once, and remembers who is who."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import assets.models
from api.demo import compound, history, plans, walks
from bot.channels import web
from core import clock, outbox, people, seals, transcripts
from core.database import Database, Session, open_database
from core.migrations.run import upgrade
from core.settings import Settings
from core.storage import open_storage

MARK = "demo.json"
BEFORE = timedelta(days=history.DAYS + 1)
INSPECTED = timedelta(days=16)  # so long ago the plans began

__all__ = ["MARK", "Roles", "assets", "build", "is_built", "roles"]


@dataclass(frozen=True, slots=True)
class Roles:
    """Whom one enters as, and codes to scan. What a demo of an earlier version did not note is empty."""

    resident: str
    technician: str
    supervisor: str
    codes: list[str]
    manager: str = ""
    admin: str = ""
    language: str = ""


def is_built(settings: Settings) -> bool:
    return (settings.data_dir / MARK).exists()


def roles(settings: Settings) -> Roles:
    return Roles(**json.loads((settings.data_dir / MARK).read_text()))


def build(settings: Settings, locale: str, progress: Callable[[str, int, int], None]) -> None:
    """Build the demo into its folder; what an interrupted attempt left there is removed first."""
    for left in ("gongdan.db", "gongdan.db-wal", "gongdan.db-shm"):
        (settings.data_dir / left).unlink(missing_ok=True)
    shutil.rmtree(settings.data_dir / "media", ignore_errors=True)
    database = open_database(settings.database_url)
    upgrade(database)
    now = clock.now()
    with clock.at(now - BEFORE):
        built = database.write(lambda session: compound.build(session, locale, now - BEFORE))
    storage = open_storage(settings.storage_url)
    history.tell(database, storage, built, now, lambda done, total: progress("history", done, total))
    _inspect(database, built, now)
    database.write(outbox.mark_history)
    database.write(lambda session: _open_chats(session, built, now))
    database.write(lambda session: plans.add_round(session, built, now))
    _seal(database, settings)
    database.dispose()
    (settings.data_dir / MARK).write_text(json.dumps(asdict(_roles(built))))


def _inspect(database: Database, built: compound.Compound, now: datetime) -> None:
    begun = now - INSPECTED
    with clock.at(begun):
        database.write(lambda session: plans.add(session, built, begun))
    walks.tell(database, built.site.id, begun, now)


def _open_chats(session: Session, built: compound.Compound, now: datetime) -> None:
    """Everybody of the demo has the web chat, where whoever plays them finds what they were told from now on."""
    for person in (person for found in built.people.values() for person in found):
        chat_id = transcripts.open_chat(session, now)
        people.add_identity(
            session, person.id, "web", web.ACCOUNT, web.SENDER, chat_id, conversation=chat_id, via="demo"
        )


def _seal(database: Database, settings: Settings) -> None:
    key = seals.load_key(settings)
    while database.write(lambda session: seals.seal(session, key, clock.now())):
        pass


def _roles(built: compound.Compound) -> Roles:
    first: dict[str, Any] = {role: str(found[0].id) for role, found in built.people.items()}
    lifts, lights = (built.codes[name] for name in compound.SCANNED)
    return Roles(**first, codes=[lifts[0], lights[0], lifts[-1]], language=built.locale)
