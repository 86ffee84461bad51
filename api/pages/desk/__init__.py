"""The desk: one file for each section, which says by `section()` where it stands in the menu and for whom."""

from __future__ import annotations

from fastapi import APIRouter

from api.routing import routers_of

router = APIRouter(include_in_schema=False)
for _section in routers_of(__name__):
    router.include_router(_section)
