"""What is wrong with an installation, and what to do about it: the checks behind `gongdan doctor`.

Each check looks at one thing and says what it found; it repairs nothing, so that it may be run at any moment.
"""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from api.pages import setup
from assets.plans import holding
from bot.channels import Channel, Examined, open_each
from bot.messages import SendError
from core import clock, health, i18n, seals
from core.checkpoints import BadKey
from core.database import Database, DBAPIError, open_database
from core.errors import Busy, GongdanError
from core.health import Health
from core.migrations.run import is_current
from core.settings import Platform, Settings
from core.storage import Storage, key_of, open_storage
from core.upkeep import calendar

State = Literal["ok", "warning", "broken"]
WARNINGS = {
    "address.local", "address.plain", "keys.absent", "keys.shared", "database.absent", "database.behind",
    "scheduler.never", "late.some", "outbox.dead", "inbox.dead", "setup.needed", "calendar.unpublished", "plans.held",
}  # fmt: skip
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 (names what is not public)
SAFE_SQLITE = (3, 51, 3)  # below it lies a WAL reset that can corrupt a database
PATIENCE = timedelta(seconds=8)
LATE_SINCE = "late_oldest_seconds"
LONG_IN_QUEUE = timedelta(minutes=10).total_seconds()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `key`: the text `doctor.<key>` of the catalog says what to do; `<check>.ok` is good news.

    `site_id`: the one that it is about, and whose people alone may read it; None for the whole installation.
    """

    check: str
    key: str
    facts: dict[str, Any] = field(default_factory=dict)
    site_id: UUID | None = None

    @property
    def state(self) -> State:
        if self.key.endswith(".ok"):
            return "ok"
        return "warning" if self.key in WARNINGS else "broken"

    def text(self, locale: str = "en") -> str:
        return i18n.translate(f"doctor.{self.key}", locale, **i18n.said(self.facts, locale))


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, the most basic first; what cannot be checked for lack of a database is left out."""
    yield _address(settings)
    yield from _keys(settings)
    database_file = Path(settings.database_url.removeprefix("sqlite:///"))
    is_absent = settings.is_sqlite and not database_file.exists()
    database = open_database(settings.database_url)
    try:
        yield from _storage_and_channels(settings, database)
        yield from [Finding("database", "database.absent")] if is_absent else _database(settings, database)
    finally:
        database.dispose()


