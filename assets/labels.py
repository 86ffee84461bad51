"""Labels to print, cut and stick: the code to scan, the code to type, what it is, where, whom to call.

A label hangs on a wall for years. So one with an address that a stranger's phone cannot open is not printed, except
as a test that says so on itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets import codes, formats
from assets.choosing import Wanted, things
from assets.formats import Format
from assets.printing import Label, Page, Words, frame_of, modules, new_canvas
from core import i18n
from core.errors import Invalid
from core.people import Team
from core.places import Site

__all__ = ["Label", "NoLabels", "PrivateAddress", "check", "is_public", "of_site", "phone_of", "sheet"]

LOCAL_NAMES = (".localhost", ".local", ".internal")


class PrivateAddress(Invalid):
    """The address {address} opens on nobody else's phone, and labels hang for years.

    Please set PUBLIC_URL to a public address with https:// first, or print test labels.
    """


class NoLabels(Invalid):
    """There is nothing to print a label for."""


def of_site(session: Session, site_id: UUID) -> list[Label]:
    """The labels of a site's assets in use and of its places that have a code, in the order of a walk through it."""
    phone = phone_of(session, site_id)
    return [
        Label(thing.code, thing.name, thing.place, phone)
        for thing in things(session, site_id, Wanted(kinds=("assets", "shared", "homes")))
        if thing.code
    ]


def sheet(
    labels: Iterable[Label], out: BinaryIO, *, public_url: str, title: str = "", locale: str = i18n.DEFAULT_LOCALE,
    is_test: bool = False, form: Format = formats.FORMATS[formats.DEFAULT],
) -> int:  # fmt: skip
    """Write a PDF with the labels on its pages; returns how many pages.

    Raises PrivateAddress unless `is_test`, with which every label says that it is a test; NoLabels;
    AddressTooLong where the codes would be too fine to be read.
    """
    if not is_test:
        _check_address(public_url)
    canvas, number = new_canvas(out, title, form), 0
    words = _words(locale, is_test=is_test)
    for number, group in _by_page(labels, form.per_page):
        page = Page(canvas, f"{title}  {number}".strip(), words, form)
        for place, label in group:
            page.draw(place, label, codes.payload(label.code, public_url))
        canvas.showPage()
    if not number:
        raise NoLabels
    canvas.save()
    return number


def check(labels: list[Label], public_url: str, form: Format, *, is_test: bool) -> None:
    """Refuse what could not be printed or read, before anything is. Errors: as of `sheet`."""
    if not labels:
        raise NoLabels
    if not is_test:
        _check_address(public_url)
    longest = max(labels, key=lambda label: len(label.code))
    modules(codes.payload(longest.code, public_url), frame_of(form).most_modules)


def phone_of(session: Session, site_id: UUID) -> str:
    """The site's number, else that of its own crew."""
    crews = select(Team.phone).where(Team.site_id == site_id, ~Team.is_contractor, Team.phone != "")
    site = session.get(Site, site_id)
    return (site.phone if site else "") or session.scalar(crews.order_by(Team.name).limit(1)) or ""


def is_public(public_url: str) -> bool:
    """Whether an address is https and leads to more than the reader's own machine."""
    parts = urlsplit(public_url)
    return parts.scheme == "https" and not _is_local(parts.hostname or "")


def _check_address(public_url: str) -> None:
    if not is_public(public_url):
        raise PrivateAddress(address=public_url)


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or f".{host}".endswith(LOCAL_NAMES)
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _by_page(labels: Iterable[Label], most: int) -> Iterator[tuple[int, Iterator[tuple[int, Label]]]]:
    """The labels of each page, numbered from 1, with the place of each on its page."""
    for number, group in groupby(enumerate(labels), key=lambda numbered: numbered[0] // most):
        yield number + 1, ((index % most, label) for index, label in group)


def _words(locale: str, *, is_test: bool) -> Words:
    test = i18n.translate("label.test", locale) if is_test else ""
    return Words(i18n.translate("label.scan", locale), test, i18n.catalog(locale)["label.phone"])
