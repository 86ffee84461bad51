"""Voice notes come as AMR and can be played in a browser; what is none stays as it came."""

from __future__ import annotations

import io
from functools import cache

import av
import pytest

from bot.voices import playable
from core.media import check_voice


@cache
def amr(seconds: int = 1) -> bytes:
    """Silence, as a phone records it."""
    target = io.BytesIO()
    with av.open(target, "w", format="amr") as sink:
        stream = sink.add_stream("libopencore_amrnb", rate=8000, layout="mono")
        for number in range(seconds * 50):
            frame = av.AudioFrame(format="s16", layout="mono", samples=160)
            frame.planes[0].update(bytes(320))
            frame.sample_rate, frame.pts = 8000, number * 160
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    return target.getvalue()


def test_a_voice_note_becomes_what_browsers_play() -> None:
    assert check_voice(amr()).mime == "audio/amr"
    played = playable(amr())
    assert check_voice(played).mime == "audio/mpeg"
    with av.open(io.BytesIO(played), "r") as opened:
        assert opened.duration is not None
        assert 0.9 < opened.duration / 1_000_000 < 1.3


def test_the_same_note_gives_the_same_bytes() -> None:
    assert playable(amr()) == playable(amr())


@pytest.mark.parametrize("data", [b"", b"a picture", b"OggS", b"#!AMR\n", b"#!AMR\n\xff\xff\xff\xff", amr()[:300]])
def test_what_is_none_or_cannot_be_read_stays_as_it_came(data: bytes) -> None:
    assert playable(data) == data
