"""Builds the demo's compound through the same verbs that an administrator uses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from assets import register
from core import calendars, people, places
from core.database import Session
from core.people import Person
from core.places import Place, Site
from core.upkeep import calendar, deadlines

DATA = tomllib.loads((Path(__file__).parent / "compound.toml").read_text(encoding="utf-8"))
LANGUAGES = ("zh_CN", "en")
ENTRANCES = 2
FLOORS = 6
FLATS = 2
SCANNED = tuple(DATA["scanned"])


@dataclass(slots=True)
class Compound:
    """What was built: places by key, assets' codes by their type's Chinese name, people by role, homes by resident."""

    site: Site
    locale: str
    where: dict[str, Place] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    people: dict[str, list[Person]] = field(default_factory=dict)
    homes: dict[UUID, UUID] = field(default_factory=dict)

    def say(self, texts: list[str], **facts: Any) -> str:
        return texts[LANGUAGES.index(self.locale)].format_map(facts)


def build(session: Session, locale: str, now: datetime) -> Compound:
    """Site, places, assets with their codes, people of every role, and how long work may take."""
    name = DATA["name"][LANGUAGES.index(locale)]
    site = places.add_site(session, name, locale=locale, phone=DATA["phone"])
    calendar.begin(site)
    site.settings = {**site.settings, "survey_days": 0}  # the loop is played more than once a week here
    compound = Compound(site, locale)
    _add_places(session, compound)
    _add_assets(session, compound, now)
    _add_people(session, compound, now)
    admin = compound.people["admin"][0].id
    for rule in DATA["deadlines"]:
        deadlines.save(session, site.id, "", rule, admin, now)
    return compound


def _add_places(session: Session, compound: Compound) -> None:
    words = DATA["words"]
    for number, building in enumerate(DATA["buildings"]):
        name = compound.say(building["name"])
        for spot in ("lobby", "basement", "roof"):
            _put(session, compound, f"{spot}-{number}", [name, compound.say(words[spot])])
        for entrance in range(1, ENTRANCES + 1):
            _add_entrance(session, compound, number, entrance, [name, compound.say(words["entrance"], n=entrance)])
    for spot in ("garage", "garden", "gate"):
        _put(session, compound, spot, [compound.say(words[spot])])


def _add_entrance(session: Session, compound: Compound, building: int, entrance: int, path: list[str]) -> None:
    words = DATA["words"]
    _put(session, compound, f"entrance-{building}-{entrance}", path)
    for floor in range(1, FLOORS + 1):
        here = [*path, compound.say(words["floor"], n=floor)]
        for flat in range(1, FLATS + 1):
            name = compound.say(words["flat"], n=f"{floor}0{flat}")
            key = f"flat-{building}-{entrance}-{floor}-{flat}"
            _put(session, compound, key, [*here, name], kind="unit", is_common=False)


def _put(
    session: Session, compound: Compound, key: str, path: list[str], *, kind: str = "area", is_common: bool = True
) -> None:
    compound.where[key] = places.ensure_path(session, compound.site.id, "/".join(path), kind=kind, is_common=is_common)


def _add_assets(session: Session, compound: Compound, now: datetime) -> None:
    for item in DATA["shared"]:
        _add_asset(session, compound, item, compound.where[item["where"]], {}, now)
    for number, building in enumerate(DATA["buildings"]):
        facts = {"building": compound.say(building["name"])}
        for item in DATA["per_building"]:
            if item["where"] != "entrance":
                _add_asset(session, compound, item, compound.where[f"{item['where']}-{number}"], facts, now)
                continue
            for entrance in range(1, ENTRANCES + 1):
                here = compound.where[f"entrance-{number}-{entrance}"]
                _add_asset(session, compound, item, here, facts | {"entrance": here.name}, now)


def _add_asset(
    session: Session, compound: Compound, item: dict[str, Any], place: Place, facts: dict[str, str], now: datetime
) -> None:
    kind = compound.say(item["type"])
    register.add_type(session, compound.site.id, kind, category=item["category"])
    asset = register.add_asset(session, compound.site.id, place.id, compound.say(item["name"], **facts), kind, now=now)
    compound.codes.setdefault(item["type"][0], []).append(asset.code)


def _add_people(session: Session, compound: Compound, now: datetime) -> None:
    team = people.add_team(session, compound.say(["维修班", "Repair crew"]), compound.site.id, phone=DATA["phone"])
    for item in DATA["people"]:
        name = compound.say(item["name"])
        person = people.add_person(session, name, locale=compound.locale, phone=item["phone"])
        person.informed_at = now
        people.grant(session, person.id, item["role"], compound.site.id)
        compound.people.setdefault(item["role"], []).append(person)
        if item["role"] == "technician":
            people.join_team(session, team.id, person.id, item["skills"])
        if "flat" in item:
            _move_in(session, compound, person, "flat-{}-{}-{}-{}".format(*item["flat"]))
    first = compound.people["technician"][0]
    calendars.put_on_call(session, compound.site.id, first.id, now, now + timedelta(days=3650))


def _move_in(session: Session, compound: Compound, person: Person, flat: str) -> None:
    home = people.claim_home(session, person.id, compound.where[flat].id)
    people.decide_home(session, home.id, approve=True, by=None)
    compound.homes[person.id] = compound.where[flat].id
