"""DingTalk's voice notes are AMR, which no browser plays: they become Opus, which every browser does.

Only this one format is opened, and never more of it than somebody can have said into a chat.
"""

from __future__ import annotations

import io
import logging
from typing import Any

log = logging.getLogger(__name__)

MARK = b"#!AMR"
LONGEST = 600  # seconds; DingTalk records one minute
BIT_RATE = 24_000
EXACT = {"fflags": "bitexact"}  # the same note gives the same bytes


def playable(data: bytes) -> bytes:
    """A voice note as Opus in Ogg; anything else, and what cannot be read, as it came."""
    if not data.startswith(MARK):
        return data
    import av  # noqa: PLC0415 - 20 MB of libraries for whoever gets a voice note

    try:
        return _transcoded(av, data) or data
    except (av.FFmpegError, ValueError, MemoryError) as error:
        log.warning("a voice note stays as it came: %s", type(error).__name__)
        return data


def _transcoded(av: Any, data: bytes) -> bytes:
    target = io.BytesIO()
    with av.open(io.BytesIO(data), format="amr") as source, av.open(target, "w", "ogg", EXACT) as sink:
        stream = sink.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in source.decode(audio=0):
            if frame.time is not None and frame.time > LONGEST:
                break
            for part in resampler.resample(frame):
                sink.mux(stream.encode(part))
        for part in resampler.resample(None):
            sink.mux(stream.encode(part))
        sink.mux(stream.encode(None))
    return target.getvalue()
