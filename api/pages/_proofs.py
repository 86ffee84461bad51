"""What a page carries to the next request, with a proof that this server wrote it: hidden fields get edited."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from core import clock
from core.settings import Settings
from core.storage import HANDED_ON_FOR, MissingFile

SCAN_LIFE = timedelta(hours=4)
MARK = "~"


def prove(settings: Settings, purpose: str, *parts: object) -> str:
    """The parts as one word with its proof. None of them may hold `~`."""
    told = MARK.join(str(part) for part in parts)
    return f"{told}{MARK}{_mac(settings, purpose, told)}"


def proven(settings: Settings, purpose: str, word: str) -> list[str]:
    """The parts of a word that this server has proved for that purpose; none otherwise."""
    told, _, given = word.rpartition(MARK)
    if not told or not given.isascii() or not hmac.compare_digest(_mac(settings, purpose, told), given):
        return []
    return told.split(MARK)


def _mac(settings: Settings, purpose: str, told: str) -> str:
    return hmac.digest(settings.key, f"page\0{purpose}\0{told}".encode(), "sha256").hex()[:40]


def derived_secret(settings: Settings, purpose: str, key: str) -> str:
    """A secret that is the same whenever the same post arrives, and that nobody else can make."""
    return hmac.digest(settings.key, f"derived\0{purpose}\0{key}".encode(), "sha256").hex()


def mint_key(settings: Settings, code: str) -> str:
    """A key for one form of the page behind a code. What a browser makes up instead is worth no session."""
    return prove(settings, f"key {code}", clock.secret())


def is_minted(settings: Settings, code: str, key: str) -> bool:
    return bool(proven(settings, f"key {code}", key))


def prove_scan(settings: Settings, code: str, person_id: object, now: datetime) -> str:
    """That a person has opened the page behind a code, for the next hours."""
    return prove(settings, "scan", code, person_id, int((now + SCAN_LIFE).timestamp()))


def scanned_code(settings: Settings, word: str, person_id: object, now: datetime) -> str:
    """The code that this person has scanned; empty when the proof is somebody else's, old or none."""
    parts = proven(settings, "scan", word)
    if len(parts) != 3 or parts[1] != str(person_id) or int(parts[2]) < now.timestamp():
        return ""
    return parts[0]


def prove_photo(settings: Settings, code: str, stored: dict[str, object], now: datetime) -> str:
    """A photo that lies in the storage but at no ticket yet; it belongs to the report form of one code."""
    until = int((now + HANDED_ON_FOR).timestamp())
    told = (stored["hash"], stored["width"], stored["height"], stored["mime"], until)
    return prove(settings, f"photo {code}", *told)


def proven_photo(settings: Settings, code: str, word: str, now: datetime) -> dict[str, object] | None:
    """What `additions.add_file` takes; None for what is none of ours. Raises MissingFile when it is kept no more."""
    parts = proven(settings, f"photo {code}", word)
    if len(parts) != 5:
        return None
    if int(parts[4]) < now.timestamp():
        raise MissingFile(field="field.photo")
    return {"hash": parts[0], "width": int(parts[1]), "height": int(parts[2]), "mime": parts[3], "evidence": {}}


def prove_visit(settings: Settings, stop_id: object, person_id: object, proof: str, now: datetime) -> str:
    """That a person has come to a stop of a round by its code, and how."""
    return prove(settings, "visit", stop_id, person_id, proof, int(now.timestamp()))


def proven_visit(
    settings: Settings, word: str, stop_id: object, person_id: object, now: datetime
) -> tuple[str, datetime] | None:
    """How and when this person came to this stop; None when the proof is somebody else's, old or none."""
    parts = proven(settings, "visit", word)
    if len(parts) != 4 or parts[:2] != [str(stop_id), str(person_id)]:
        return None
    at = datetime.fromtimestamp(int(parts[3]), UTC)
    return (parts[2], at) if now - at < SCAN_LIFE else None
