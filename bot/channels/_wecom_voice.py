"""Voice notes come as AMR, which no browser plays: https://developer.work.weixin.qq.com/document/path/90239."""

from __future__ import annotations

import io
import logging

log = logging.getLogger(__name__)

AMR = b"#!AMR"
LONGEST = 10 * 60  # seconds; the app records one minute


def playable(data: bytes) -> bytes:
    """A voice note as MP3; anything else, and one that cannot be decoded, as it came: it can still be downloaded."""
    if not data.startswith(AMR):
        return data
    import av  # noqa: PLC0415 - takes a tenth of a second, and only this channel's voice notes need it

    out = io.BytesIO()
    try:
        with av.open(io.BytesIO(data), "r", format="amr") as source, av.open(out, "w", format="mp3") as target:
            voice = target.add_stream("libmp3lame", rate=source.streams.audio[0].rate)
            for frame in source.decode(audio=0):
                if frame.time is not None and frame.time > LONGEST:
                    break
                frame.pts = None
                target.mux(voice.encode(frame))
            target.mux(voice.encode(None))
    except (av.FFmpegError, ValueError, IndexError) as problem:
        log.warning("a voice note could not be decoded and is kept as it came: %s", type(problem).__name__)
        return data
    return out.getvalue()
