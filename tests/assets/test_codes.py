"""Printed codes: every typing error is caught, no code can be guessed, and people may type them as they like."""

from __future__ import annotations

import random
from datetime import datetime
from itertools import product

import pytest

from assets import codes
from assets.codes import ALPHABET, LENGTH, NotACode, WrongCheckDigit
from core import places
from core.database import Database
from core.errors import NotFound
from tests.personas import Cast

HOME = "https://wx.example.com"
OURS = codes.with_check("7KQ4M2XP9")
WRONG = OURS[:-1] + ALPHABET[(ALPHABET.index(OURS[-1]) + 1) % len(ALPHABET)]


def test_no_wrong_character_at_any_place_keeps_the_check_right() -> None:
    # The sum is linear, so whether an error shows depends on the place and the two characters alone.
    caught = 0
    for place, right, wrong in product(range(LENGTH), ALPHABET, ALPHABET):
        if right != wrong:
            code = _with(OURS, {place: right})
            assert codes.remainder(code) != codes.remainder(_with(code, {place: wrong}))
            caught += 1
    assert caught == LENGTH * 31 * 30


def test_no_exchange_of_two_characters_keeps_the_check_right() -> None:
    for (first, second), (one, other) in product(
        ((a, b) for a in range(LENGTH) for b in range(a)), product(ALPHABET, ALPHABET)
    ):
        if one != other:
            code = _with(OURS, {first: one, second: other})
            assert codes.remainder(code) != codes.remainder(_with(code, {first: other, second: one}))


def test_a_wrong_character_in_any_minted_code_is_told_as_a_typing_error() -> None:
    for _ in range(40):
        code = codes.fresh()
        for place, wrong in product(range(LENGTH), ALPHABET):
            if wrong != code[place]:
                with pytest.raises(WrongCheckDigit):
                    codes.parse(codes.printed(_with(code, {place: wrong})), HOME)


def test_exchanged_neighbours_in_any_minted_code_are_told_as_a_typing_error() -> None:
    for _ in range(200):
        code = codes.fresh()
        for place in range(LENGTH - 1):
            if code[place] != code[place + 1]:
                with pytest.raises(WrongCheckDigit):
                    codes.parse(_with(code, {place: code[place + 1], place + 1: code[place]}), HOME)


def test_a_million_guesses_near_issued_codes_hit_nothing() -> None:
    issued = {codes.fresh() for _ in range(10_000)}
    assert len(issued) == 10_000
    hits = guesses = 0
    for code in random.Random(20).sample(sorted(issued), 1_041):
        for last in product(ALPHABET, ALPHABET):
            guess = codes.with_check(code[:7] + "".join(last))
            guesses += 1
            hits += guess != code and guess in issued
    assert guesses > 1_000_000
    assert hits == 0


@pytest.mark.parametrize(
    "typed",
    [
        OURS,
        OURS.lower(),
        f"{OURS[:4]}-{OURS[4:8]}-{OURS[8:]}",
        f"  {OURS[:4]} {OURS[4:8]} {OURS[8:]}\n",
        f"{OURS[:4]} - {OURS[4:8]} - {OURS[8:]}",
        f"{OURS[:4]}—{OURS[4:8]}–{OURS[8:]}",
        f"{OURS[:2]} {OURS[2:5]} {OURS[5:]}",
        OURS.translate({ord(c): ord(c) + 0xFEE0 for c in OURS}),
        f"\u200b{OURS}\ufeff",
        f"{HOME}/q/{OURS}",
        f"{HOME}:443/q/{OURS.lower()}/",
        f"HTTPS://WX.EXAMPLE.COM/Q/{OURS}",
        f"http://wx.example.com/q/{OURS}?utm_source=poster#top",
        f"wx.example.com/q/{OURS[:4]}-{OURS[4:8]}-{OURS[8:]}",
        f"/q/{OURS}",
        f"https://t.me/some_bot?start={OURS}",
        f"t.me/some_bot?start={OURS}",
        f"https://t.me/some_bot/app?startapp={OURS}",
        f"tg://resolve?domain=some_bot&start={OURS}",
        f"https://old.example.org/q/{OURS}",
    ],
)
def test_a_code_is_read_however_it_comes(typed: str) -> None:
    assert codes.parse(typed, HOME) == OURS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "department",
        "The lift is stuck again",
        "5",
        "电梯坏了",
        "https://wx.example.com/t/WX-1120-042",
        "https://evil.example/q/LIFT-01",
        f"https://evil.example/q/{WRONG}",
        "https://wx.example.com@evil.example/q/LIFT-01",
        "https://wx.example.com:8443/q/LIFT-01",
        "javascript://wx.example.com/q/LIFT-01",
        "https://[::1/q/LIFT-01",
        "https://t.me/some_bot",
        "and/or 2",
        "ß2345",
        "2" * 3000,
    ],
)
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    assert codes.parse(text, HOME) is None


