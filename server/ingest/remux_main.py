"""The remux worker: a process of its own for each session. First line on standard input: its launch; then FLV.

It ends when its input ends, so it never outlives the ingest. Whether the session is over is not its business:
the ingest finishes the list.
"""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path

import av
import structlog

from app.errors import AppError
from app.logs import start_logging, stop_logging
from app.rtmp import RtmpError
from app.rtmp.flv import FlvDemuxer
from app.runtime.clock import SystemClock
from app.runtime.launch import RemuxLaunch, read_launch
from server.ingest.logs import WORKER_ROLE
from server.ingest.playlist import PlaylistWriter
from server.ingest.remux import Remuxer

READ_BYTES = 64 * 1024
log = structlog.get_logger("remux")


def main() -> int:
    """Run to the end of the input. 0 then; 1 when the media or the disk failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    launch = read_launch(RemuxLaunch)
    handler = start_logging(Path(launch.log_dir), WORKER_ROLE, is_shared=True)
    structlog.contextvars.bind_contextvars(session_id=launch.session_id)
    try:
        _run(Path(launch.data_dir))
    except (AppError, OSError, ValueError, av.FFmpegError) as error:
        log.error("remux_failed", error=type(error).__name__, text=str(error)[:200])
        return 1
    finally:
        stop_logging(handler)
    return 0


def _run(directory: Path) -> None:
    playlist = PlaylistWriter(directory)
    remuxer = Remuxer(playlist, SystemClock())
    demuxer = FlvDemuxer()
    passed_over = 0
    log.info("remux_started", next_number=playlist.next_number)
    pipe = sys.stdin.buffer
    if not isinstance(pipe, io.BufferedReader):
        raise ValueError("standard input is no pipe")
    while data := pipe.read1(READ_BYTES):
        tags = demuxer.feed(data)
        remuxer.expects_sound = demuxer.has_audio
        for tag in tags:
            try:
                remuxer.tag(tag)
            except (av.FFmpegError, RtmpError, ValueError) as error:
                # Another worker would be given the same tag, and would end by it too.
                passed_over += 1
                if passed_over.bit_count() == 1:  # 1, 2, 4, 8 …
                    log.warning("tag_passed_over", count=passed_over, error=type(error).__name__, text=str(error)[:200])
    remuxer.finish()


if __name__ == "__main__":
    sys.exit(main())
