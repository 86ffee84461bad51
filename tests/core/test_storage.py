"""One contract for a folder and for a bucket; then what only a disk can get wrong."""

from __future__ import annotations

import hashlib
import http.client
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from moto.server import ThreadedMotoServer

from core import clock
from core.errors import SettingsError
from core.storage import MissingFile, Storage, StorageUnavailable, hash_of, key_of, open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE = b"the bytes of a picture" * 1000
KEY = key_of(hashlib.sha256(PICTURE).hexdigest(), ".full.jpg")
HOSTILE_KEYS = [
    "",
    "ab",
    "../../etc/passwd",
    "/etc/passwd",
    f"{KEY}/../../../etc/passwd",
    f"{KEY}\n",
    f"{KEY}\x00.jpg",
    KEY.upper(),
    f"\u200b{KEY}",
    f"{KEY}.exe.exe",
    "ab/" + "0" * 61,
    "file:///etc/passwd",
]


@pytest.fixture(scope="module")
def bucket_address() -> Iterator[tuple[str, int]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def bucket(bucket_address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Storage:
    host, port = bucket_address
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "resident")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
    _request(host, port, "POST", "/moto-api/reset")
    _request(host, port, "PUT", "/gongdan")
    return open_storage("s3://gongdan/media/of/site")


@pytest.fixture
def folder(tmp_path: Path) -> Storage:
    return open_storage((tmp_path / "media").as_uri())


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> Storage:
    opened: Storage = request.getfixturevalue(request.param)
    return opened


def _request(host: str, port: int, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    assert answer.status == 200
    body = answer.read()
    connection.close()
    return body


def test_what_was_put_comes_back(storage: Storage) -> None:
    storage.put(KEY, PICTURE)
    assert storage.get(KEY) == PICTURE
    assert storage.size(KEY) == len(PICTURE)
    assert storage.exists(KEY)


def test_an_empty_content_is_a_content(storage: Storage) -> None:
    storage.put(KEY, b"")
    assert storage.exists(KEY)
    assert storage.get(KEY) == b""


def test_what_was_never_put_is_missing(storage: Storage) -> None:
    assert not storage.exists(KEY)
    with pytest.raises(MissingFile):
        storage.get(KEY)
    with pytest.raises(MissingFile):
        storage.size(KEY)


def test_a_key_is_written_once(storage: Storage) -> None:
    storage.put(KEY, PICTURE)
    storage.put(KEY, b"another content under the same key")
    assert storage.get(KEY) == PICTURE


def test_the_keys_of_a_folder_are_told_with_their_age(storage: Storage) -> None:
    began, sizes = clock.now().replace(microsecond=0), [f"{KEY[:-9]}.{size}.jpg" for size in ("full", "thumb")]
    for key in (*sizes, key_of("0" * 64, ".full.jpg")):
        storage.put(key, PICTURE)
    found = dict(storage.keys(KEY[:2]))
    assert sorted(found) == sizes
    assert all(began <= moment <= clock.now() + timedelta(seconds=1) for moment in found.values())
    assert list(storage.keys("01")) == []


def test_a_key_is_as_old_as_its_last_put(storage: Storage) -> None:
    assert storage.is_older(KEY, clock.now())
    storage.put(KEY, PICTURE)
    assert storage.is_older(KEY, clock.now() + timedelta(seconds=1))
    assert not storage.is_older(KEY, clock.now() - timedelta(seconds=2))


def test_a_key_tells_its_hash() -> None:
    assert hash_of(KEY) == hashlib.sha256(PICTURE).hexdigest()


def test_a_deleted_key_is_gone_and_deleting_again_is_no_error(storage: Storage) -> None:
    storage.put(KEY, PICTURE)
    storage.delete(KEY)
    storage.delete(KEY)
    assert not storage.exists(KEY)


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_a_key_that_we_did_not_make_is_refused_by_every_verb(storage: Storage, key: str) -> None:
    for verb in (storage.get, storage.size, storage.exists, storage.delete):
        with pytest.raises(ValueError, match="not a storage key"):
            verb(key)
    with pytest.raises(ValueError, match="not a storage key"):
        storage.put(key, PICTURE)


def test_another_process_opens_the_same_folder(tmp_path: Path) -> None:
    url = (tmp_path / "media").as_uri()
    open_storage(url).put(KEY, PICTURE)
    assert open_storage(url).get(KEY) == PICTURE


def test_a_folder_may_have_a_name_with_blanks_and_chinese(tmp_path: Path) -> None:
    folder = tmp_path / "照片 100%"
    open_storage(folder.as_uri()).put(KEY, PICTURE)
    assert (folder / KEY).read_bytes() == PICTURE


def test_the_bytes_reach_the_disk_before_the_name_and_the_name_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_storage((tmp_path / "media").as_uri())
    target = tmp_path / "media" / KEY
    flushed: list[tuple[str, bool]] = []
    really_flush = os.fsync

    def watch(handle: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{handle}").readlink().name, target.exists()))
        really_flush(handle)

    monkeypatch.setattr(os, "fsync", watch)
    storage.put(KEY, PICTURE)
    (staged, was_visible), *folders = flushed
    assert staged.endswith(".part")
    assert not was_visible
    assert folders == [(KEY[:2], True), ("media", True)]


def test_a_write_that_a_power_cut_left_half_done_is_not_a_file(tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "media").as_uri())
    target = tmp_path / "media" / KEY
    target.parent.mkdir()
    target.with_name(f"{target.name}.0123456789abcdef0123456789abcdef.part").write_bytes(PICTURE[:10])
    assert not storage.exists(KEY)
    storage.put(KEY, PICTURE)
    assert storage.get(KEY) == PICTURE


def test_a_put_leaves_nothing_but_its_file(tmp_path: Path) -> None:
    open_storage((tmp_path / "media").as_uri()).put(KEY, PICTURE)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "media" / KEY]


def test_a_prefix_keeps_the_bucket_tidy(bucket: Storage, bucket_address: tuple[str, int]) -> None:
    bucket.put(KEY, PICTURE)
    listing = _request(*bucket_address, "GET", "/gongdan?list-type=2")
    assert f"<Key>media/of/site/{KEY}</Key>".encode() in listing


def test_a_bucket_that_does_not_exist_is_unavailable_when_written(bucket: Storage) -> None:
    assert bucket.exists(KEY) is False
    with pytest.raises(StorageUnavailable):
        open_storage("s3://forgotten").put(KEY, PICTURE)


def test_a_disk_that_refuses_is_unavailable_not_a_crash(tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "media").as_uri())
    (tmp_path / "media" / KEY[:2]).write_bytes(b"a file where a folder must be")
    with pytest.raises(StorageUnavailable):
        storage.put(KEY, PICTURE)


@pytest.mark.parametrize("url", ["", "media", "file://media", "file:///", "s3://", "ftp://x/y", "memory:///"])
def test_a_wrong_setting_says_what_is_allowed(url: str) -> None:
    with pytest.raises(SettingsError, match="file:///folder or s3://bucket/prefix"):
        open_storage(url)


def test_a_folder_that_cannot_be_made_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="cannot be used"):
        open_storage((tmp_path / "file" / "media").as_uri())


def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    open_storage((tmp_path / "new" / "media").as_uri())
    assert (tmp_path / "new" / "media").stat().st_mode & 0o077 == 0
