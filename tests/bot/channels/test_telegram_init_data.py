"""Who opened the Mini App is believed only with the signature of the bot's token, lately made."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from bot.channels.telegram import verify_init_data

TOKEN = "42:TEST"
SIGNED_AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
USER = '{"id":42,"first_name":"李"}'


def signed(token: str = TOKEN, **fields: str) -> str:
    """What Telegram makes, written anew from its description."""
    known = {"auth_date": str(int(SIGNED_AT.timestamp())), "user": USER, "query_id": "q", "signature": "", **fields}
    key = hmac.new(b"WebAppData", token.encode(), "sha256").digest()
    text = "\n".join(f"{name}={value}" for name, value in sorted(known.items()))
    return urlencode({**known, "hash": hmac.new(key, text.encode(), "sha256").hexdigest()})


def test_published_vectors(real_data: Path) -> None:
    vectors = json.loads((real_data / "vectors.json").read_text())["telegram_initdata"]
    for vector in vectors:
        moment = int(parse_qs(vector["init"]).get("auth_date", ["0"])[0])
        found = verify_init_data(vector["init"], vector["token"], datetime.fromtimestamp(moment, UTC))
        assert (found is not None) == vector["ok"], vector


def test_the_user_is_told_with_the_empty_and_the_newer_fields_signed_too() -> None:
    found = verify_init_data(signed(), TOKEN, SIGNED_AT)
    assert found is not None
    assert (found["user"]["id"], found["query_id"], found["signature"]) == (42, "q", "")


@pytest.mark.parametrize(("age", "is_fresh"), [(0, True), (3600, True), (3601, False), (-30, True), (-31, False)])
def test_it_is_believed_for_an_hour(age: int, *, is_fresh: bool) -> None:
    found = verify_init_data(signed(), TOKEN, SIGNED_AT + timedelta(seconds=age))
    assert (found is not None) == is_fresh


@pytest.mark.parametrize(
    "forged",
    [
        "", "hash=", "x", "=&=", "hash=é", "hash=%C3%A9%C3%A9", signed("43:OTHER"), signed() + "&extra=1",
        signed().replace("42", "43"), signed()[:-1], signed()[:-64], signed() + "&hash=0", signed() + "&user=%7B%7D",
        signed().replace("hash=", "hash=%00"), signed(auth_date=""), signed(auth_date="x"), signed(auth_date="9" * 40),
        signed(auth_date="-5"), signed(auth_date="١٢"), signed(user="{"), signed(user="[1]"), signed() + "&\ud800=1",
    ],
)  # fmt: skip
def test_anything_else_is_nobody(forged: str) -> None:
    assert verify_init_data(forged, TOKEN, SIGNED_AT) is None


def test_every_changed_character_breaks_it() -> None:
    good = signed()
    for at, character in enumerate(good):
        bad = f"{good[:at]}{'z' if character != 'z' else 'y'}{good[at + 1 :]}"
        assert verify_init_data(bad, TOKEN, SIGNED_AT) is None
