"""What a request names — a site, a place, an asset — found for somebody who may know it.

Everything that is not the caller's business reads like something that does not exist.
"""

from __future__ import annotations

from uuid import UUID

from assets import codes, register
from assets.register import AssetFacts
from core import categories, people, places
from core.access import Viewer
from core.database import Session
from core.errors import Invalid, Missing, NotFound
from core.places import Place
from core.tickets.models import Subject
from core.tickets.queries import STAFF


def site_of(session: Session, viewer: Viewer, wanted: str, *roles: str) -> UUID:
    """The site that is meant, by name or id, else the only one where the caller holds one of the roles."""
    sites = viewer.sites(*roles)
    if not wanted:
        if len(sites) != 1:
            raise Missing(field="field.site")
        return sites[0]
    names = places.names_of(session, sites)
    found = next((site_id for site_id, name in names.items() if wanted in (name, str(site_id))), None)
    if found is None:
        raise NotFound(what="word.site")
    return found


def place_in(session: Session, site_id: UUID, wanted: str) -> Place:
    """The place at a path or of an id, at that site and no other."""
    place_id = as_id(wanted)
    if place_id is None:
        return places.place_at(session, site_id, wanted)
    place = places.place_of(session, place_id)
    if place is None or place.site_id != site_id:
        raise NotFound(what="word.place")
    return place


def asset_for(session: Session, viewer: Viewer, code: str) -> AssetFacts:
    """The asset behind a code, for somebody who belongs to its site."""
    found = register.asset_by_code(session, codes.canonical(code))
    if not viewer.roles.get(found.site_id):
        raise NotFound(what="word.code")
    return found


def subject_for(session: Session, viewer: Viewer, *, place: str, asset: str, site: str) -> Subject:
    """What a report is about. A resident may name common places, assets and their own homes."""
    if asset:
        return _asset_subject(session, viewer, place, asset, site)
    place_id = as_id(place)
    if place_id is not None and not site:
        return _allowed(session, viewer, register.subject_of_place(session, place_id))
    site_id = site_of(session, viewer, site)
    if not place:
        return _allowed(session, viewer, register.subject_of_place(session, _usual_place(session, viewer, site_id)))
    if place_id is None:
        return _allowed(session, viewer, register.subject_at(session, site_id, place))
    return _allowed(session, viewer, register.subject_of_place(session, place_in(session, site_id, place).id))


def subject_of_code(session: Session, code: str, *others: str) -> Subject:
    """What a scanned code is on. It names everything, so that nothing else may be named. Errors: Invalid, NotFound."""
    if any(others):
        raise Invalid(field="field.code")
    return register.subject_of(session, codes.canonical(code))


def _asset_subject(session: Session, viewer: Viewer, place: str, asset: str, site: str) -> Subject:
    """An asset tells its place and site; where they are named too they must be the same."""
    facts = asset_for(session, viewer, asset)
    if site and site_of(session, viewer, site) != facts.site_id:
        raise Invalid(field="field.site")
    if place and place_in(session, facts.site_id, place).id != facts.place_id:
        raise Invalid(field="field.place")
    return register.subject_of(session, facts.code)


def _usual_place(session: Session, viewer: Viewer, site_id: UUID) -> UUID:
    """A resident's only home, else the site as a whole."""
    homes = people.homes_of(session, viewer.person_id)
    if not viewer.holds(site_id, *STAFF) and len(homes) == 1:
        return homes[0]
    return places.root_of(session, site_id).id


def _allowed(session: Session, viewer: Viewer, subject: Subject) -> Subject:
    if may_report_on(session, viewer, subject):
        return subject
    raise NotFound(what="word.place")


def may_report_on(session: Session, viewer: Viewer, subject: Subject) -> bool:
    """Staff on everything of their site, others on what is common there and on their own homes.

    A link to one ticket is good for that one alone.
    """
    if viewer.only is not None:
        return False
    is_staff = viewer.holds(subject.site_id, *STAFF)
    is_neighbour = subject.is_common and subject.site_id in viewer.roles
    return is_staff or is_neighbour or subject.place_id in people.homes_of(session, viewer.person_id)


def check_category(session: Session, site_id: UUID, key: str) -> None:
    """Refuse a category that the site does not have."""
    if key and key not in categories.handbook(session, places.site_of(session, site_id)).works:
        raise Invalid(field="field.category")


def check_team(session: Session, site_id: UUID, team_id: UUID) -> None:
    """Refuse a team of another site."""
    if team_id not in {team.id for team in people.teams_of(session, site_id)}:
        raise Invalid(field="field.team")


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
