"""Photos over HTTP: what is taken, what is refused, and that they are seen through their own ticket only."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from core import clock
from core.photos import MAX_BYTES
from core.storage import key_of
from core.tickets import additions, queries
from tests.api.calling import Api, kind_of
from tests.api.conftest import Elsewhere
from tests.personas import Cast
from tests.pictures import camera_exif, corners, encoded, png_header, size_of

PHOTO = encoded(corners((640, 480)), "JPEG", exif=camera_exif())


@pytest.fixture
def number(api: Api, cast: Cast) -> str:
    return str(api.as_(cast.resident).report()["number"])


def test_a_photo_is_kept_clean_in_three_sizes(api: Api, cast: Cast, number: str) -> None:
    answer = api.as_(cast.resident).upload(number, PHOTO, kind="report")
    uploaded = answer.json()
    assert answer.status_code == 201
    assert uploaded["hash"] == hashlib.sha256(PHOTO).hexdigest()
    assert (uploaded["width"], uploaded["height"]) == (640, 480)
    for size, longest in (("thumb", 320), ("screen", 640), ("full", 640)):
        shown = api.as_(cast.supervisor).call("GET", uploaded["urls"][size])
        assert shown.headers["content-type"] == "image/jpeg"
        assert max(size_of(shown.content)) == longest
        assert b"Exif" not in shown.content


def test_a_photo_cannot_run_anything_and_stays_with_its_reader(api: Api, cast: Cast, number: str) -> None:
    url = api.as_(cast.resident).upload(number, PHOTO).json()["urls"]["screen"]
    headers = api.as_(cast.resident).call("GET", url).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert headers["cache-control"].startswith("private")


def test_the_same_photo_again_changes_nothing(api: Api, cast: Cast, number: str) -> None:
    answers = [api.as_(cast.resident).upload(number, PHOTO, kind="report") for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    ticket = api.as_(cast.resident).get(f"/api/v1/tickets/{number}").json()
    assert len(ticket["rounds"][0]["photos"]) == 1


def test_a_photo_with_a_key_is_repeated_and_another_one_is_not(api: Api, cast: Cast, number: str) -> None:
    resident = api.as_(cast.resident)
    first = resident.upload(number, PHOTO, key="photo-1")
    assert resident.upload(number, PHOTO, key="photo-1").content == first.content
    other = resident.upload(number, encoded(corners((30, 20)), "PNG"), key="photo-1")
    assert (other.status_code, kind_of(other)) == (422, "changed-replay")


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"%PDF-1.7", b"GIF89a", b"%!PS-Adobe EPSF"],
    ids=["empty", "svg", "pdf", "gif", "eps"],
)
def test_what_is_no_photo_is_refused(api: Api, cast: Cast, number: str, data: bytes) -> None:
    answer = api.as_(cast.resident).upload(number, data)
    assert (answer.status_code, kind_of(answer)) == (415, "not-an-image")


def test_a_broken_photo_and_a_bomb_are_refused(api: Api, cast: Cast, number: str) -> None:
    broken = api.as_(cast.resident).upload(number, PHOTO[: len(PHOTO) // 2])
    bomb = api.as_(cast.resident).upload(number, png_header(13_000, 13_000, rows=1))
    assert (broken.status_code, kind_of(broken)) == (422, "broken-image")
    assert (bomb.status_code, kind_of(bomb)) == (413, "too-many-pixels")


def test_too_large_a_body_is_refused_by_its_length_unread(api: Api, cast: Cast, number: str) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"x"

    headers = {"content-length": str(MAX_BYTES * 3), "content-type": "multipart/form-data; boundary=x"}
    answer = api.as_(cast.resident).call("POST", f"/api/v1/tickets/{number}/photos", content=body(), headers=headers)
    assert (answer.status_code, kind_of(answer)) == (413, "body-too-large")
    assert read == 0


def test_too_large_a_body_of_unknown_length_is_refused_while_it_is_read(api: Api, cast: Cast, number: str) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(64):
            sent += 1
            yield b"\xff" * (1024 * 1024)

    answer = api.as_(cast.resident).call(
        "POST", f"/api/v1/tickets/{number}/photos", content=body(),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert (answer.status_code, kind_of(answer)) == (413, "body-too-large")
    assert sent <= MAX_BYTES // 1024**2 + 2


def test_a_json_body_is_limited_too(api: Api, cast: Cast) -> None:
    answer = api.as_(cast.resident).post("/api/v1/tickets", text="x" * (1024 * 1024))
    assert (answer.status_code, kind_of(answer)) == (413, "body-too-large")


def test_a_form_without_a_file_or_with_strange_fields_is_refused(api: Api, cast: Cast, number: str) -> None:
    path = f"/api/v1/tickets/{number}/photos"
    assert kind_of(api.as_(cast.resident).call("POST", path, data={"kind": "other"})) == "missing"
    assert api.as_(cast.resident).upload(number, PHOTO, kind="selfie").status_code == 422
    assert api.as_(cast.resident).upload(number, PHOTO, person_id=str(cast.admin)).status_code == 422


def test_residents_prove_no_work(api: Api, cast: Cast, number: str) -> None:
    for kind in ("before", "after"):
        assert api.as_(cast.resident).upload(number, PHOTO, kind=kind).status_code == 403


def test_only_a_technicians_photo_keeps_what_the_camera_says(api: Api, cast: Cast, number: str) -> None:
    api.as_(cast.resident).upload(number, PHOTO, kind="report")
    api.as_(cast.technician).upload(number, PHOTO, kind="before")
    with api.database.read_scope() as session:
        rows = queries.attachments_of(session, queries.by_number(session, number).id)
        kept = {row.kind: row.evidence for row in rows}
    assert kept["report"] == {}
    assert kept["before"]["camera"] == "Pixel 9"


def test_a_photo_is_not_seen_through_another_ticket(api: Api, cast: Cast, elsewhere: Elsewhere, number: str) -> None:
    url = api.as_(cast.resident).upload(number, PHOTO).json()["urls"]["screen"]
    other = api.as_(cast.supervisor).report(place="A/1/Hall")["number"]
    foreign = api.as_(elsewhere.supervisor).report("noise")["number"]
    cases = [
        (cast.supervisor, url.replace(number, other)),
        (cast.neighbour, url),
        (cast.outsider, url),
        (elsewhere.supervisor, url),
        (elsewhere.supervisor, url.replace(number, foreign)),
    ]
    for person, path in cases:
        assert api.as_(person).call("GET", path).status_code == 404, path
    assert api.stranger.call("GET", url).status_code == 401


def test_a_foreign_upload_is_refused_before_it_is_read(api: Api, cast: Cast, number: str) -> None:
    for person in (cast.neighbour, cast.outsider):
        assert api.as_(person).upload(number, b"not even a photo").status_code == 404


def test_addresses_of_photos_are_hashes(api: Api, cast: Cast, number: str) -> None:
    url = api.as_(cast.resident).upload(number, PHOTO).json()["urls"]["screen"]
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    for wrong in ("..%2f..%2fgongdan.db", sha256.upper(), sha256 + "0", "%00"):
        assert api.as_(cast.resident).call("GET", url.replace(sha256, wrong)).status_code in (404, 422)
    assert api.as_(cast.resident).call("GET", url.replace("screen", "original")).status_code == 422


def test_a_voice_note_leaves_as_a_file(api: Api, cast: Cast, number: str) -> None:
    data = b"#!AMR\n" + bytes(32)
    sha256 = hashlib.sha256(data).hexdigest()
    api.app.state.system.storage.put(key_of(sha256, ".amr"), data)
    with api.database.write_scope() as session:
        ticket = queries.by_number(session, number, lock=True)
        stored = {"hash": sha256, "mime": "audio/amr"}
        additions.add_file(session, ticket, "voice", stored, cast.resident, clock.now())
    voice = api.as_(cast.supervisor).get(f"/api/v1/tickets/{number}").json()["rounds"][0]["voices"][0]
    heard = api.as_(cast.supervisor).call("GET", voice["url"])
    assert (heard.content, heard.headers["content-type"]) == (data, "audio/amr")
    assert heard.headers["content-disposition"] == f'attachment; filename="{number}-{sha256[:8]}.amr"'
    assert api.as_(cast.supervisor).call("GET", voice["url"].replace("voices", "photos")).status_code == 404
