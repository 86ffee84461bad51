"""The chats of a person at the desk: since when, and whether messages still arrive there."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from api.pages.desk._frame import At
from api.pages.desk._messages import channel_name
from core.database import Session
from core.i18n import full_time, translate
from core.people import Identity
from core.upkeep import residents


@dataclass(frozen=True, slots=True)
class Contact:
    """A chat of somebody, and whether it still reaches them. `end`: the address that parts it from them.

    `help`: what to do about one that no message reaches any more.
    """

    channel: str
    since: str
    is_blocked: bool
    is_ended: bool
    end: str
    help: str = ""


def of_person(session: Session, here: At, person_id: UUID, *, may_end: bool) -> list[Contact]:
    """Every chat, the one used last in front."""
    return [_contact(here, one, may_end=may_end) for one in residents.identities(session, person_id)]


def _contact(here: At, one: Identity, *, may_end: bool) -> Contact:
    is_blocked = one.blocked_at is not None
    channel = channel_name(one.channel, here.locale)
    help_ = translate("desk_messages.blocked_help", here.locale, channel=channel) if is_blocked else ""
    end = here.link(f"/desk/residents/{one.person_id}/contacts/{one.id}/end") if may_end else ""
    since = full_time(one.verified_at, here.site.timezone, here.locale)
    return Contact(channel, since, is_blocked, one.revoked_at is not None, end, help_)
