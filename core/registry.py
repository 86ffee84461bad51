"""How a room finds its extensions: one file, one decorator, no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named extensions of one kind. `load(package)` imports every sibling once; duplicates raise."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        def keep(item: T) -> T:
            if name in self._items:
                raise LookupError(f"two {self.kind}s are called {name!r}")
            self._items[name] = item
            return item

        return keep

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def get(self, name: str) -> T | None:
        return self._items.get(name)

    def items(self) -> list[tuple[str, T]]:
        return sorted(self._items.items())


def load(package: str) -> None:
    """Import every module of a package, so that its decorators run."""
    found = importlib.import_module(package)
    for module in pkgutil.iter_modules(found.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{package}.{module.name}")


def load_all(package: str, *, but: str = "") -> None:
    """Import every module of a package and of the packages in it, `but` left out."""
    found = importlib.import_module(package)
    for module in pkgutil.iter_modules(found.__path__, f"{package}."):
        if module.ispkg and module.name != but:
            load_all(module.name, but=but)
        elif not module.ispkg:
            importlib.import_module(module.name)
