"""Files at the root by which platforms see that this domain is ours: the deployer puts them into a folder."""

from __future__ import annotations

import re

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import SystemDep
from core.errors import NotFound

router = APIRouter(include_in_schema=False)

FOLDER = "domain"
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
MAX_BYTES = 1024


@router.get("/{name}.txt")
def show(name: str, system: SystemDep) -> Response:
    """MP_verify_….txt of WeChat, WW_verify_….txt of WeCom and the like. Small and plain, or not there."""
    file = system.settings.data_dir / FOLDER / f"{name}.txt"
    if not NAME.fullmatch(name) or not file.is_file() or file.is_symlink():
        raise NotFound(what="word.file")
    data = file.read_bytes()
    if len(data) > MAX_BYTES:
        raise NotFound(what="word.file")
    return Response(data, media_type="text/plain; charset=utf-8")
