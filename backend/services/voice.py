"""The sound of a recording alone, for those who are not to see who it is."""

from __future__ import annotations

import io
from typing import BinaryIO

from contract.errors import ErrorCode, XudaError


def voice(source: BinaryIO) -> tuple[bytes, str]:
    """The sound of a recording without its picture, and its media type. In memory alone.

    Raises XudaError(NOT_FOUND) for one without sound, SEALED_DAMAGED for one that cannot be read.
    """
    import av  # late: half a second that most commands do without

    target = io.BytesIO()
    try:
        with av.open(source, "r") as given:
            if not given.streams.audio:
                raise XudaError(ErrorCode.NOT_FOUND, field="object")
            heard = given.streams.audio[0]
            form = "mp4" if heard.codec_context.name == "aac" else "webm"
            with av.open(target, "w", format=form) as made:
                told = made.add_stream_from_template(heard)
                for packet in given.demux(heard):
                    if packet.dts is not None:
                        packet.stream = told
                        made.mux(packet)
    except av.FFmpegError as error:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="object") from error
    return target.getvalue(), f"audio/{form}"
