"""Voice notes of the Chinese platforms are AMR, which no browser plays: they are made MP3 on their way in."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av import AudioFrame

log = logging.getLogger(__name__)

AMR = (b"#!AMR\n", b"#!AMR-WB\n")
RATE = 16_000
LONGEST = 120  # seconds; WeChat records one minute, and what a forger makes longer is cut


def playable(data: bytes) -> bytes:
    """A voice note as MP3; everything else, and what cannot be decoded, as it is: then it can still be downloaded."""
    if not data.startswith(AMR):
        return data
    import av  # noqa: PLC0415 - FFmpeg, 20 MB, only where somebody has spoken

    try:
        return _transcoded(av, data)
    except (av.FFmpegError, ValueError):
        log.warning("a voice note could not be decoded and is kept as it came")
        return data


def _transcoded(av: Any, data: bytes) -> bytes:
    out = io.BytesIO()
    with av.open(io.BytesIO(data), format="amr") as source, av.open(out, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=RATE, layout="mono")
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=RATE)
        for frame in _frames(source):
            for part in resampler.resample(frame):
                target.mux(stream.encode(part))
        for part in resampler.resample(None):
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    if not out.tell():
        raise ValueError("no sound")
    return out.getvalue()


def _frames(source: Any) -> Iterator[AudioFrame]:
    for frame in source.decode(audio=0):
        if frame.time is not None and frame.time > LONGEST:
            return
        yield frame
