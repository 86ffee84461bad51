"""Forgets files that no row names a day after they came: of reports that were never sent, of uploads that came to none.

The file comes before the row that names it, so a young one is left alone; storing it again makes it young again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from core import holders
from core.storage import UNNAMED_FOR, hash_of, open_storage
from core.triggers import Tick, trigger

HOURS = 24


def folders(session: Session, tick: Tick) -> Sequence[str]:
    """A share of the folders every hour, so that each has its turn once a day."""
    return [f"{number:02x}" for number in range(256) if number % HOURS == tick.now.hour]


@trigger("media", every=timedelta(hours=1), due=folders, writes=False)
def forget(session: Session, folder: str, tick: Tick) -> None:
    """Forget what is in a folder for nothing.

    1. What is old and not named.
    2. Not named still: a hash may have moved from one row to another while the tables were asked.
    3. Old still, when its turn to go has come.
    """
    storage, before = open_storage(tick.settings.storage_url), tick.now - UNNAMED_FOR
    unnamed = {key for key, at in storage.keys(folder) if at <= before}
    for _ in range(2):
        if unnamed:
            named = holders.names(session, folder)
            unnamed = {key for key in unnamed if hash_of(key) not in named}
    session.close()  # nothing is asked of a bucket while a transaction is open
    for key in sorted(unnamed):
        if storage.is_older(key, before):
            storage.delete(key)
