"""Records a scene in real time until it is killed; says after each picture how many there have been."""

from __future__ import annotations

import sys
import time

from app.runtime.clock import SystemClock
from capture.record.recorder import Recorder
from tests.contract.record_kit import make_scene


def main(folder: str, seconds: int) -> None:
    scene = make_scene(seconds)
    recorder = Recorder(folder, "live", scene.stream, lambda changed: None, SystemClock())
    recorder.start()
    begun_s, base_ms = time.monotonic(), scene.packets[0].dts_ms
    pictures = 0
    for packet in scene.packets:
        time.sleep(max(0.0, begun_s + (packet.dts_ms - base_ms) / 1000 - time.monotonic()))
        recorder.offer(packet)
        if packet.is_video:
            pictures += 1
            sys.stdout.write(f"{pictures}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
