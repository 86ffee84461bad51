"""Where a platform has no buttons a number stands for one, and is held to all that a button is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import Outgoing
from bot.numerals import LONGEST, number_in, stars_in
from core import clock, numbers, outbox
from core.database import Database
from core.numbers import Offered
from core.outbox import Letter
from tests.bot.hooked import Desk
from tests.fakes.courier import ACCOUNT, NAME, Courier
from tests.personas import Cast

HERE = (NAME, ACCOUNT, "li")


@pytest.fixture
def desk(db: Database, cast: Cast) -> Desk:
    return Desk(db, Courier())


def reported(desk: Desk) -> Outgoing:
    """A fault that was taken; the answer offers what can be done next."""
    desk.say("the lamp is broken")
    return desk.say("A/1/Hall")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1), ("２", 2), ("③", 3), (" 4. ", 4), ("（5）", 5), ("二", 2), ("十", 10), ("十二", 12), ("二十", 20),
        ("二十一", 21), ("12", 12), ("reply 2", 2), ("No. 3", 3), ("#4", 4), ("回复1", 1), ("回复 二", 2),
        ("第三个", 3), ("选2", 2), ("2号", 2), ("0", 0), ("007", 7),
    ],
)  # fmt: skip
def test_a_number_is_read_in_any_digits(text: str, number: int) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "一楼",
        "3号楼",
        "1203 A",
        "1.5",
        "-",
        "1 2",
        "二三",
        "十十",
        "百",
        "no",
        "第",
        "½",
        "9" * 40,
        "a1",
        "二〇二六",
    ],
)
def test_what_says_anything_else_is_no_number(text: str) -> None:
    assert number_in(text) is None


def test_the_length_is_looked_at_before_anything_is_normalised() -> None:
    """Normalising thousands of combining marks takes seconds."""
    assert number_in(" " * 4 * LONGEST + "2") is None
    assert number_in(" " * LONGEST + "2") == 2


def test_a_number_presses_the_button_of_the_last_message_that_offered_numbers(desk: Desk) -> None:
    taken = reported(desk)
    assert taken.text.endswith("1 Wrong category\n2 Wrong place\n3 Show progress")
    assert (taken.buttons, taken.numbered) == ((), (0, 1, 2))
    assert "really?" in desk.say("２").text


def test_a_wrong_number_is_told_what_there_is(desk: Desk) -> None:
    reported(desk)
    assert desk.say("4").text == "There is no 4 here. Please reply with a number from 1 to 3."
    assert desk.say("0").text.startswith("There is no 0 here.")


def test_the_number_of_a_button_that_is_gone_says_so(desk: Desk, db: Database) -> None:
    desk.say("help")
    with db.write_scope() as session:
        offered = numbers.last(session, HERE, desk.now)
        assert offered
        numbers.offer(session, HERE, clock.new_id(), offered.places, desk.now)
    assert "no longer works" in desk.say("1").text


def test_of_two_messages_that_cross_the_later_written_one_keeps_the_numbers(desk: Desk, db: Database) -> None:
    desk.say("help")
    with db.write_scope() as session:
        older = [Letter("help", {}, address=HERE), Letter("survey", {}, address=HERE)]
        survey, answer = outbox.post(session, older[::-1], desk.now)
        numbers.offer(session, HERE, survey, (0, 1, 2, 3, 4), desk.now)
        numbers.offer(session, HERE, answer, (0,), desk.now)
        assert numbers.last(session, HERE, desk.now) == Offered(survey, [0, 1, 2, 3, 4], desk.now)
        late = desk.now + numbers.CROSSING * 2
        numbers.offer(session, HERE, answer, (0,), late)
        assert numbers.last(session, HERE, late) == Offered(answer, [0], late)


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("5 stars", 5), ("1 star!", 1), ("5\u661f", 5), ("\u4e94\u661f", 5), ("4\u9897\u661f", 4), ("3 \u2605", 3),
        ("\u2b50\u2b50\u2b50", 3), ("5", None), ("stars", None), ("the star lamp", None), ("", None),
    ],
)  # fmt: skip
def test_stars_are_read(text: str, stars: int | None) -> None:
    assert stars_in(text) == stars


def test_after_some_days_a_number_is_words_again(desk: Desk) -> None:
    asked = desk.say("help")
    assert asked.numbered
    desk.now += numbers.MEANT_FOR + timedelta(minutes=1)
    assert "There is no" not in desk.say("999").text


def test_a_number_that_a_later_question_waits_for_is_its_answer(desk: Desk) -> None:
    desk.say("help")
    desk.say("/link")  # asks in words which home
    assert "There is no" not in desk.say("999").text
