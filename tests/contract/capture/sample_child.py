"""A process with a microphone and the sampler on it, as in the engine. A line in, what changed out as lines of JSON.

In: ``take SECONDS``, ``play``, ``stop``, ``count`` (threads and open streams), ``end``.
"""

from __future__ import annotations

import contextlib
import sys
import threading

import msgspec
import numpy as np

from app.errors import InputError
from app.ports.engine import SampleChanged
from capture.audio.loudspeaker import Loudspeaker
from capture.audio.sample import Sampler
from capture.devices.microphones import DEFAULT_ID, PortAudioHost


def main() -> None:
    host = PortAudioHost()
    lock = threading.Lock()

    def say(**told: object) -> None:
        with lock:
            sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
            sys.stdout.flush()

    def changed(state: SampleChanged) -> None:
        say(status=state.status, code=state.code, seconds=state.seconds)

    sampler = Sampler(Loudspeaker(host), changed)

    def hear(block: np.ndarray) -> None:
        sampler.feed(np.broadcast_to(block.T, (2, len(block))))

    microphone = None
    with contextlib.suppress(Exception):
        microphone = host.open(DEFAULT_ID, lambda _: None, hear)
    say(status="open" if microphone is not None else "deaf")
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        match word:
            case "take":
                sampler.take(float(rest))
            case "keep":
                # Without a microphone there is still something to be played.
                sampler.take(float(rest))
                sampler.feed(np.full((2, round(float(rest) * 48_000)), 0.1, np.float32))
            case "play":
                try:
                    sampler.play()
                except InputError as error:
                    say(status="refused", code=error.code)
            case "stop":
                sampler.stop()
            case "count":
                names = sorted(thread.name for thread in threading.enumerate())
                say(status="count", threads=names, streams=host._open_streams)
            case _:
                break
    sampler.close()
    if microphone is not None:
        microphone.close()
    say(status="ended", threads=sorted(thread.name for thread in threading.enumerate()))


if __name__ == "__main__":
    main()
