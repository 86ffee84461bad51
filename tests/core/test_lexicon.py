"""The lexicon: what must alarm, what must not, how it adds up, what a site may add, and what real text says."""

from __future__ import annotations

import csv
import doctest
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import load_workbook

from core import i18n
from core.errors import Invalid
from core.lexicon import CATEGORIES, PRIORITIES, Guess, Term, guess, load
from core.lexicon.wording import read, stem
from tests.core.lexicon_sentences import CALM, EMERGENCIES, sentences
from tests.core.lexicon_sentences import CATEGORIES as CLEAR

DOCS = Path(__file__).parents[2] / "docs"


def guessed(text: str) -> Guess:
    return guess(text, load())


@pytest.mark.parametrize(
    ("kind", "sentence"), [(kind, sentence) for kind, block in EMERGENCIES.items() for sentence in sentences(block)]
)
def test_a_real_emergency_is_recognised(kind: str, sentence: str) -> None:
    found = guessed(sentence)

    assert (found.emergency, found.priority, found.confidence) == (kind, "emergency", "sure")
    assert found.category in CATEGORIES


BEFORE = {
    "zh": ("你好,", "没有人接电话,", "没热水,", "请问", "不是开玩笑,", "昨天修好了今天又"),
    "en": ("Hi, ", "Nobody answers the phone. ", "no hot water and ", "Not a joke, "),
}
BEHIND = {
    "zh": (",谢谢", ",什么时候能修好", ",昨天还好好的", ",不知道怎么办", ",没有受伤"),
    "en": (", thanks", ". When will it be fixed?", " and nobody is coming", ", no one is hurt"),
}


@pytest.mark.parametrize("kind", EMERGENCIES)
def test_polite_or_unrelated_words_never_hide_an_emergency(kind: str) -> None:
    for sentence in sentences(EMERGENCIES[kind]):
        language = "zh" if any("一" <= character <= "鿿" for character in sentence) else "en"
        wrapped = [before + sentence for before in BEFORE[language]] + [sentence + end for end in BEHIND[language]]
        assert [text for text in wrapped if guessed(text).emergency is None] == []


@pytest.mark.parametrize("sentence", sentences(CALM))
def test_an_everyday_message_raises_no_alarm(sentence: str) -> None:
    found = guessed(sentence)

    assert (found.emergency, found.priority == "emergency") == (None, False)


@pytest.mark.parametrize(
    ("category", "sentence"),
    [(category, sentence) for category, block in CLEAR.items() for sentence in sentences(block)],
)
def test_a_clear_fault_gets_its_category(category: str, sentence: str) -> None:
    found = guessed(sentence)

    assert (found.category, found.confidence) == (category, "sure")


def test_two_likely_categories_are_offered_in_order() -> None:
    found = guessed("电梯里的灯坏了")

    assert (found.category, found.confidence, found.alternatives) == ("electricity", "unsure", ("lift",))


@pytest.mark.parametrize("text", ["", "   ", "你好", "???", "🙂🙂", "\x00", "hello there", "3号楼502"])
def test_text_that_says_nothing_gives_no_guess(text: str) -> None:
    found = guessed(text)

    assert (found.category, found.confidence, found.priority, found.emergency) == (None, "none", "normal", None)


@pytest.mark.parametrize(
    ("text", "priority"),
    [("家里停电了", "urgent"), ("路灯不亮", "normal"), ("纱窗破了,不急", "low"), ("tap is loose, no rush", "low")],
)
def test_urgency_follows_the_words(text: str, priority: str) -> None:
    assert guessed(text).priority == priority


def test_thanks_for_a_repair_is_never_sure() -> None:
    assert guessed("谢谢,电梯修好了").confidence == "unsure"


def test_a_denial_ends_at_the_comma() -> None:
    assert guessed("没有煤气味,插座冒烟").emergency == "sparks_fire_smoke"


def test_what_is_missing_is_a_fault_and_no_denial() -> None:
    assert guessed("没有热水").category == "heating_ac"
    assert guessed("暖气不热").category == "heating_ac"


def test_reasons_point_into_the_text_as_it_was_typed() -> None:
    text = "ＷＩＦＩ壞了… 電梯 is LEAKING"
    parts = {text[reason.start : reason.end] for reason in guessed(text).reasons}

    assert {"ＷＩＦＩ", "電梯", "LEAKING"} <= parts


def test_a_denied_reason_names_its_denial_and_does_not_count() -> None:
    reason = next(reason for reason in guessed("there is no smoke").reasons if reason.term.phrase == "smoke")

    assert (reason.counts, reason.denied_by) == (False, "no")


