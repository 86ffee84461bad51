"""Who may use which route. A route that stands here under no rule fails the build: whoever adds one decides it here.

A rule names the people of a ticket's own site who get further than "sign in" or "not yours"; that includes answers that
complain about what was sent. What they may do to a ticket in which state is the transition table's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import api.pages
import api.routes
from api.routing import routers_of

STRANGER, RESIDENT, NEIGHBOUR, TECHNICIAN = "stranger", "resident", "neighbour", "technician"
SUPERVISOR, MANAGER, ADMIN = "supervisor", "manager", "admin"
EVERYONE = (STRANGER, RESIDENT, NEIGHBOUR, TECHNICIAN, SUPERVISOR, MANAGER, ADMIN)
SIGNED_IN = EVERYONE[1:]
STAFF = (TECHNICIAN, SUPERVISOR, MANAGER, ADMIN)
DESK = (SUPERVISOR, MANAGER, ADMIN)
STEERS = (SUPERVISOR, ADMIN)
SETS_UP = (ADMIN,)
# The ticket of the tests was reported by the resident and is the technician's; the neighbour has no part in it.
OF_THE_TICKET = (RESIDENT, TECHNICIAN, SUPERVISOR, MANAGER, ADMIN)


@dataclass(frozen=True, slots=True)
class Rule:
    """`who` gets further. `is_public`: what a code or link shows to anybody, such as the name of a thing.

    `is_own`: it answers with what belongs to the caller, so that nobody can name anything of another site.
    """

    who: tuple[str, ...]
    is_public: bool = False
    is_own: bool = False


PUBLIC = Rule(EVERYONE, is_public=True)
OWN = Rule(SIGNED_IN, is_own=True)

RULES: dict[str, Rule] = {
    "GET /": PUBLIC,
    "GET /privacy": PUBLIC,
    "GET /{name}.txt": Rule(()),
    "POST /language": PUBLIC,
    "POST /demo/enter": Rule(()),
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": PUBLIC,
    "GET /hooks/{channel}": Rule(()),
    "POST /hooks/{channel}": Rule(()),
    "GET /hooks/{channel}/{part}": Rule(()),
    "POST /hooks/{channel}/{part}": Rule(()),
    # the ways in
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "GET /sign-in/{token}": Rule(()),
    "POST /sign-in/{token}": Rule(()),
    "POST /sign-in/telegram": Rule(()),
    "GET /sign-in/{channel}/back": Rule(()),
    "POST /sign-in/{channel}/back": Rule(()),
    "POST /sign-out": PUBLIC,
    "GET /w/{token}": Rule(()),
    "POST /w/{token}": Rule(()),
    # the web chat keeps its own key, which is no one's account
    "GET /chat": PUBLIC,
    "GET /chat/widget.js": PUBLIC,
    "POST /chat/sessions": PUBLIC,
    "PUT /chat/language": Rule(()),
    "POST /chat/messages": Rule(()),
    "POST /chat/files": Rule(()),
    "GET /chat/lines": Rule(()),
    "GET /chat/photos/{photo:path}": Rule(()),
    # behind a code
    "GET /q": PUBLIC,
    "GET /q/{code}": PUBLIC,
    "POST /q/{code}": PUBLIC,
    "POST /q/{code}/photos": PUBLIC,
    "POST /q/{code}/claim": Rule(SIGNED_IN, is_own=True),
    "GET /scan": PUBLIC,
    "GET /scan/proof": Rule(()),  # only in the browser of a platform that is set up
    "POST /scan": PUBLIC,
    "GET /work": Rule(STAFF, is_own=True),
    "GET /quiet": OWN,
    "POST /quiet": OWN,
    "GET /calendar/{secret}.ics": Rule(()),
    "GET /work/calendar": Rule(STAFF, is_own=True),
    "POST /work/calendar": Rule((TECHNICIAN,), is_own=True),
    "POST /work/calendar/end": Rule(STAFF, is_own=True),
    "GET /desk/feeds": Rule(STEERS),
    "POST /desk/feeds": Rule(STEERS),
    "POST /desk/feeds/{feed_id}/end": Rule(STEERS),
    "POST /work/code": Rule(STAFF, is_own=True),
    # a ticket's pages
    "GET /t/{number}": Rule(OF_THE_TICKET),
    "GET /t/{number}/do/{action}": Rule(OF_THE_TICKET),
    "POST /t/{number}/do/{action}": Rule(OF_THE_TICKET),
    "POST /t/{number}/photos": Rule(OF_THE_TICKET),
    "POST /t/{number}/words": Rule(OF_THE_TICKET),
    "POST /t/{number}/nudge": Rule((RESIDENT,)),
    "POST /t/{number}/parts": Rule((TECHNICIAN,)),
    "POST /t/{number}/checklist": Rule((TECHNICIAN,)),
    "POST /t/{number}/rating": Rule((RESIDENT,)),
    "GET /t/{number}/sign": Rule((TECHNICIAN,)),
    "POST /t/{number}/sign": Rule((TECHNICIAN,)),
    # a round: of its site's staff
    "GET /round/{number}": Rule(STAFF),
    "GET /round/{number}/{stop}": Rule(STAFF),
    "POST /round/{number}/{stop}": Rule((TECHNICIAN,)),
    "POST /round/{number}/{stop}/leave": Rule((TECHNICIAN,)),
    # the desk
    "GET /desk": Rule(DESK, is_own=True),
    "GET /desk/rows": Rule(DESK, is_own=True),
    "GET /desk/live": Rule(DESK, is_own=True),
    "GET /desk/column/{name}": Rule(()),
    "GET /desk/list/{name}": Rule(()),
    "POST /desk/tickets/{number}/do/{action}": Rule(DESK),
    "POST /desk/tickets/{number}/words": Rule(STEERS),
    "GET /desk/tickets/{number}/merge": Rule(DESK),
    "POST /desk/tickets/{number}/merge": Rule(DESK),
    "GET /desk/bulk": Rule(()),
    "POST /desk/bulk": Rule(()),
    "GET /desk/new": Rule(STEERS),
    "GET /desk/new/found": Rule(STEERS),
    "POST /desk/new": Rule(STEERS),
    "GET /desk/new/{number}/{person_id}": Rule(STEERS),
    "GET /desk/site": Rule(SETS_UP),
    "POST /desk/site": Rule(SETS_UP),
    "GET /desk/history": Rule(SETS_UP),
    "GET /desk/history/decisions": Rule(SETS_UP),
    "POST /desk/history/{change_id}/take-back": Rule(SETS_UP),
    "GET /desk/assets": Rule(STEERS),
    "POST /desk/assets": Rule(STEERS),
    "GET /desk/assets/new": Rule(STEERS),
    "POST /desk/assets/new": Rule(STEERS),
    "GET /desk/assets/{asset_id}": Rule(STEERS),
    "POST /desk/assets/{asset_id}": Rule(STEERS),
    "POST /desk/assets/{asset_id}/retire": Rule(STEERS),
    "POST /desk/assets/{asset_id}/reinstate": Rule(STEERS),
    "POST /desk/assets/{asset_id}/label": Rule(STEERS),
    "POST /desk/assets/{asset_id}/files": Rule(STEERS),
    "GET /desk/assets/{asset_id}/files/{file_id}": Rule(STEERS),
    "POST /desk/assets/{asset_id}/files/{file_id}/remove": Rule(STEERS),
    "GET /desk/places": Rule(STEERS),
    "POST /desk/places/{place_id}": Rule(STEERS),
    "POST /desk/places/{place_id}/add": Rule(STEERS),
    "POST /desk/places/{place_id}/many": Rule(STEERS),
    "POST /desk/places/{place_id}/label": Rule(STEERS),
    "GET /desk/labels": Rule(STEERS),
    "POST /desk/labels/print": Rule(STEERS),
    "POST /desk/labels/blank": Rule(STEERS),
    "GET /desk/labels/{run_id}": Rule(STEERS),
    "GET /desk/labels/{run_id}/sheet.pdf": Rule(STEERS),
    "GET /desk/categories": Rule(SETS_UP),
    "POST /desk/categories/words": Rule(SETS_UP),
    "POST /desk/categories/new": Rule(SETS_UP),
    "POST /desk/categories/{key}": Rule(SETS_UP),
    "GET /desk/policies": Rule(SETS_UP),
    "POST /desk/policies/promises": Rule(SETS_UP),
    "POST /desk/policies/evidence": Rule(SETS_UP),
    "POST /desk/policies/canned": Rule(SETS_UP),
    "GET /desk/import": Rule(SETS_UP),
    "POST /desk/import": Rule(SETS_UP),
    "GET /desk/import/{import_id}": Rule(SETS_UP),
    "POST /desk/import/{import_id}": Rule(SETS_UP),
    "POST /desk/import/{import_id}/run": Rule(SETS_UP),
    "GET /desk/import/{import_id}/mend.xlsx": Rule(SETS_UP),
    "GET /desk/export": Rule(SETS_UP),
    "GET /desk/export/{table}": Rule(SETS_UP, is_own=True),
    "POST /desk/policies/quiet": Rule(SETS_UP),
    "GET /desk/calendar": Rule(SETS_UP),
    "GET /desk/deadlines": Rule(SETS_UP),
    "POST /desk/deadlines/{key}": Rule(SETS_UP),
    "POST /desk/calendar/country": Rule(SETS_UP),
    "POST /desk/calendar/hours": Rule(SETS_UP),
    "POST /desk/calendar/days": Rule(SETS_UP),
    "POST /desk/policies/numbers": Rule(SETS_UP),
    "GET /desk/channels": Rule(SETS_UP),
    "POST /desk/channels/origins": Rule(SETS_UP),
    "POST /desk/channels/claims/{claim_id}": Rule(SETS_UP),
    "GET /setup": Rule(()),
    "POST /setup": Rule(()),
    "GET /desk/start": Rule(SETS_UP),
    "POST /desk/start/places": Rule(SETS_UP),
    "GET /desk/people": Rule(SETS_UP),
    "GET /desk/people/new": Rule(SETS_UP),
    "POST /desk/people/new": Rule(SETS_UP),
    "GET /desk/people/{person_id}": Rule(SETS_UP),
    "POST /desk/people/{person_id}": Rule(SETS_UP),
    "POST /desk/people/{person_id}/leave": Rule(SETS_UP),
    "POST /desk/people/{person_id}/link": Rule(SETS_UP),
    "GET /desk/invitations": Rule(STEERS),
    "POST /desk/invitations": Rule(STEERS),
    "GET /join/{secret}": Rule(()),
    "POST /join/{secret}": Rule(()),
    "GET /desk/digests": Rule(DESK),
    "POST /desk/digests": Rule(STEERS),
    "POST /desk/digests/{subscription_id}/end": Rule(STEERS),
    "POST /desk/digests/{subscription_id}/test": Rule(STEERS),
    "GET /desk/digests/{subscription_id}/chart.png": Rule(DESK),
    "GET /desk/digests/sent/{digest_id}": Rule(DESK),
    "GET /desk/plans": Rule(STEERS),
    "GET /desk/plans/new": Rule(STEERS),
    "GET /desk/plans/calendar": Rule(STEERS),
    "POST /desk/plans/new": Rule(STEERS),
    "GET /desk/plans/{plan_id}": Rule(STEERS),
    "POST /desk/plans/{plan_id}": Rule(STEERS),
    "POST /desk/plans/{plan_id}/pause": Rule(STEERS),
    "GET /desk/duty": Rule(STEERS),
    "POST /desk/duty": Rule(STEERS),
    "POST /desk/duty/{duty_id}/remove": Rule(STEERS),
    "GET /desk/teams": Rule(SETS_UP),
    "POST /desk/teams/new": Rule(SETS_UP),
    "POST /desk/teams/{team_id}": Rule(SETS_UP),
    "GET /desk/residents": Rule(STEERS),
    "GET /desk/residents/{person_id}": Rule(STEERS),
    "POST /desk/residents/claims/{home_id}": Rule(STEERS),
    "POST /desk/residents/homes/{home_id}/end": Rule(STEERS),
    "POST /desk/residents/{person_id}/contacts/{identity_id}/end": Rule(STEERS),
    # the JSON API
    "GET /api/v1/me": OWN,
    "PUT /api/v1/me/language": OWN,
    "GET /api/v1/assets": Rule(STAFF),
    "GET /api/v1/assets/{code}": Rule(SIGNED_IN),
    "POST /api/v1/assets": Rule(SETS_UP),
    "GET /api/v1/categories": Rule(SIGNED_IN),
    "POST /api/v1/categories": Rule(SETS_UP),
    "POST /api/v1/categories/{key}/terms": Rule(SETS_UP),
    "GET /api/v1/people": Rule(DESK),
    "GET /api/v1/plans": Rule(STEERS),
    "GET /api/v1/plans/{plan_id}": Rule(STEERS),
    "GET /api/v1/plans/{plan_id}/occurrences": Rule(STEERS),
    "GET /api/v1/places": Rule(SIGNED_IN),
    "GET /api/v1/teams": Rule(STAFF),
    "GET /api/v1/reports": Rule(DESK, is_own=True),
    "GET /api/v1/reports/{name}": Rule(DESK),
    # who has signed in in the mini program alone, which is off here
    "POST /auth/{channel}": Rule(()),
    "POST /api/v1/wxa/phone": Rule(()),
    "POST /api/v1/wxa/consents": Rule(()),
    "DELETE /api/v1/wxa/session": Rule(()),
    "GET /api/v1/codes/{code:path}": Rule(SIGNED_IN, is_public=True),
    "GET /api/v1/tickets": OWN,
    "POST /api/v1/tickets": Rule(SIGNED_IN, is_own=True),
    "GET /api/v1/tickets/{number}": Rule(OF_THE_TICKET),
    "GET /api/v1/tickets/{number}/events": Rule(OF_THE_TICKET),
    "GET /api/v1/tickets/{number}/sheet": Rule((TECHNICIAN, RESIDENT)),
    "POST /api/v1/tickets/{number}/photos": Rule(OF_THE_TICKET),
    "GET /api/v1/tickets/{number}/photos/{sha256}": Rule(OF_THE_TICKET),
    "GET /api/v1/tickets/{number}/voices/{sha256}": Rule(()),
    "POST /api/v1/tickets/{number}/actions/{action}": Rule(OF_THE_TICKET),
    "POST /api/v1/tickets/{number}/actions/join": Rule((*OF_THE_TICKET, NEIGHBOUR)),
}
ACTIONS = "POST /api/v1/tickets/{number}/actions/"


def rule_of(route: str) -> Rule | None:
    """The rule of a route; the actions of a ticket share one."""
    return RULES.get(route) or RULES.get(f"{ACTIONS}{{action}}" if route.startswith(ACTIONS) else "")


def routes() -> list[str]:
    """Every route that the application has, as `METHOD /path`."""
    found = [name for package in (api.routes, api.pages) for one in routers_of(package.__name__) for name in _of(one)]
    return sorted(set(found))


def _of(router: Any) -> Iterator[str]:
    for route in router.routes:
        if hasattr(route, "original_router"):  # FastAPI keeps an included router as it is
            yield from _of(route.original_router)
        else:
            yield from (f"{method} {route.path}" for method in sorted(route.methods - {"HEAD"}))
