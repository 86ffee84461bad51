"""How a site is set up and kept: its settings, people, places and ways of work, each change recorded and reversible.

One file for each noun. A verb here checks what is given, writes it, and records the change (`core.changes`) in the
same transaction. Importing this package teaches `changes.take_back` every kind.
"""

from __future__ import annotations

from core import registry

registry.load(__name__)
