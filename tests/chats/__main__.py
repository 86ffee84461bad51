"""`make chats`: five phones side by side around one demo, on one page of this machine."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from core.i18n import DEFAULT_LOCALE, LOCALES
from tests.chats.page import server_of
from tests.chats.stage import Stage


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.chats", description=__doc__)
    reader.add_argument("--port", type=int, default=8010, help="where the page is")
    reader.add_argument("--lang", choices=LOCALES, default=DEFAULT_LOCALE, help="the language to begin with")
    given = reader.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _tell("The demo is being built; this takes half a minute…")
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        stage = ends.enter_context(Stage(folder, given.lang, is_lively=True))
        server = ends.enter_context(server_of(stage, given.port))
        _tell(f"Five chats stand side by side on http://127.0.0.1:{server.server_port}/. Stop with Ctrl+C.")
        ends.enter_context(suppress(KeyboardInterrupt))
        server.serve_forever()


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    main()
