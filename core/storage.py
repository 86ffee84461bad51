"""Where bytes lie: a folder or an S3-compatible bucket, chosen by one setting.

Keys are made by us from a content hash and never from a file name, so nothing a person sends can point outside
the store. What has a key is complete and durable: rows may name it as soon as `put` has returned.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from core import clock
from core.errors import Busy, NotFound, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ObjectStore

KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}(\.[a-z0-9]{1,12}){0,2}")
RETRY_FOR = timedelta(seconds=20)
MAX_RETRIES = 4
# What no row names for that long may be forgotten, and what hands a file on for later does so for less.
UNNAMED_FOR = timedelta(days=1)
HANDED_ON_FOR = timedelta(hours=20)
YOUNG_FOR = timedelta(hours=4)


class StorageUnavailable(Busy):
    """The file store does not answer. Please try again in a moment."""


class MissingFile(NotFound):
    """This file is not kept here any more."""


class Storage:
    """A store of immutable contents; this class is the bucket, `_Folder` adds what a disk needs."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, durably. A key stands for one content: a young one is not written again.

        An older one is, and is young again: whoever has put it will name it, and may name it a day later.
        """
        if self.is_older(key, clock.now() - YOUNG_FOR):
            with _answering():
                obstore.put(self._store, key, data)

    def get(self, key: str) -> bytes:
        with _answering(), _expected():
            return bytes(obstore.get(self._store, _checked(key)).bytes())

    def size(self, key: str) -> int:
        with _answering(), _expected():
            return obstore.head(self._store, _checked(key))["size"]

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except MissingFile:
            return False
        return True

    def is_older(self, key: str, moment: datetime) -> bool:
        """Whether a key was put before a moment; also where it is not there."""
        try:
            with _answering(), _expected():
                return obstore.head(self._store, _checked(key))["last_modified"] <= moment
        except MissingFile:
            return True

    def keys(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The keys that begin with two characters, each with the moment in which it was put last."""
        with _answering():
            for batch in obstore.list(self._store, prefix=folder):
                for found in batch:
                    if KEY.fullmatch(found["path"]):
                        yield found["path"], found["last_modified"]

    def delete(self, key: str) -> None:
        """Forget `key`; one that is already gone is no error."""
        with _answering(), suppress(FileNotFoundError):
            obstore.delete(self._store, _checked(key))


class _Folder(Storage):
    """A folder that survives a power cut: the bytes reach the disk first, then the name, then the folders.

    obstore renames into place but never calls fsync (seen with strace, 0.12.1), so that an empty file could be
    left under a good key.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(LocalStore(folder))
        self._folder = folder
        _flush(folder.parent)

    def put(self, key: str, data: bytes) -> None:
        if not self._touched(key):
            staged = f"{key}.{clock.new_id().hex}.part"
            with _answering():
                obstore.put(self._store, staged, data, use_multipart=False)
                _flush(self._folder / staged)
                obstore.rename(self._store, staged, key)
        self._settle(key)

    def delete(self, key: str) -> None:
        super().delete(key)
        self._settle(key)

    def _touched(self, key: str) -> bool:
        """Make a file young again; False where there is none."""
        try:
            with _answering(), _expected():
                os.utime(self._folder / _checked(key))
        except MissingFile:
            return False
        return True

    def _settle(self, key: str) -> None:
        """Also for a key that exists: another thread may have renamed it without having flushed the folder yet."""
        with _answering():
            for folder in ((self._folder / key).parent, self._folder):
                if folder.exists():
                    _flush(folder)


def open_storage(url: str) -> Storage:
    """`file:///folder` or `s3://bucket/prefix`; keys and endpoint of a bucket come from the usual AWS_ variables."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
        return _open_folder(Path(url2pathname(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return Storage(_open_bucket(url))
    raise SettingsError(problem=f"STORAGE_URL must be file:///folder or s3://bucket/prefix, not {url!r}")


def key_of(sha256: str, suffix: str = "") -> str:
    """The key of a content: 256 folders, then the rest of its hash and what it is, as in `ab/cdef….thumb.jpg`."""
    return _checked(f"{sha256[:2]}/{sha256[2:]}{suffix}")


def hash_of(key: str) -> str:
    """The content's hash in a key."""
    return _checked(key).partition(".")[0].replace("/", "")


def _open_folder(folder: Path) -> Storage:
    try:
        return _Folder(folder)
    except OSError as error:
        raise SettingsError(problem=f"STORAGE_URL: {folder} cannot be used ({error.strerror or error})") from error


def _open_bucket(url: str) -> S3Store:
    try:
        return S3Store.from_url(url, retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_FOR})
    except (BaseError, ValueError) as error:
        raise SettingsError(problem=f"STORAGE_URL: {url} cannot be used") from error


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        msg = f"not a storage key: {key!r}"
        raise ValueError(msg)
    return key


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error


@contextmanager
def _expected() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise MissingFile from error


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
