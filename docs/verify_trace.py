"""Checks an exported trace of Gongdan with nothing but Python: for whoever wants to believe none of our code.

    python3 verify_trace.py TRACE.jsonl [--key KEY] [--checkpoint NOTE.txt]

What it checks: the hash of every event, that every stream runs from 1 without a gap and each event names the hash of
the one before, that the sealed events give the Merkle root (RFC 9162) of every seal, and the log's Ed25519 signature
(RFC 8032) under the last seal, a signed note (c2sp.org/signed-note) with a checkpoint (c2sp.org/tlog-checkpoint).

--key: the log's public key as it was given to you earlier. Without it the key in the file is taken, which proves only
that the file agrees with itself. --checkpoint: a signed note that you have kept; the trace must still contain it.
Prints what it found. Exit status: 0 when all is well, 1 when something is wrong, 2 when a file cannot be read.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SAID = ("id", "previous", "stream", "seq", "action", "from_state", "to_state", "actor", "facts", "device_at", "at")
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


class Wrong(Exception):
    """Something in the trace is not as it was sealed."""


# --- Ed25519 (RFC 8032, 5.1), with points in extended coordinates ---


def add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    p, q, r, s = f - e, h - g, h + g, f + e
    return p * q % P, r * s % P, q * r % P, p * s % P


def times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def point_of(raw: bytes) -> Point:
    packed = int.from_bytes(raw, "little")
    y, sign = packed & (1 << 255) - 1, packed >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if len(raw) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a key or signature is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    number = int.from_bytes(signature[32:], "little")
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    left, right = times(number, BASE), add(point_of(signature[:32]), times(challenge, point_of(key)))
    same = (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
    return number < ORDER and same


# --- signed notes ---


def key_of(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id and raw key of a public key as text."""
    name, key_id, packed = text.strip().split("+", 2)
    raw = base64.b64decode(packed, validate=True)
    if hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] != key_id or raw[:1] != b"\x01":
        raise Wrong("the public key is damaged")
    return name, bytes.fromhex(key_id), raw[1:]


def stated(note: str) -> tuple[int, bytes]:
    """Size and root that a note states."""
    _origin, size, root = note.split("\n")[:3]
    return int(size), base64.b64decode(root, validate=True)


def check_signature(note: str, key: str) -> None:
    name, key_id, raw = key_of(key)
    text, _, below = note.rpartition("\n\n")
    if not text.startswith(name + "\n"):
        raise Wrong("the seal is one of another log")
    for line in below.splitlines():
        mark, signer, packed = line.split(" ")
        signature = base64.b64decode(packed, validate=True)
        if (mark, signer, signature[:4]) == ("—", name, key_id):
            if is_signed(raw, text.encode() + b"\n", signature[4:]):
                return
            raise Wrong("the signature of the seal is wrong")
    raise Wrong("the seal is not signed with this key")


# --- streams and the log ---


def named(event: dict[str, Any]) -> str:
    return f"event {event['seq']} ({event['action']}) of {event['stream']}"


def check_event(event: dict[str, Any]) -> None:
    said = json.dumps([str(event[name]) for name in SAID], ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(said.encode()).hexdigest() != event["hash"]:
        raise Wrong(f"{named(event)} was changed")


def check_streams(events: Iterable[dict[str, Any]]) -> int:
    streams: dict[str, dict[int, dict[str, Any]]] = {}
    for event in events:
        if streams.setdefault(event["stream"], {}).setdefault(event["seq"], event) is not event:
            raise Wrong(f"{named(event)} is there twice")
    for stream in streams.values():
        before = "0" * 64
        for place in range(1, len(stream) + 1):
            if place not in stream:
                raise Wrong(f"before {named(stream[min(seq for seq in stream if seq > place)])} one is missing")
            if stream[place]["previous"] != before:
                raise Wrong(f"{named(stream[place])} does not follow the one before it")
            before = stream[place]["hash"]
    return len(streams)


def roots(events: Iterable[dict[str, Any]]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Size and root of the log after every sealed event."""
    peaks: list[bytes] = []
    for size, event in enumerate((event for event in events if event["leaf"] is not None), 1):
        if event["leaf"] != size - 1:
            raise Wrong(f"{named(event)} is not at its place in the log")
        node, rest = hashlib.sha256(b"\x00" + (event["id"] + event["hash"]).encode()).digest(), size
        while rest % 2 == 0:
            node, rest = hashlib.sha256(b"\x01" + peaks.pop() + node).digest(), rest // 2
        peaks.append(node)
        root = peaks[-1]
        for peak in reversed(peaks[:-1]):
            root = hashlib.sha256(b"\x01" + peak + root).digest()
        yield size, root, event


def check_log(events: list[dict[str, Any]], notes: list[str]) -> int:
    expected: dict[int, set[bytes]] = {}
    for note in notes:
        size, root = stated(note)
        expected.setdefault(size, set()).add(root)
    sealed = 0
    for size, root, event in roots(events):
        sealed = size
        if expected.pop(size, {root}) != {root}:
            raise Wrong(f"the log was rewritten: up to {named(event)} it is not what was sealed")
    if expected:
        raise Wrong(f"the log has {sealed} events, a seal states {max(expected)}: its end was cut off")
    return sealed


def check(lines: Iterable[str], key: str, kept: str) -> str:
    """Check a whole export. Returns what to tell. Raises Wrong."""
    read = [json.loads(line) for line in lines]
    notes = [item["seal"] for item in read if "seal" in item]
    events = [item["event"] for item in read if "event" in item]
    trusted = key or next(item["key"] for item in read if "key" in item)
    for event in events:
        check_event(event)
    streams = check_streams(events)
    sealed = check_log(events, notes + ([kept] if kept else []))
    for note in (*notes[-1:], *([kept] if kept else [])):
        check_signature(note, trusted)
    if notes and stated(notes[-1])[0] != sealed:
        raise Wrong("there are events in the log after the last seal")
    found = f"{len(events)} events in {streams} streams, {len(notes)} seals, {len(events) - sealed} events unsealed"
    return f"All is well: {found}. Key: {trusted}"


def tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Check an exported trace of Gongdan.")
    parser.add_argument("trace")
    parser.add_argument("--key", default="", help="the log's public key as it was given to you")
    parser.add_argument("--checkpoint", default="", help="a file with a signed note that you have kept")
    given = parser.parse_args()
    try:
        kept = Path(given.checkpoint).read_text(encoding="utf-8") if given.checkpoint else ""
        with Path(given.trace).open(encoding="utf-8") as lines:
            tell(check(lines, given.key, kept))
    except Wrong as problem:
        tell(f"WRONG: {problem}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as problem:
        tell(f"Cannot be read: {type(problem).__name__}: {problem}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
