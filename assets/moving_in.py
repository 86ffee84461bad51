"""People & homes from a table: residents with their telephone and the home they live in. Never staff.

1. Within a site a telephone number is who somebody is: the same number and name is the same person, another name under
   a number that one person has is a new name, and several names under one number are a family.
2. Without a number it is the person of that name in that home.
3. A home is named by its path, the end of it, or the bare name where only one place has it; it must exist.
4. The desk vouches for its list: the homes are approved. Who is not in it stays; nobody moves out by a table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from assets.checking import ERROR_CELLS, clean, path_of
from assets.diffs import Diff
from assets.handover import Quarantined
from core import clock, phones

LONGEST_NAME = 120
RESIDENT = frozenset((
    *"resident tenant owner family member occupant lodger".split(),
    *"住户 业主 租户 租客 家属 家庭成员 居民 户主 产权人 同住人".split(),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody as a file states it: one line for each home of a person."""

    sheet: str
    row: int
    name: str
    phone: str = ""
    unit: str = ""
    role: str = ""

    def refused(self, column: str, key: str, **facts: object) -> Quarantined:
        return Quarantined(self.sheet, self.row, column, getattr(self, column), key, facts)


@dataclass(slots=True)
class Known:
    """Somebody of the site. `homes`: the state of each home, by place."""

    id: UUID
    name: str
    phone: str
    is_staff: bool
    homes: dict[UUID, str] = field(default_factory=dict)


@dataclass(slots=True)
class Comer:
    """Somebody as the import leaves them. `homes`: the places that become theirs."""

    id: UUID
    name: str
    phone: str
    before: Known | None
    homes: dict[UUID, None] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        return self.before is None or self.name != self.before.name or bool(self.homes)


@dataclass(frozen=True, slots=True)
class Guest:
    """A row that can go in: clean words, and the place of the home; None where it names none."""

    row: PersonRow
    name: str
    phone: str
    place: UUID | None
    path: str


@dataclass(slots=True)
class _Arrivals:
    """Who comes by which row, and once for each person."""

    by_row: dict[PersonRow, Comer] = field(default_factory=dict)
    by_id: dict[UUID, Comer] = field(default_factory=dict)
    refused: list[Quarantined] = field(default_factory=list)

    def come(self, guests: list[Guest], before: Known | None) -> None:
        known = self.by_id.get(before.id) if before else None
        comer = known or Comer(before.id if before else clock.new_id(), guests[0].name, guests[0].phone, before)
        self.by_id[comer.id] = comer
        for guest in guests:
            self.by_row[guest.row] = comer
            if guest.place and (before is None or before.homes.get(guest.place) != "approved"):
                comer.homes[guest.place] = None


class Units:
    """Finds the place that people mean by a unit: its path, the end of it, or that written without strokes."""

    def __init__(self, places: Iterable[tuple[UUID, str]]) -> None:
        self.paths = {place_id: path for place_id, path in places if path}
        self._exact = {path: place_id for place_id, path in self.paths.items()}
        self._ends: dict[str, set[UUID]] = defaultdict(set)
        for place_id, path in self.paths.items():
            names = path.split("/")
            for depth in range(len(names)):
                for end in {"/".join(names[depth:]), "".join(names[depth:]), "-".join(names[depth:])}:
                    self._ends[end.casefold()].add(place_id)

    def meant(self, said: str) -> set[UUID]:
        path = path_of(said)
        if path in self._exact:
            return {self._exact[path]}
        return self._ends.get(path.casefold(), set())


def plan(rows: Sequence[PersonRow], people: Sequence[Known], units: Units) -> tuple[list[Comer], Diff]:
    """Who comes, in the order of the file, and what that changes."""
    arrivals = _Arrivals()
    guests = [guest for row in rows if (guest := _checked(row, units, arrivals.refused))]
    _match(guests, people, arrivals)
    diff = Diff()
    told: dict[UUID, Comer] = {}
    for guest in guests:
        if comer := arrivals.by_row.get(guest.row):
            _tell(diff, guest, comer, is_first=comer.id not in told)
            told[comer.id] = comer
    diff.refuse(arrivals.refused)
    return list(told.values()), diff


