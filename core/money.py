"""Amounts of money: whole numbers of hundredths, typed and shown as people write them."""

from __future__ import annotations

import re

from core.errors import Invalid

AMOUNT = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?", re.ASCII)


def parsed(text: str) -> int | None:
    """`12.50`, `12,5` or `12` in hundredths; None for nothing. Errors: Invalid."""
    plain = text.strip().lstrip("¥￥€$ ").strip()
    if not plain:
        return None
    found = AMOUNT.fullmatch(plain)
    if found is None:
        raise Invalid(field="field.cost")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def shown(hundredths: int) -> str:
    """`1,234.50`."""
    return f"{hundredths / 100:,.2f}"
