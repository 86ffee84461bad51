"""A group gets the digest of a site: somebody of its desk asks for it where it is to come, and ends it there."""

from __future__ import annotations

from uuid import UUID

from bot.flows import flow
from bot.talk import Talk
from core import digests, places
from core.digests import Wish
from core.errors import Forbidden
from core.outbox import Choice, Tap

digest = flow("digest")

ROLES = ("supervisor", "admin")
AT = "08:00"


@digest.command("digest")
def ask(talk: Talk) -> None:
    """In a group: let it have the digest. Alone: say how that is done."""
    sites = talk.viewer.sites(*ROLES)
    if not sites:
        raise Forbidden
    if not talk.is_group:
        talk.say("digest_how", url=f"{talk.settings.public_url}/desk/digests")
    elif len(sites) == 1:
        _join(talk, sites[0])
    else:
        named = [places.site_of(talk.session, site) for site in sites]
        talk.say("digest_which", [Choice("digest.join", {"site": str(one.id)}, text=one.name) for one in named])


@digest.action("join")
def join(talk: Talk, tap: Tap) -> None:
    _join(talk, UUID(tap.facts["site"]))


def _join(talk: Talk, site_id: UUID) -> None:
    """What a desk may do, and only in a group: alone a person gets their own."""
    if not (talk.is_group and talk.viewer.holds(site_id, *ROLES)):
        raise Forbidden
    site = places.site_of(talk.session, site_id)
    known = [one for one in digests.at_address(talk.session, talk.address) if one.site_id == site_id]
    if not known:
        wish = Wish("day", AT, address=talk.address, name=talk.incoming.group_name)
        known = [digests.subscribe(talk.session, site_id, wish, talk.person_id, talk.now)]
    url = f"{talk.settings.public_url}/desk/digests?site={site.prefix}"
    end = Choice("digest.end", {"site": str(site_id)})
    talk.say("digest_here", [end], site=str(site_id), site_name=site.name, time=known[0].at, url=url)


@digest.action("end")
def end(talk: Talk, tap: Tap) -> None:
    """End what this group gets of a site."""
    site_id = UUID(tap.facts["site"])
    if not talk.viewer.holds(site_id, *ROLES):
        raise Forbidden
    for one in digests.at_address(talk.session, talk.address):
        if one.site_id == site_id:
            digests.end(talk.session, site_id, one.id, talk.person_id, talk.now)
    talk.replace("digest_ended")
