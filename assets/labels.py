"""Sheets of labels to print, cut and stick: the code to scan, the code to type, what it is, where, whom to call.

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

from assets import codes, register
from assets.models import Code
from assets.printing import PER_SHEET, Label, Page, Words, new_canvas
from core import i18n
from core.errors import Invalid
from core.people import Team
from core.places import Place, Site

__all__ = ["Label", "NoLabels", "PrivateAddress", "check_address", "of_site", "sheet"]

LOCAL_NAMES = (".localhost", ".local", ".internal")
PAGE_OF_ASSETS = 1000


class PrivateAddress(Invalid):
    """The address {address} opens on nobody else's phone, and labels hang for years.

    Please set PUBLIC_URL to a public address with https:// first, or print test labels.
    """


class NoLabels(Invalid):
    """There is nothing to print a label for."""


def of_site(session: Session, site_id: UUID) -> list[Label]:
    """The labels of a site's assets in use and of its places that have a code, in the order of a walk through it."""
    phone = _phone(session, site_id)
    labels = [Label(asset.code, asset.name, asset.place, phone) for asset in _assets(session, site_id)]
    labels += [Label(code, name, path, phone) for code, name, path in _places(session, site_id)]
    return sorted(labels, key=lambda label: (label.place, label.name, label.code))


def sheet(
    labels: Iterable[Label], out: BinaryIO, *, public_url: str, title: str = "", locale: str = i18n.DEFAULT_LOCALE,
    is_test: bool = False,
) -> int:  # fmt: skip
    """Write a PDF with the labels on A4 pages; returns how many pages.

    Raises PrivateAddress unless `is_test`, with which every label says that it is a test; NoLabels;
    AddressTooLong where the codes would be too fine to be read.
    """
    if not is_test:
        check_address(public_url)
    canvas, number = new_canvas(out, title), 0
    words = _words(locale, is_test=is_test)
    for number, group in _by_sheet(labels):
        page = Page(canvas, f"{title}  {number}".strip(), words)
        for place, label in group:
            page.draw(place, label, codes.payload(label.code, public_url))
        canvas.showPage()
    if not number:
        raise NoLabels
    canvas.save()
    return number


def check_address(public_url: str) -> None:
    """Refuse an address that is not https or leads to the reader's own machine."""
    parts = urlsplit(public_url)
    if parts.scheme != "https" or _is_local(parts.hostname or ""):
        raise PrivateAddress(address=public_url)


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or f".{host}".endswith(LOCAL_NAMES)
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _by_sheet(labels: Iterable[Label]) -> Iterator[tuple[int, Iterator[tuple[int, Label]]]]:
    """The labels of each sheet, numbered from 1, with the place of each on its sheet."""
    for number, group in groupby(enumerate(labels), key=lambda numbered: numbered[0] // PER_SHEET):
        yield number + 1, ((index % PER_SHEET, label) for index, label in group)


def _words(locale: str, *, is_test: bool) -> Words:
    test = i18n.translate("label.test", locale) if is_test else ""
    return Words(i18n.translate("label.scan", locale), test, i18n.catalog(locale)["label.phone"])


def _assets(session: Session, site_id: UUID) -> Iterator[register.AssetFacts]:
    page = register.assets_of(session, site_id, limit=PAGE_OF_ASSETS)
    while page:
        yield from page
        page = register.assets_of(session, site_id, after=page[-1].id, limit=PAGE_OF_ASSETS)


def _places(session: Session, site_id: UUID) -> Iterator[tuple[str, str, str]]:
    query = select(Code.code, Place.name, Place.path).join(Place, Place.id == Code.place_id)
    yield from session.execute(query.where(Place.site_id == site_id, Code.retired_at.is_(None)))


def _phone(session: Session, site_id: UUID) -> str:
    """The site's number, else that of its own crew."""
    crews = select(Team.phone).where(Team.site_id == site_id, ~Team.is_contractor, Team.phone != "")
    site = session.get(Site, site_id)
    return (site.phone if site else "") or session.scalar(crews.order_by(Team.name).limit(1)) or ""
