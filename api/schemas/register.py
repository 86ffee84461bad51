"""Places, assets, people, teams and categories as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas import Given, Key, Name, Paged, Shown, example, given
from api.schemas.tickets import PersonRef, PlaceRef, Priority

SITE = "019a0000-0000-7000-8000-000000000002"
PLACE = {"id": "019a0000-0000-7000-8000-000000000010", "path": "A/1/Hall"}
TEAM = {"id": "019a0000-0000-7000-8000-000000000040", "name": "House crew"}
LIFT: dict[str, Any] = {
    "id": "019a0000-0000-7000-8000-000000000050", "code": "7KQ4M2XP95", "printed": "7KQ4-M2XP-95", "name": "Lift 1",
    "type": "Passenger lift", "category": "lift", "place": PLACE, "parent": None, "retired_at": None,
    "links": {"self": "/api/v1/assets/7KQ4M2XP95", "page": "/q/7KQ4M2XP95"},
}  # fmt: skip
Mode = Literal["assign", "claim", "by_hand"]


class OfSite(Given):
    site: Name = Field(default="", description="Name or id of a site; needed where the caller belongs to several.")


class PageOfSite(OfSite, Paged):
    q: Name = Field(default="", description="Words that all have to occur.")


class Asset(Shown):
    model_config = example(**LIFT)

    id: UUID
    code: str
    printed: str = Field(description="The code as its label shows it.")
    name: str
    type: str
    category: str
    place: PlaceRef
    parent: str | None = Field(description="The code of the asset that it is a part of.")
    retired_at: datetime | None
    links: dict[str, str]


class AssetPage(Shown):
    model_config = example(items=[LIFT], next=None)

    items: list[Asset]
    next: str | None


class AssetFilter(PageOfSite):
    place: UUID | None = None


class NewAsset(Given):
    """Without a code one is minted."""

    model_config = given(name="Lift 1", place="A/1/Hall", type="Passenger lift")

    name: Annotated[Name, Field(min_length=1)]
    place: Annotated[Name, Field(min_length=1, description="Path or id.")]
    type: Name = ""
    code: Name = ""
    parent: Name = Field(default="", description="The code of the asset that it is a part of.")
    site: Name = ""


class Place(Shown):
    id: UUID
    path: str
    name: str
    kind: str
    is_common: bool
    parent: UUID | None


class PlacePage(Shown):
    model_config = example(
        items=[{**PLACE, "name": "Hall", "kind": "area", "is_common": True, "parent": PLACE["id"]}], next=None
    )

    items: list[Place]
    next: str | None


class StaffMember(Shown):
    """`phone` is masked."""

    id: UUID
    name: str
    roles: list[str]
    phone: str


class StaffList(Shown):
    model_config = example(
        items=[{"id": "019a0000-0000-7000-8000-000000000020", "name": "Wang Wei", "roles": ["technician"],
                "phone": "138****8000"}],
        next=None,
    )  # fmt: skip

    items: list[StaffMember]
    next: str | None = None


class Member(PersonRef):
    skills: list[str]


class Team(Shown):
    id: UUID
    name: str
    is_contractor: bool
    members: list[Member]


class TeamList(Shown):
    model_config = example(
        items=[{**TEAM, "is_contractor": False, "members": [
            {"id": "019a0000-0000-7000-8000-000000000020", "name": "Wang Wei", "skills": ["water"]}]}],
        next=None,
    )  # fmt: skip

    items: list[Team]
    next: str | None = None


class Category(Shown):
    model_config = example(key="water", name="Water", priority="normal", mode="assign", team=None)

    key: str
    name: str
    priority: Priority
    mode: Mode
    team: UUID | None


class CategoryList(Shown):
    model_config = example(
        items=[{"key": "water", "name": "Water", "priority": "normal", "mode": "assign", "team": None}], next=None
    )

    items: list[Category]
    next: str | None = None


class NewCategory(Given):
    """A category of a site; one that is there is changed."""

    model_config = given(key="pool", name_zh="Youyongchi", name_en="Pool", priority="normal", mode="claim")

    key: Key
    name_zh: Name = ""
    name_en: Name = ""
    priority: Priority = "normal"
    mode: Mode = "assign"
    team: UUID | None = None
    site: Name = ""


class NewTerm(Given):
    """A word or phrase that means a category at a site. `emergency`: the kind of emergency that it means."""

    model_config = given(phrase="swimming pool", weight=4)

    phrase: Annotated[Name, Field(min_length=1)]
    weight: int = Field(default=4, ge=-10, le=10)
    emergency: Key | Literal[""] = ""
    site: Name = ""


class Term(Shown):
    model_config = example(phrase="swimming pool", category="pool", weight=4, emergency="")

    phrase: str
    category: str
    weight: int
    emergency: str


class Membership(Shown):
    id: UUID
    name: str
    roles: list[str]


class Language(Given):
    model_config = given(locale="en")

    locale: Literal["zh_CN", "en"]


class Me(Shown):
    """Who the token or cookie stands for, and what this person may report for."""

    model_config = example(
        id="019a0000-0000-7000-8000-000000000030", name="Li Na", locale="en",
        sites=[{"id": SITE, "name": "Garden Court", "roles": ["resident"]}],
        homes=[{"id": "019a0000-0000-7000-8000-000000000011", "path": "A/12/1203"}],
    )  # fmt: skip

    id: UUID
    name: str
    locale: str
    sites: list[Membership]
    homes: list[PlaceRef]
