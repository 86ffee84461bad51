"""The open ticket beside the board: its story, who was told what, and everything that a supervisor may do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.pages import _rounds, _tickets, _timeline
from api.pages._rounds import Round
from api.pages._tickets import Head
from api.pages._timeline import Line
from api.pages.desk import _messages
from api.pages.desk._filter import Filter
from api.pages.desk._frame import SEES, At
from api.pages.desk._messages import Told
from core import categories, clock, i18n, people, places
from core.database import Session
from core.errors import GongdanError, NotFound
from core.i18n import translate
from core.people import Person
from core.places import SiteFacts
from core.tickets import dispatching, evidence, queries, states
from core.tickets.models import Ticket

# What each action asks for; an action without fields is one button.
FORMS: dict[str, tuple[str, ...]] = {
    "assign": ("assignee",),
    "offer_team": ("team",),
    "resume": (),
    "agree": (),
    "hold": ("reason",),
    "release": ("reason",),
    "recategorise": ("category",),
    "reprioritise": ("priority",),
    "waive": ("evidence", "reason"),
    "reopen": ("reason",),
    "cancel": ("reason",),
}
HOLD_REASONS = ("waiting_parts", "resident_absent", "access")


@dataclass(frozen=True, slots=True)
class Drawer:
    """`may`: the actions that are open to the viewer now. `options`: what their fields offer, by field.

    `entered`: what was typed when something was refused, and why; `action` is the one that was refused.
    """

    head: Head
    state: str
    text: str
    facts: list[tuple[str, str]]
    lines: list[Line]
    told: list[Told]
    may: list[str]
    options: dict[str, list[tuple[str, str]]]
    canned: list[tuple[str, str]]
    merge_href: str
    query: str
    site: str
    key: str
    entered: Mapping[str, str] = field(default_factory=dict)
    action: str = ""
    error: str = ""
    round: Round | None = None
    has_resident: bool = True


def drawer(
    session: Session, here: At, number: str, chosen: Filter, entered: Mapping[str, str] | None = None,
    refused: tuple[str, GongdanError] | None = None,
) -> Drawer:  # fmt: skip
    """Errors: NotFound for a ticket of a site where the viewer is not at the desk."""
    ticket = visible(session, here, number)
    site, now = places.site_of(session, ticket.site_id), clock.now()
    may = _may(session, here, ticket)
    merge_href = f"/desk/tickets/{ticket.number}/merge" if "merge" in may else ""
    return Drawer(
        _tickets.head(session, ticket, here.locale, now), ticket.state, "" if ticket.stops else ticket.text,
        _facts(session, here, ticket, site), _timeline.lines(session, ticket, here.viewer, here.locale),
        _messages.of_ticket(session, here, ticket, site), may, _options(session, here, ticket, site, may),
        _canned(site, ticket, here.locale), merge_href, chosen.link("").removeprefix("?"), site.prefix,
        clock.secret(), entered or {}, refused[0] if refused else "",
        i18n.explain(refused[1], here.locale) if refused else "", _rounds.of(session, ticket, here.locale),
        has_resident=ticket.kind != "inspection",
    )  # fmt: skip


def visible(session: Session, here: At, number: str, *, lock: bool = False) -> Ticket:
    ticket = queries.by_number(session, number, lock=lock)
    if not here.viewer.holds(ticket.site_id, *SEES):
        raise NotFound(what="word.ticket")
    return ticket


def _may(session: Session, here: At, ticket: Ticket) -> list[str]:
    parts = queries.parts_of(session, ticket, here.viewer) & {"supervisor"}
    return states.allowed(ticket.kind, ticket.state, parts)


def _facts(session: Session, here: At, ticket: Ticket, site: SiteFacts) -> list[tuple[str, str]]:
    """What is known of it, with the telephone of whoever waits for it: the desk may have to call."""

    def when(moment: Any) -> str:
        return i18n.local_time(moment, site.timezone, here.locale, clock.now()) if moment else ""

    waits = [_reachable(session.get_one(Person, who)) for who in queries.concerned(session, ticket)[:5]]
    found = [
        ("priority", translate(f"priority.{ticket.priority}", here.locale)), ("opened", when(ticket.opened_at)),
        ("promised", when(ticket.promised_at)), ("scheduled", when(ticket.scheduled_from)),
        ("reporter", i18n.listed(waits, here.locale) if waits else ticket.contact),
        ("via", translate("desk.via_phone", here.locale) if ticket.via == "phone" else ""),
    ]  # fmt: skip
    rows = [(translate(f"field.{name}", here.locale), value) for name, value in found if value]
    return [*rows, *_tickets.deadline_lines(session, ticket, here.locale, clock.now())]


def _reachable(person: Person) -> str:
    return f"{person.name} {person.phone}".strip()


def _options(
    session: Session, here: At, ticket: Ticket, site: SiteFacts, may: list[str]
) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen in the fields of the actions that are open."""
    say, locale = translate, here.locale
    if not may:
        return {}
    book = categories.handbook(session, site)
    kinds = sorted(((key, work.label(locale)) for key, work in book.works.items()), key=lambda kind: kind[1])
    policy = site.settings.get("evidence", {})
    missing = evidence.missing(queries.evidence_of(session, ticket), policy)
    return {
        "assignee": _ranking(session, ticket, locale) if "assign" in may else [],
        "team": [(str(team.id), team.name) for team in people.teams_of(session, site.id)],
        "category": kinds,
        "priority": [(name, say(f"priority.{name}", locale)) for name in states.PRIORITIES],
        "evidence": [(item, say(f"evidence.{item}", locale)) for item in missing],
        "hold": [(key, say(f"reason.{key}", locale)) for key in HOLD_REASONS],
    }


def _ranking(session: Session, ticket: Ticket, locale: str) -> list[tuple[str, str]]:
    """Who could do it, best first, each with the reasons for the place in the list."""
    ranked = []
    for found in dispatching.ranking(session, ticket, clock.now()):
        said = [f"{translate(f'rank.{key}', locale)} {points:+}" for key, points in found.reasons]
        ranked.append(
            (str(found.person_id), translate("desk.ranked", locale, name=found.name, reasons=i18n.listed(said, locale)))
        )
    return ranked


def _canned(site: SiteFacts, ticket: Ticket, locale: str) -> list[tuple[str, str]]:
    """The site's prepared answers, filled in: (what the choice says, the text)."""
    until = i18n.local_time(ticket.promised_at, site.timezone, locale, clock.now()) if ticket.promised_at else ""
    facts = {"number": ticket.number, "until": until, "name": ""}
    texts = [str(one.get(locale) or one.get("en") or "") for one in site.settings.get("canned", [])]
    filled = [_filled(text, facts) for text in texts if text]
    return [(text[:60], text) for text in filled]


def _filled(text: str, facts: Mapping[str, str]) -> str:
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text