def test_repeating_a_word_does_not_make_it_weigh_more() -> None:
    assert guessed("厕所厕所厕所厕所厕所").confidence == "unsure"


@pytest.mark.parametrize(
    ("forms", "base"),
    [
        ("leaks leaking leaked leaky", "leak"),
        ("flooded flooding", "flood"),
        ("mice", "mouse"),
        ("dripped", "drip"),
        ("rates rated rating", "rate"),
        ("noted", "note"),
        ("taped taping", "tape"),
        ("tapped tapping", "tap"),
    ],
)
def test_inflections_share_one_form(forms: str, base: str) -> None:
    assert {stem(form) for form in forms.split()} == {stem(base)}


def test_english_matches_whole_words_only() -> None:
    assert guessed("please rate this").reasons == ()
    assert guessed("the carpet is a gastronomic delight").reasons == ()


def test_an_administrator_can_add_a_category_of_their_own() -> None:
    ours = load().extended([Term("Noise - Residential", category="noise_residential", weight=8, language="en")])

    assert guess("Noise - Residential: Loud Music/Party", ours).category == "noise_residential"
    assert guess("Noise - Commercial: Loud Music/Party", ours).category == "noise"
    assert "noise_residential" not in load().categories


def test_an_administrators_word_can_raise_an_emergency() -> None:
    ours = load().extended([Term("氨气报警", category="cold_store", emergency="gas_smell")])

    found = guess("冷库氨气报警", ours)
    assert (found.emergency, found.category, found.priority) == ("gas_smell", "cold_store", "emergency")


def test_an_administrators_row_cannot_silence_an_alarm() -> None:
    ours = load().extended([Term("煤气味", category="other"), Term("电梯", category="other", kind="shield")])

    assert guess("有煤气味", ours).emergency == "gas_smell"
    assert guess("我被困在这部电梯了", ours).emergency == "trapped_in_lift"


@pytest.mark.parametrize(
    "term",
    [
        Term(" ,", category="other"),
        Term("泳池", category="pool", weight=-1),
        Term("泳池", category="pool", weight=21),
        Term("泳池", category="pool", emergency="tsunami"),
        Term("泳池", category="pool", priority="soon"),  # type: ignore[arg-type]
    ],
)
def test_a_term_that_cannot_work_is_refused(term: Term) -> None:
    with pytest.raises(Invalid):
        load().extended([term])


def test_built_in_terms_name_only_known_categories_and_signs() -> None:
    lexicon = load()
    carried = {sign for term in lexicon.terms for sign in term.signs}
    asked = {sign for rule in lexicon.rules for sign in (*rule.signs, *rule.unless)}

    assert lexicon.categories <= set(CATEGORIES)
    assert carried == asked
    assert all(read(term.phrase).words for term in lexicon.terms)


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_category_priority_and_emergency_has_its_words(locale: str) -> None:
    keys = [f"category.{key}" for key in CATEGORIES] + [f"priority.{key}" for key in PRIORITIES]
    keys += [f"{domain}.{kind}" for kind in load().emergencies for domain in ("emergency", "advice")]

    assert [key for key in keys if not i18n.has_text(key, locale)] == []


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_advice_gives_the_number_to_call(locale: str) -> None:
    texts = [i18n.translate(f"advice.{kind}", locale, phone="0571-1234") for kind in load().emergencies]

    assert all("0571-1234" in text for text in texts)


def test_a_report_of_sixty_characters_is_guessed_in_well_under_a_millisecond() -> None:
    text = "3号楼2单元电梯突然停了,里面还有老人和小孩被困住了出不来,请马上派人来,打物业电话一直没人接,非常着急,谢谢"
    guessed(text)

    def once() -> float:
        begun = perf_counter()
        guessed(text)
        return perf_counter() - begun

    assert min(once() for _ in range(200)) < 0.0005


def test_time_grows_with_the_length_and_not_with_its_square() -> None:
    block = "没有煤气味漏水电梯困"

    def seconds(repeats: int) -> float:
        text, begun = block * repeats, perf_counter()
        guessed(text)
        return perf_counter() - begun

    short, long = min(seconds(50) for _ in range(5)), min(seconds(800) for _ in range(3))
    assert long < short * 16 * 4


def test_the_examples_of_the_documentation_are_true() -> None:
    result = doctest.testfile(str(DOCS / "lexicon.md"), module_relative=False, encoding="utf-8")

    assert (result.failed, result.attempted > 5) == (0, True)


