"""Pure: signed statements about the log that anybody can check: c2sp.org/tlog-checkpoint as a c2sp.org/signed-note.

The text is the log's name, its size, its root and, as an extension line, the time of sealing; below it stands one
Ed25519 signature. It is short enough for a chat message or a line of a PDF.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import GongdanError

ED25519 = b"\x01"
SEED_BYTES = 32
NOTE = re.compile(r"((\S+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\nsealed (\S+)\n)\n— (\S+) ([A-Za-z0-9+/=]+)\n", re.ASCII)


class BadCheckpoint(GongdanError):
    """This checkpoint is not one that this log has signed."""


class BadKey(GongdanError):
    """The signing key must be 32 bytes, written as 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at a moment. `sealed_at` has whole seconds."""

    origin: str
    size: int
    root: bytes
    sealed_at: datetime

    @property
    def text(self) -> str:
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nsealed {_written(self.sealed_at)}\n"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whoever has this can check what the log signed. `text` is how it is handed to a third party."""

    raw: bytes

    @property
    def origin(self) -> str:
        """The log's name, which nobody has to choose: it follows from the key."""
        return f"gongdan.log/{hashlib.sha256(self.raw).hexdigest()[:16]}"

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.origin.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.origin}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.raw).decode()}"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs the log. Its repr shows nothing."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.private.public_key().public_bytes_raw())


def signing_key(text: str) -> SigningKey:
    """The key written as 64 hexadecimal digits. Errors: BadKey."""
    try:
        seed = bytes.fromhex(text.strip())
    except ValueError:
        raise BadKey from None
    if len(seed) != SEED_BYTES:
        raise BadKey
    return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))


def public_key(text: str) -> PublicKey:
    """The key in the form of `PublicKey.text`. Errors: BadKey."""
    try:
        key = PublicKey(base64.b64decode(text.strip().rpartition("+")[2], validate=True)[1:])
    except binascii.Error:
        raise BadKey from None
    if len(key.raw) != SEED_BYTES or key.text != text.strip():
        raise BadKey
    return key


def sign(size: int, root: bytes, key: SigningKey, now: datetime) -> str:
    """The signed note that states size and root."""
    public = key.public
    text = Checkpoint(public.origin, size, root, now).text
    signature = base64.b64encode(public.key_id + key.private.sign(text.encode())).decode()
    return f"{text}\n— {public.origin} {signature}\n"


def read(note: str, key: PublicKey) -> Checkpoint:
    """What a note states, if this key has signed exactly that. Errors: BadCheckpoint."""
    found = NOTE.fullmatch(note)
    if found is None:
        raise BadCheckpoint
    text, origin, size, root, sealed_at, name, signature = found.groups()
    try:
        stated = Checkpoint(origin, int(size), base64.b64decode(root), _moment(sealed_at))
        signed = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signed[4:], text.encode())
    except (ValueError, InvalidSignature):
        raise BadCheckpoint from None
    is_exact = base64.b64encode(signed).decode() == signature and stated.text == text
    if not is_exact or {origin, name} != {key.origin} or signed[:4] != key.key_id:
        raise BadCheckpoint
    return stated


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(written: str) -> datetime:
    return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
