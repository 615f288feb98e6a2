"""Records what other programs send to an ingest: ``python -m tools.capture_rtmp_fixture ffmpeg nginx obs``.

Each file in tests/fixtures/rtmp holds the bytes of one connection from client to server, cut at ``MAX_BYTES``.
The keys in them are test keys.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.net.rtmp_peers import ffmpeg_publish, nginx, obs, wait_until
from tests.net.toy_ingest import ToyIngest

MAX_BYTES = 190_000
TEST_KEY = "test-key"
_FOLDER = Path("tests/fixtures/rtmp")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ffmpeg(ingest: ToyIngest, _: Path) -> None:
    ffmpeg_publish(f"{ingest.url}/{TEST_KEY}?sign=1", 4).communicate(timeout=30)


def _nginx(ingest: ToyIngest, folder: Path) -> None:
    port = _free_port()
    with nginx(folder, port, application=f"push {ingest.url};"):
        ffmpeg_publish(f"rtmp://127.0.0.1:{port}/live/{TEST_KEY}", 4).communicate(timeout=30)


def _obs(ingest: ToyIngest, folder: Path) -> None:
    with obs(folder, ingest.url, TEST_KEY):
        wait_until(lambda: any(len(seen.tags) > 200 for seen in ingest.connections), 60)


_SOURCES: dict[str, Callable[[ToyIngest, Path], None]] = {"ffmpeg": _ffmpeg, "nginx": _nginx, "obs": _obs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", choices=sorted(_SOURCES))
    parser.add_argument("--out", type=Path, default=_FOLDER)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for source in options.sources:
        with tempfile.TemporaryDirectory(prefix="rtmp-fixture-") as folder, ToyIngest() as ingest:
            _SOURCES[source](ingest, Path(folder))
            with contextlib.suppress(AssertionError):
                wait_until(lambda: ingest.connections[0].did_unpublish, 2)
            seen = ingest.connections[0]
            (options.out / f"{source}.bin").write_bytes(bytes(seen.raw[:MAX_BYTES]))
            print(
                f"{source}: {len(seen.raw)} bytes, {len(seen.tags)} tags, app {seen.app!r}, "
                f"version {seen.flash_ver!r}, ended properly {seen.did_unpublish}, error {seen.error}"
            )


if __name__ == "__main__":
    main()
