"""Set it up: sites, teams, people, categories, duty; passwords, tokens and links."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from api.commands import group, root, writing
from core import access, calendars, categories, clock, credentials, people, phones, places
from core.database import Session
from core.errors import Conflict, Invalid, Missing
from core.settings import load_settings
from core.upkeep import sites, teams

site = group("site", "Sites.")
team = group("team", "Teams of a site.")
person = group("person", "People and their roles.")
token = group("token", "Bearer tokens for machines.")
category = group("category", "Categories of work at a site.")
term = group("term", "Words of a site's lexicon.")
duty = group("duty", "Who is on call.")
home = group("home", "Units that residents may report for.")


class AddedAlready(Conflict):
    """{name} is at this site already: {people}. If this is somebody else, give their telephone number with --phone."""


class SkillsNeedTeam(Invalid):
    """Skills belong to a team: name it with --team, or leave --skills out."""


SiteName = Annotated[str, typer.Option("--site", help="Name of the site.")]
PersonName = Annotated[str, typer.Argument(help="Name or id of the person.")]


@site.command("add")
def add_site(
    name: str,
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "Asia/Shanghai",
    locale: Annotated[str, typer.Option(help="zh_CN or en.")] = "zh_CN",
    phone: Annotated[str, typer.Option(help="The number that answers for 24 hours.")] = "",
) -> None:
    """Add a site."""
    with writing() as session:
        added = sites.add(session, name, timezone=timezone, locale=locale, phone=phone)
        typer.echo(f"{added.name}: tickets are numbered {added.prefix}-…")


@team.command("add")
def add_team(
    name: str, site: SiteName, phone: Annotated[str, typer.Option()] = "",
    contractor: Annotated[bool, typer.Option("--contractor")] = False,
) -> None:  # fmt: skip
    """Add a team to a site."""
    with writing() as session:
        found = places.site_named(session, site)
        values = {"name": name.strip(), "phone": phone, "is_contractor": contractor}
        teams.add(session, found.id, values, None, clock.now())
    typer.echo(name)


@person.command("add")
def add_person(
    name: str, role: Annotated[str, typer.Option(help="resident, technician, supervisor, manager or admin.")],
    site: SiteName, team: Annotated[str, typer.Option(help="Name of a team.")] = "",
    skills: Annotated[str, typer.Option(help="Categories, separated by commas.")] = "",
    locale: Annotated[str, typer.Option()] = "zh_CN", phone: Annotated[str, typer.Option()] = "",
) -> None:  # fmt: skip
    """Add a person with a role at a site."""
    if skills and not team:
        raise SkillsNeedTeam
    with writing() as session:
        found = places.site_named(session, site)
        _refuse_twice(session, found.id, name, phone)
        added = people.add_person(session, name, locale=locale, phone=phone)
        people.grant(session, added.id, role, found.id)
        if team:
            known = [skill.strip() for skill in skills.split(",") if skill.strip()]
            people.join_team(session, people.team_named(session, found.id, team).id, added.id, known)
        typer.echo(str(added.id))


def _refuse_twice(session: Session, site_id: UUID, name: str, phone: str) -> None:
    """Nobody is added twice by mistake: two people of one name need two telephone numbers."""
    if not name.strip():
        raise Missing(field="field.name")
    found = people.namesakes(session, site_id, name)
    if found and (not phone or any(phones.same(one.phone, phone) for one in found)):
        raise AddedAlready(name=name, people=people.told_apart(session, found))


@home.command("add")
def add_home(person: PersonName, place: str, site: SiteName) -> None:
    """Let a resident report for a unit, given by its path; a unit that is not there yet is added."""
    if not place.strip("/ "):
        raise Missing(field="field.place")
    with writing() as session:
        unit = places.ensure_path(session, places.site_named(session, site).id, place, kind="unit", is_common=False)
        claimed = people.claim_home(session, people.person_named(session, person).id, unit.id)
        if claimed.state == "claimed":
            people.decide_home(session, claimed.id, approve=True, by=None)
    typer.echo(place)


@root.command("password")
def set_password(person: PersonName) -> None:
    """Set a person's password; it is asked for twice and shown nowhere."""
    secret = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    with writing() as session:
        credentials.set_password(session, people.person_named(session, person).id, secret, None, clock.now())


@token.command("create")
def create_token(person: PersonName) -> None:
    """Print a new bearer token, once."""
    with writing() as session:
        typer.echo(_issue(session, "bearer", person, None))


@root.command("sign-in-link")
def sign_in_link(person: PersonName) -> None:
    """Print a one-time link that signs a person in."""
    with writing() as session:
        secret = _issue(session, "sign_in", person, access.LINK_LIFE)
    typer.echo(f"{load_settings().public_url}/sign-in/{secret}")


@root.command("link-code")
def link_code(
    person: PersonName,
    scan: Annotated[str, typer.Option(help="Also as a QR code for the app of this channel, such as wechat.")] = "",
) -> None:
    """Print a one-time code that joins a chat to a person: typed as `/link CODE`, or scanned."""
    with writing() as session:
        secret = _issue(session, "link", person, access.LINK_LIFE)
    typer.echo(secret)
    if scan:
        from api.scannable import scannable  # noqa: PLC0415 - the libraries of all platforms, for this alone

        typer.echo(scannable(scan, secret, access.LINK_LIFE))


def _issue(session: Session, kind: str, person: str, life: timedelta | None) -> str:
    return credentials.issue(session, kind, people.person_named(session, person).id, None, clock.now(), life=life)


@category.command("add")
def add_category(
    key: str, site: SiteName, zh: Annotated[str, typer.Option(help="Chinese name.")] = "",
    en: Annotated[str, typer.Option(help="English name.")] = "", priority: Annotated[str, typer.Option()] = "normal",
    mode: Annotated[str, typer.Option(help="assign, claim or by_hand.")] = "assign",
    team: Annotated[str, typer.Option()] = "",
) -> None:  # fmt: skip
    """Add a category of work, or change one."""
    with writing() as session:
        site_id = places.site_named(session, site).id
        team_id = people.team_named(session, site_id, team).id if team else None
        categories.set_category(
            session, site_id, key, name_zh=zh, name_en=en, priority=priority, mode=mode, team_id=team_id
        )


@term.command("add")
def add_term(
    phrase: str, category: Annotated[str, typer.Option()], site: SiteName,
    emergency: Annotated[str, typer.Option(help="Kind of emergency that the words raise.")] = "",
) -> None:  # fmt: skip
    """Teach a site's lexicon a word or phrase."""
    with writing() as session:
        categories.add_term(session, places.site_named(session, site).id, phrase, category, emergency=emergency)


@duty.command("add")
def add_duty(
    person: PersonName, site: SiteName,
    start: Annotated[datetime, typer.Option("--from", help="Begin, in the site's local time.")],
    end: Annotated[datetime, typer.Option("--until", help="End, in the site's local time.")],
    team: Annotated[str, typer.Option(help="On call for the work of this team alone.")] = "",
) -> None:  # fmt: skip
    """Put a person on call."""
    with writing() as session:
        found = places.site_named(session, site)
        span = [calendars.instant(moment.date(), moment.time(), found.timezone) for moment in (start, end)]
        if span[0] >= span[1]:
            raise Invalid(field="field.until")
        team_id = people.team_named(session, found.id, team).id if team else None
        calendars.put_on_call(session, found.id, people.person_named(session, person).id, span[0], span[1], team_id)
