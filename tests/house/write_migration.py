"""Writes migrations from the models: `make migration`.

Until the first release there is one revision, made anew each time. Afterwards `make migration NAME="Add plans"`
writes the next one from what the models and the revisions so far do not agree on.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from core.database import Table, open_database
from core.migrations import run
from tests.databases import import_models

VERSIONS = Path(run.__file__).parent / "versions"


def main(name: str) -> None:
    import_models()
    if not name:
        for old in VERSIONS.glob("*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/upgraded.db")
        run.upgrade(database)
        run.write_revision(database, Table.metadata, name or "Make all tables")
        database.dispose()
    for written in VERSIONS.glob("*.py"):
        written.write_text(re.sub(r" *# ### .*\n", "", written.read_text()))
    subprocess.run([Path(sys.executable).with_name("ruff"), "format", "--quiet", VERSIONS], check=True)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]).strip())
