"""One request to a page, as views pass it on: who asks, in which language, of which system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from api import errors, uploads
from api.deps import Known, Locale, SignedIn, System, SystemDep, Visitor
from api.pages import page
from core.access import Viewer
from core.errors import GongdanError


@dataclass(frozen=True, slots=True)
class Guest:
    """Anybody. `visitor` is None for a stranger."""

    request: Request
    system: System
    locale: str
    visitor: Viewer | None

    @property
    def address(self) -> str:
        return uploads.address_of(self.request)

    @property
    def path(self) -> str:
        return self.request.url.path

    def asked(self, name: str) -> str:
        """A value of the query."""
        return self.request.query_params.get(name, "")

    def page(self, template: str, context: Any, error: GongdanError | None = None) -> HTMLResponse:
        """A page, with the status of the error that it shows."""
        status = errors.status_of(error) if error else 200
        answer = page(self.request, template, context, locale=self.locale, status=status)
        answer.headers.update(errors.wait_of(status))
        return answer


@dataclass(frozen=True, slots=True)
class Visit(Guest):
    """A signed-in person."""

    viewer: Viewer

    @property
    def home(self) -> str:
        return home_of(self.viewer)


def home_of(viewer: Viewer) -> str:
    """Where a person's day begins: a technician's list, the desk for other staff, nothing for residents."""
    held = set().union(*viewer.roles.values())
    if "technician" in held:
        return "/work"
    return "/desk" if viewer.is_staff else ""


def guest(request: Request, system: SystemDep, locale: Locale, visitor: Visitor) -> Guest:
    return Guest(request, system, locale, visitor)


def passer_by(request: Request, system: SystemDep, locale: Locale, visitor: Known) -> Guest:
    """At a code a link to one ticket counts for nothing: who holds it stands there as a stranger."""
    return Guest(request, system, locale, visitor)


def signed_in(request: Request, system: SystemDep, locale: Locale, viewer: SignedIn) -> Visit:
    return Visit(request, system, locale, viewer, viewer)


AnyGuest = Annotated[Guest, Depends(guest)]
AnyPasserBy = Annotated[Guest, Depends(passer_by)]
Person = Annotated[Visit, Depends(signed_in)]