def _address(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    key = "address.ok" if parts.scheme == "https" else "address.plain"
    if parts.hostname in LOCAL_HOSTS:
        key = "address.local"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        key = "address.bad"
    return Finding("address", key, {"url": settings.public_url})


def _keys(settings: Settings) -> Iterator[Finding]:
    given = {"secret.key": settings.secret_key, "signing.key": settings.signing_key}
    for name, setting in given.items():
        file = settings.data_dir / name
        facts = {"file": str(file), "setting": f"GONGDAN_{name.replace('.', '_').upper()}"}
        yield Finding("keys", "keys.set.ok" if setting is not None else _kept(file, settings), facts)


def _kept(file: Path, settings: Settings) -> str:
    """What there is to say of a key that lies in a file."""
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return "keys.readable"
    if not settings.is_sqlite:
        return "keys.shared"
    return "keys.ok" if file.exists() else "keys.absent"


def _storage_and_channels(settings: Settings, database: Database) -> Iterator[Finding]:
    try:
        storage = open_storage(settings.storage_url)
        _try_out(storage)
    except GongdanError as error:
        yield Finding("storage", "storage.broken", {"url": settings.storage_url, "reason": str(error)})
        return
    yield Finding("storage", "storage.ok", {"url": settings.storage_url})
    opened, wrong = open_each(settings, storage, database)
    for name, refusal in wrong.items():
        yield Finding(name, "channel.wrong", {"problem": refusal.facts["problem"]})
    yield from asyncio.run(_ask(opened, settings))


def _try_out(storage: Storage) -> None:
    """Keep something, read it, forget it."""
    probe = clock.secret().encode()
    key = key_of(hashlib.sha256(probe).hexdigest(), ".probe")
    storage.put(key, probe)
    storage.get(key)
    storage.delete(key)


async def _ask(opened: dict[str, Channel], settings: Settings) -> list[Finding]:
    """What each platform says of us; all of them are asked at once."""
    asked = [
        _ask_one(name, found, _own_address(settings, name))
        for name, found in opened.items()
        if isinstance(found, Examined)
    ]
    return [finding for findings in await asyncio.gather(*asked) for finding in findings]


def _own_address(settings: Settings, name: str) -> str:
    """Where a channel of the settings looks for its platform, without what is secret; empty for the public address."""
    platform = getattr(settings, name, None)
    if not isinstance(platform, Platform) or "base_url" not in type(platform).model_fields:
        return ""
    chosen = platform.plain("base_url")
    parts = urlsplit(chosen)
    is_public = chosen.rstrip("/") == type(platform).model_fields["base_url"].default
    return "" if is_public else f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


async def _ask_one(name: str, asked: Examined, address: str) -> list[Finding]:
    label = f"channel.{name}"
    channel = label if i18n.has_text(label) else name
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            symptoms = await asked.examine()
    except SendError as error:
        if error.code == "bad_token":
            return [Finding(name, "channel.bad_token", {"channel": channel})]
        return [_unreachable(name, channel, error.code, address)]
    except TimeoutError:
        return [_unreachable(name, channel, "timeout", address)]
    finally:
        await asked.close()
    found = [Finding(name, symptom.key, symptom.facts) for symptom in symptoms]
    return found or [Finding(name, "channel.ok", {"channel": channel})]


def _unreachable(name: str, channel: str, code: str, address: str) -> Finding:
    key = "channel.unreachable_at" if address else "channel.unreachable"
    return Finding(name, key, {"channel": channel, "code": code, "address": address})


def _database(settings: Settings, database: Database) -> Iterator[Finding]:
    try:
        current = is_current(database)
        yield _engine(database)
    except (Busy, DBAPIError, TimeoutError) as error:
        yield Finding("database", "database.unreachable", {"reason": str(error).splitlines()[0]})
        return
    if not current:
        yield Finding("database", "database.behind" if database.is_sqlite else "database.old")
        return
    yield from _setup(settings, database)
    yield from _calendars(database)
    yield from _plans(database)
    yield from _seals(settings, database)
    yield from _traffic(health.check(database, clock.now()))


def _setup(settings: Settings, database: Database) -> Iterator[Finding]:
    """On a server without a site: where to begin, and the code that proves who runs it."""
    with database.read_scope() as session:
        is_needed = setup.is_needed(session)
    if is_needed:
        yield Finding("setup", "setup.needed", {"address": setup.address_of(settings)})


def _calendars(database: Database) -> Iterator[Finding]:
    """Years that are needed soon and that nobody has published yet."""
    with database.read_scope() as session:
        found = calendar.unpublished(session, clock.now())
    for one in found:
        yield Finding("calendar", "calendar.unpublished", {"site": one.name, "year": one.year}, one.site_id)
    if not found:
        yield Finding("calendar", "calendar.ok")


def _plans(database: Database) -> Iterator[Finding]:
    """Maintenance plans of which nothing is made, because they cannot be worked out."""
    with database.read_scope() as session:
        found = holding.held(session)
    for one in found:
        facts = {"site": one.site, "name": one.name, "why": f"plan.held.{one.why}"}
        yield Finding("plans", "plans.held", facts, one.site_id)
    if not found:
        yield Finding("plans", "plans.ok")


def _engine(database: Database) -> Finding:
    query = "SELECT sqlite_version()" if database.is_sqlite else "SHOW server_version"
    with database.engine.connect() as connection:
        version = str(connection.exec_driver_sql(query).scalar())
    is_safe = not database.is_sqlite or tuple(int(part) for part in version.split(".")) >= SAFE_SQLITE
    name, least = "SQLite" if database.is_sqlite else "PostgreSQL", ".".join(str(part) for part in SAFE_SQLITE)
    key = "database.ok" if is_safe else "database.unsafe"
    return Finding("database", key, {"name": name, "version": version, "least": least})


def _seals(settings: Settings, database: Database) -> Iterator[Finding]:
    """The key of today must be the one that sealed the trace so far."""
    with database.read_scope() as session:
        last = seals.latest(session)
    if last is None:
        return
    known = last.note.partition("\n")[0]
    if settings.signing_key is None and not (settings.data_dir / "signing.key").exists():
        yield Finding("seals", "seals.lost", {"known": known})
        return
    try:
        is_same = seals.load_key(settings).public.origin == known
    except BadKey:
        is_same = False
    yield Finding("seals", "seals.ok" if is_same else "seals.other", {"known": known})


def _traffic(found: Health) -> Iterator[Finding]:
    """Whether time passes and messages move."""
    silent = int(found.gauges["scheduler_silent_seconds"])
    key = "scheduler.silent" if "scheduler" in found.reasons else "scheduler.ok"
    yield Finding("scheduler", "scheduler.never" if silent < 0 else key, {"seconds": silent})
    late = sum(value for name, value in found.gauges.items() if name.startswith("late_") and name != LATE_SINCE)
    minutes = int(found.gauges[LATE_SINCE]) // 60
    yield Finding("late", "late.some" if late else "late.ok", {"count": int(late), "minutes": minutes})
    yield _queue("outbox", found.gauges["outbox_due"], found)
    yield _queue("inbox", found.gauges["inbox_pending"], found)


def _queue(name: str, waiting: float, found: Health) -> Finding:
    oldest, dead = found.gauges[f"{name}_oldest_seconds"], int(found.gauges[f"{name}_dead"])
    key = "dead" if dead else "ok"
    if oldest > LONG_IN_QUEUE:
        key = "stuck"
    return Finding(name, f"{name}.{key}", {"waiting": int(waiting), "minutes": int(oldest) // 60, "dead": dead})
