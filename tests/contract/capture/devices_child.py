"""A process with a microphone and the watch over devices, as in the engine. A line in, what changed out as JSON lines.

In: ``open ID`` (instead of the one before), ``list``, ``count`` (blocks heard since the last count), ``end``.
"""

from __future__ import annotations

import sys
import threading

import msgspec

from app.ports.engine import DevicesListed, MicSource
from app.runtime.clock import SystemClock
from capture.audio.microphone import MicrophoneSound
from capture.devices.endpoints import SoundEndpoints
from capture.devices.microphones import PortAudioHost
from capture.devices.watch import DeviceWatch
from capture.sources.base import SourceState


def main() -> None:
    endpoints = SoundEndpoints()
    host, clock, lock = PortAudioHost(endpoints), SystemClock(), threading.Lock()

    def say(**told: object) -> None:
        with lock:
            sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
            sys.stdout.flush()

    def listed(devices: DevicesListed) -> None:
        say(kind="devices", ids=[one.device_id for one in devices.microphones], default=devices.microphones[:1])

    def changed(state: SourceState) -> None:
        say(kind="source", status=state.status, code=state.code, name=state.name)

    watch = DeviceWatch(
        host.signature, lambda: DevicesListed(microphones=host.list_microphones()), listed, clock, period_s=0.2
    )
    watch.start()
    sound: MicrophoneSound | None = None
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        match word:
            case "open":
                if sound is not None:
                    sound.close()
                sound = MicrophoneSound(MicSource(device_id=rest), "", host, changed, clock)
                sound.start()
            case "list":
                listed(watch.refresh())
            case _:
                break
    if sound is not None:
        sound.close()
    watch.close()
    endpoints.close()
    say(kind="ended", threads=sorted(thread.name for thread in threading.enumerate()))


if __name__ == "__main__":
    main()
