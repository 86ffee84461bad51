"""Passwords that cost the tests nothing: they sign in thousands of times, and one test proves what the product does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from core import access


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """What the product hashes with; the tests hash the same way with the least memory and time that there is."""
    dear = access._hasher  # noqa: SLF001 - a setting would let somebody weaken it
    access._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # noqa: SLF001 - as above
    yield dear
    access._hasher = dear  # noqa: SLF001 - as above