# Real text. Both sets are messages to a city, not to a caretaker; the floors are what was measured, a little lowered.

NYC = {
    "noise": "Noise|Illegal Fireworks",
    "parking": "Illegal Parking|Blocked Driveway|Abandoned Vehicle|Traffic",
    "cleaning": "UNSANITARY|Illegal Dumping|Dirty|Missed Collection|Graffiti|Commercial Disposal|Litter|Dead Animal",
    "pests": "Rodent",
    "water": "PLUMBING|WATER LEAK|Water System",
    "electricity": "ELECTRIC|Street Light",
    "heating_ac": "HEAT",
    "fire_safety": "SAFETY",
    "security": "Drug|Drinking|Panhandling|Encampment|Homeless|Non-Emergency",
    "greenery": "New Tree|Illegal Tree Damage",
    "structure": "Street Condition|Sidewalk|PAINT",
}

# Messages about a building or its surroundings, by number, and every category that a caretaker would call sensible.
CITIZENS = {
    "2549": "other", "2759": "cleaning", "2849": "lift", "33978": "noise", "35479": "parking fire_safety",
    "35801": "structure", "37485": "noise", "40959": "drainage cleaning", "40967": "water", "42231": "structure",
    "42545": "cleaning", "44289": "noise", "45857": "structure", "45907": "noise", "166714": "network",
    "168211": "fire_safety", "168272": "noise cleaning", "168276": "fire_safety", "169083": "drainage",
    "169546": "heating_ac", "175790": "cleaning", "175800": "cleaning noise", "175864": "cleaning",
    "177096": "cleaning pests", "178538": "noise", "179855": "electricity",
}  # fmt: skip


@pytest.fixture(scope="module")
def requests(real_data: Path) -> list[dict[str, str]]:
    with (real_data / "03_reports/nyc311/nyc311_2024-05-26.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def messages(real_data: Path) -> dict[str, tuple[str, str]]:
    return {row[0]: (row[2], row[4]) for row in _rows(real_data / "03_reports/zh_teddycup2020C/附件4.xlsx")}


def test_city_requests_get_a_sensible_category(requests: list[dict[str, str]]) -> None:
    expected = [
        (f"{row['complaint_type']}: {row['descriptor']}", category)
        for row in requests
        for category, kinds in NYC.items()
        if re.match(kinds, row["complaint_type"])
    ]
    right = sum(guessed(text).category == category for text, category in expected)

    assert len(expected) >= 970
    assert right / len(expected) >= 0.99


def test_city_requests_by_their_descriptor_alone_mostly_get_a_sensible_category(requests: list[dict[str, str]]) -> None:
    expected = [
        (row["descriptor"], category)
        for row in requests
        for category, kinds in NYC.items()
        if re.match(kinds, row["complaint_type"]) and row["descriptor"] != "N/A"
    ]
    right = sum(guessed(text).category == category for text, category in expected)

    assert right / len(expected) >= 0.85


def test_city_requests_raise_only_alarms_that_are_listed(requests: list[dict[str, str]]) -> None:
    alarms = {text for row in requests if guessed(text := f"{row['complaint_type']}: {row['descriptor']}").emergency}

    assert alarms == {"Damaged Tree: Entire Tree Has Fallen Down", "WATER LEAK: HEAVY FLOW"}


def test_citizens_subjects_get_a_sensible_category(messages: dict[str, tuple[str, str]]) -> None:
    right = [number for number, keys in CITIZENS.items() if guessed(messages[number][0]).category in keys.split()]

    assert len(right) >= 21


def test_citizens_whole_letters_get_a_sensible_category(messages: dict[str, tuple[str, str]]) -> None:
    right = [
        number for number, keys in CITIZENS.items() if guessed("\n".join(messages[number])).category in keys.split()
    ]

    assert len(right) >= 23


def test_citizens_letters_raise_only_alarms_that_are_listed(messages: dict[str, tuple[str, str]]) -> None:
    """Two speak of a blocked escape route; 34239 imagines the explosion of a boiler beside a railway."""
    alarms = {number: found for number, letter in messages.items() if (found := guessed("\n".join(letter)).emergency)}

    assert alarms == {"34239": "sparks_fire_smoke", "35479": "fire_door_blocked", "168211": "fire_door_blocked"}


def _rows(path: Path) -> Iterator[list[str]]:
    with closing(load_workbook(path, read_only=True)) as book:
        for row in book.worksheets[0].iter_rows(min_row=2, values_only=True):
            yield [str(cell or "") for cell in row]
