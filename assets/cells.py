"""Pure: text in the cells of a table, which is never read as a formula, and comes back as what it was.

A cell that begins with `=` runs when a spreadsheet opens it, so an export puts an apostrophe in front. Texts that
begin with apostrophes and then such a sign get one more, and so an import can take away exactly what an export added.
"""

from __future__ import annotations

from unicodedata import normalize

FULL_WIDTH = 0xFEE0  # from an ASCII character to its full-width form, which spreadsheets read alike
DANGEROUS = (*"=+-@", "\t", "\r", "\n", *(chr(ord(sign) + FULL_WIDTH) for sign in "=+-@"))
GUARD = "'"
LONGEST_CELL = 32_767


def guarded(text: str) -> str:
    """Text that is read as what it says: never a formula, and nothing hidden in it."""
    plain = "".join(character if character.isprintable() else " " for character in text)[: LONGEST_CELL - 1]
    return f"{GUARD}{plain}" if _is_formula(text) or _is_formula(plain) else plain


def unguarded(text: str) -> str:
    """The text without the apostrophe that `guarded` put in front of it."""
    return text[1:] if text.startswith(GUARD) and _is_formula(text[1:]) else text


def _is_formula(text: str) -> bool:
    """Full-width signs count as well: spreadsheets of East Asia take them for the narrow ones."""
    behind = text.lstrip(GUARD)
    return behind.startswith(DANGEROUS) or normalize("NFKC", behind).lstrip().startswith(DANGEROUS)
