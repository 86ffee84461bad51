"""Stickers on things: a blank one is claimed where it is stuck, a torn one is replaced. Old codes lead on, marked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assets import codes, register
from assets.models import Asset, Code
from core import decisions, trace
from core.errors import Conflict, NotFound
from core.places import Place


class ClaimedAlready(Conflict):
    """This label is in use already: {name}."""


def blank(session: Session, code: str) -> Code | None:
    """The registered code of a label that waits to be claimed; None where it leads somewhere or is unknown."""
    try:
        found = codes.resolve(session, codes.canonical(code))
    except (codes.WrongCheckDigit, codes.NotACode, NotFound):
        return None
    return found if found.is_blank else None


def claim_for_asset(session: Session, code: str, asset_id: UUID, now: datetime, actor: str) -> Asset:
    """Stick a blank label on an asset; the one before goes on leading to it. Errors: ClaimedAlready, NotFound."""
    found = _claimable(session, code)
    asset = session.get(Asset, asset_id)
    if asset is None or asset.site_id != found.site_id or asset.retired_at is not None:
        raise NotFound(what="word.asset")
    _take(session, found, now, asset_id=asset_id)
    session.execute(update(Code).where(Code.code == asset.code).values(retired_at=now))
    return register.set_code(session, asset, found.code, now=now, actor=actor)


def claim_for_place(session: Session, code: str, place_id: UUID, now: datetime, actor: str) -> Place:
    """Stick a blank label on a place. Errors: ClaimedAlready, NotFound."""
    found = _claimable(session, code)
    place = session.get(Place, place_id)
    if place is None or place.site_id != found.site_id or not place.path:
        raise NotFound(what="word.place")
    in_use = (Code.place_id == place_id, Code.retired_at.is_(None))
    session.execute(update(Code).where(*in_use).values(retired_at=now))
    _take(session, found, now, place_id=place_id)
    entry = trace.Entry("code_claimed", {"code": found.code, "place_id": str(place_id)}, actor)
    decisions.append(session, place.site_id, f"site:{place.site_id}", [entry], now)
    return place


def is_replaced(session: Session, code: str) -> bool:
    """Whether a sticker was replaced by a newer one; it leads to the right page all the same."""
    found = session.get(Code, code)
    return found is not None and found.retired_at is not None


def old_codes(session: Session, asset_id: UUID) -> list[Code]:
    """The stickers that an asset had before."""
    query = select(Code).where(Code.asset_id == asset_id, Code.retired_at.is_not(None))
    return list(session.scalars(query.order_by(Code.retired_at.desc())))


def _claimable(session: Session, code: str) -> Code:
    found = codes.resolve(session, codes.canonical(code))
    if not found.is_blank:
        raise ClaimedAlready(name=register.subject_of(session, found.code).name or codes.printed(found.code))
    return found


def _take(session: Session, found: Code, now: datetime, **leads_to: UUID) -> None:
    """Of two who claim the same label at once, the second is told."""
    free = (Code.code == found.code, Code.asset_id.is_(None), Code.place_id.is_(None))
    taken = session.execute(update(Code).where(*free).values(**leads_to, minted_at=now))
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise ClaimedAlready(name=codes.printed(found.code))
