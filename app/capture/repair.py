"""Copies a recording packet by packet into a container that can be sought in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from app.capture.container import sink_error
from contract.errors import ErrorCode, XudaError


class _Guard:
    """Passes a file on to libav and keeps its first error, which libav would turn into one of its own."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: XudaError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                self._file.write(bytes(data))
            except Exception as error:  # whatever the target raises is told after libav has let go
                self.error = sink_error(error)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def copy_packets(source: Any, target: BinaryIO) -> None:
    """Copy an open PyAV input into ``target``. Raises XudaError (RECORDING_EMPTY, DISK_FULL, DISK_ERROR)."""
    import av

    guard = _Guard(target)
    packets = whole_packets(source)
    first = next(packets, None)
    if first is None:
        raise XudaError(ErrorCode.RECORDING_EMPTY)
    output: Any = av.open(guard, "w", format="webm")
    tracks = {s.index: output.add_stream_from_template(s) for s in source.streams if s.type in ("video", "audio")}
    last: dict[int, int] = {}
    packet = first
    while packet is not None:
        index = packet.stream.index
        if index in tracks and packet.dts > last.get(index, packet.dts - 1):
            last[index] = packet.dts
            packet.stream = tracks[index]
            output.mux(packet)
        packet = next(packets, None)
    output.close()
    if guard.error is not None:
        raise guard.error


def whole_packets(source: Any) -> Iterator[Any]:
    """Packets up to the cut; the one that was cut through is left out."""
    import av

    packets = source.demux()
    while True:
        try:
            packet = next(packets)
        except (StopIteration, EOFError, av.FFmpegError):
            return
        if packet.dts is not None and packet.size and not packet.is_corrupt:
            yield packet