def _checked(row: PersonRow, units: Units, refused: list[Quarantined]) -> Guest | None:
    name, phone, unit = clean(row.name), clean(row.phone), clean(row.unit)
    problems = [row.refused(column, key, most=LONGEST_NAME) for column, key in _problems(name, phone, clean(row.role))]
    meant = units.meant(unit) if unit else set()
    if unit and not meant:
        problems.append(row.refused("unit", "import.unit_unknown"))
    if len(meant) > 1:
        problems.append(row.refused("unit", "import.unit_ambiguous", number=len(meant)))
    refused += problems
    place = next(iter(meant), None)
    return None if problems else Guest(row, name, phone, place, units.paths[place] if place else "")


def _problems(name: str, phone: str, role: str) -> Iterator[tuple[str, str]]:
    if not name:
        yield "name", "import.missing"
    elif name in ERROR_CELLS:
        yield "name", "import.error_cell"
    elif not name.isprintable():
        yield "name", "import.control"
    elif len(name) > LONGEST_NAME:
        yield "name", "import.too_long"
    if phone and not phones.is_number(phone):
        yield "phone", "import.no_number"
    if role and role.casefold() not in RESIDENT:
        yield "role", "import.only_residents"


def _match(guests: list[Guest], people: Sequence[Known], arrivals: _Arrivals) -> None:
    """Find out who each guest is."""
    by_key = defaultdict(list)
    for known in people:
        if key := phones.key(known.phone):
            by_key[key].append(known)
    for family in _families([guest for guest in guests if guest.phone]):
        there = [known for known in by_key[phones.key(family[0].phone)] if phones.same(known.phone, family[0].phone)]
        _match_family(family, there, arrivals)
    _match_unnumbered([guest for guest in guests if not guest.phone], people, arrivals)


def _families(guests: list[Guest]) -> list[list[Guest]]:
    """The guests with numbers, those of one number together."""
    groups: dict[str, list[list[Guest]]] = defaultdict(list)
    for guest in guests:
        near = groups[phones.key(guest.phone)]
        own = next((group for group in near if phones.same(group[0].phone, guest.phone)), None)
        if own is None:
            near.append([guest])
        else:
            own.append(guest)
    return [group for near in groups.values() for group in near]


def _match_family(family: list[Guest], there: list[Known], arrivals: _Arrivals) -> None:
    rows: dict[str, list[Guest]] = defaultdict(list)
    for guest in family:
        rows[guest.name].append(guest)
    named = {name: [known for known in there if known.name == name] for name in rows}
    others = [known for known in there if known.name not in rows]
    strange = [name for name, same in named.items() if not same]
    for name, guests in rows.items():
        before = _best(named[name], guests)
        if before is None and others:
            if len(others) > 1 or len(strange) > 1 or others[0].is_staff:
                key = "import.name_of_staff" if others[0].is_staff else "import.name_unclear"
                arrivals.refused += [guest.row.refused("name", key, number=len(others)) for guest in guests]
                continue
            before = others[0]
        arrivals.come(guests, before)


def _best(same: list[Known], guests: list[Guest]) -> Known | None:
    """Of several of one name and number the one who lives there already."""
    places = {guest.place for guest in guests}
    return max(same, key=lambda known: len(places & known.homes.keys()), default=None)


def _match_unnumbered(guests: list[Guest], people: Sequence[Known], arrivals: _Arrivals) -> None:
    """Those without a number are sought among those without one first, then among those whom no row has meant yet."""
    named = defaultdict(list)
    for known in people:
        named[known.name].append(known)
    rows: dict[tuple[str, UUID | None], list[Guest]] = defaultdict(list)
    for guest in guests:
        rows[guest.name, guest.place].append(guest)
    meant = set(arrivals.by_id)
    for (name, place), same in rows.items():
        lives = [known for known in named[name] if (place in known.homes if place else not known.homes)]
        free = [known for known in lives if not known.phone] or [known for known in lives if known.id not in meant]
        arrivals.come(same, free[0] if free else None)


def _tell(diff: Diff, guest: Guest, comer: Comer, *, is_first: bool) -> None:
    label = " · ".join(filter(None, (guest.name, guest.phone, guest.path)))
    before = comer.before
    differing = []
    if before and before.name != comer.name and is_first:
        differing.append(("name", before.name, comer.name))
    if guest.place in comer.homes:
        differing.append(("unit", "", guest.path))
    diff.tell(
        "added" if before is None else "changed" if differing else "unchanged", label, differing if before else ()
    )