@pytest.mark.parametrize(
    "text", [WRONG, f"{HOME}/q/{WRONG}", f"t.me/bot?start={WRONG}", codes.printed(OURS)[:-1] + WRONG[-1]]
)
def test_a_wrong_check_character_is_told_apart_from_words(text: str) -> None:
    with pytest.raises(WrongCheckDigit):
        codes.parse(text, HOME)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("lift-01", "LIFT-01"), ("Ａ１２", "A12"), ("7", "7"), ("EQ.100_2", "EQ.100_2"), ("9" * 32, "9" * 32)],
)
def test_a_customers_own_code_is_kept_as_given(given: str, kept: str) -> None:
    assert codes.canonical(given) == kept
    assert codes.printed(kept) == kept


@pytest.mark.parametrize("given", ["", "-", "..", "LIFT 01", "LIFT/01", "A" * 33, "电梯1", "LIFT-", "a\x00b"])
def test_what_cannot_be_printed_as_a_code_is_refused(given: str) -> None:
    with pytest.raises(NotACode):
        codes.canonical(given)


def test_a_customers_code_is_read_from_a_link_to_our_own_host() -> None:
    assert codes.parse(f"{HOME}/q/lift-01", HOME) == "LIFT-01"
    assert codes.parse("https://wx.example.com/site/q/MAIN", "https://wx.example.com/site") == "MAIN"


def test_the_payload_of_a_code_leads_back_to_it() -> None:
    for base in (HOME, f"{HOME}/", "http://127.0.0.1:8000", "https://wx.example.com/gongdan"):
        assert codes.parse(codes.payload(OURS, base), base) == OURS


def test_minted_codes_are_never_words_or_numbers() -> None:
    for _ in range(2000):
        assert 2 <= sum(map(str.isdigit, codes.fresh())) <= LENGTH - 2


def test_a_minted_code_resolves_and_an_unissued_one_does_not(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        code = codes.mint(session, place_id=cast.hall, now=now)
        assert codes.resolve(session, code).place_id == cast.hall
        assert codes.resolve(session, codes.printed(code)).place_id == cast.hall
        with pytest.raises(NotFound):
            codes.resolve(session, OURS)


def test_a_character_that_our_codes_never_have_is_told_as_a_typing_error(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        for misread in ("7KQ4-M2XP-O9", "7KQ4M2XPI9"):
            code = codes.parse(misread, HOME)
            assert code is not None
            with pytest.raises(WrongCheckDigit):
                codes.resolve(session, code)


def test_a_customers_code_that_only_looks_like_ours_is_found_as_it_is(db: Database, cast: Cast, now: datetime) -> None:
    lookalike = codes.with_check("PUMPAB234")
    customers = f"{lookalike[:4]}-{lookalike[4:6]}-{lookalike[6:]}"
    with db.write_scope() as session:
        codes.register(session, customers, place_id=places.root_of(session, cast.site).id, now=now)
        typed = codes.parse(customers, HOME)
        assert typed is not None
        assert codes.resolve(session, typed).code == customers


def _with(code: str, changes: dict[int, str]) -> str:
    return "".join(changes.get(place, character) for place, character in enumerate(code))
