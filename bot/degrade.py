"""What a platform has no button for, part of rendering: taps, then links to a page, then numbers, then words.

A tap becomes a link where the page of its ticket can do the same, and a number to reply with where people can write
back. A link becomes its words with the address. Nothing that somebody could choose is left out while it can be said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.cutting import fitted, shorten, size
from bot.messages import Button, Limits
from core import i18n

ON_PAGE = ("work", "onsite", "track", "rate")  # flows whose buttons the page of a ticket has, too
BESIDE = 5  # so many short choices stand in one line
LINE = 40
WIDTHS = (24, 12, 6, 3)  # how far labels of numbers are cut when all of them together are too long


@dataclass(frozen=True, slots=True)
class Arranged:
    """The buttons of a message for one platform. `numbered`: the places of those that numbers stand for.

    `links` and `choices`: what is said in words instead.
    """

    buttons: tuple[Button, ...] = ()
    links: tuple[Button, ...] = ()
    choices: tuple[Button, ...] = ()
    numbered: tuple[int, ...] = ()


def arrange(
    kept: Sequence[tuple[Mapping[str, Any], str]], shown: Sequence[Button], page: str, limits: Limits
) -> Arranged:
    """Find for each button the best that the platform can do.

    1. Taps and links as they are, where it has them and there are not too many.
    2. A tap that the page of its ticket can do: a link to that page.
    3. Another tap: a number, where people can write back.
    4. A link that no button can carry: words with its address; the page's, where a tap is left with neither.
    """
    taps = [place for place, button in enumerate(shown) if not button.url]
    keeps_taps = limits.has_taps and len(taps) <= limits.buttons
    paged = [] if keeps_taps or not page else [place for place in taps if _is_on_page(kept[place][0])]
    if not limits.has_links and limits.has_replies:
        paged = []  # a number is nearer than an address
    spoken = [] if keeps_taps or not limits.has_replies else [place for place in taps if place not in paged]
    linked = [
        replace(shown[place], token="", url=page) if place in paged else shown[place] for place in range(len(shown))
    ]
    carried = [one for place, one in enumerate(linked) if (one.url and limits.has_links) or (one.token and keeps_taps)]
    buttons = _within(carried, limits)
    said = {one.url for one in buttons}
    links = {one.url: one for one in reversed(linked) if one.url and one.url not in said}
    if page and taps and not (keeps_taps or paged or spoken) and page not in said:
        links[page] = Button("", url=page)
    return Arranged(
        buttons, tuple(reversed(links.values())), tuple(shown[place] for place in spoken), tuple(spoken)
    )  # fmt: skip


def _is_on_page(button: Mapping[str, Any]) -> bool:
    """Whether the page of the message's own ticket can do what a button does; one of a list is about another ticket."""
    return button["action"].partition(".")[0] in ON_PAGE and not button["facts"].get("ticket")


def _within(buttons: Sequence[Button], limits: Limits) -> tuple[Button, ...]:
    """As many as the platform shows: taps first, because a link can also be said in words."""
    if len(buttons) <= limits.buttons:
        return tuple(buttons)
    first = sorted(buttons, key=lambda one: bool(one.url))[: limits.buttons]
    return tuple(one for one in buttons if one in first)


def written(prose: str, url: str, arranged: Arranged, locale: str, room: int, limits: Limits) -> str:
    """The words with what stands below them: numbers and addresses, which are never cut off.

    `url`: an address in the words themselves; where they are cut before it, it stands below them.
    """
    whole = fitted(prose, _tail(arranged, locale, room, limits), room, limits.unit)
    if not url or url not in prose or url in whole:
        return whole
    kept = replace(arranged, links=(*arranged.links, Button("", url=url)))
    return fitted(prose, _tail(kept, locale, room, limits), room, limits.unit)


def _tail(arranged: Arranged, locale: str, room: int, limits: Limits) -> str:
    """What must be there, with labels cut where all of it would not fit; the last choices go where nothing helps."""
    links = [_link(one, locale) for one in arranged.links]
    choices = list(arranged.choices)
    for width in (limits.label, *WIDTHS):
        labels = [shorten(one.label, width, "characters") for one in choices]
        tail = "\n".join(filter(None, [_choices(labels, locale), *links]))
        if size(tail, limits.unit) <= room:
            return tail
    while labels and size(tail, limits.unit) > room:
        labels.pop()
        tail = "\n".join(filter(None, [_choices(labels, locale), *links]))
    return tail


def _link(one: Button, locale: str) -> str:
    return i18n.translate("numbers.link", locale, label=one.label, url=one.url) if one.label else one.url


def _choices(labels: Sequence[str], locale: str) -> str:
    """Few short ones in a line, else each in its own."""
    numbered = [_numbered(number, label) for number, label in enumerate(labels, 1)]
    beside = " / ".join(numbered)
    if not numbered:
        return ""
    if len(numbered) <= BESIDE and len(beside) <= LINE:
        return i18n.translate("numbers.reply", locale, choices=beside)
    return i18n.translate("numbers.reply_list", locale, choices="\n".join(numbered))


def _numbered(number: int, label: str) -> str:
    """A choice behind its number, which is not said twice where the choice begins with it: "5 ★", "1. WX-1"."""
    return label if label.startswith((f"{number} ", f"{number}.")) else f"{number} {label}"
