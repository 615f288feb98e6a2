"""A line of a known rate: two network namespaces of this machine, a cable between them, ``tc tbf`` on the sender's end.

Takes root, ``ip`` and ``tc``. What is made is taken away again, also after an error.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tools.desktop import clean_environment

_OURS, _THEIRS = "10.213.77.1", "10.213.77.2"
_BURST_BYTES, _QUEUE_MS = 16 * 1024, 300
FRAME_BYTES, PAYLOAD_BYTES = 1514, 1448
"""``tbf`` counts whole Ethernet frames: of each, 14 are Ethernet's, 20 IP's and 32 TCP's with its timestamps."""
PAYLOAD_RATIO = PAYLOAD_BYTES / FRAME_BYTES


class NoNamespaces(Exception):
    """They cannot be made here; says why."""


@dataclass(frozen=True)
class Line:
    """Prefixes of commands that run at its ends, and the address of the far one."""

    near: tuple[str, ...]
    far: tuple[str, ...]
    far_address: str = _THEIRS


@contextmanager
def shaped(limit_kbps: int) -> Iterator[Line]:
    """A line that takes ``limit_kbps`` of Ethernet frames from its near end. Raises NoNamespaces."""
    near, far = (f"adesk-{os.getpid()}-{end}" for end in ("near", "far"))
    cable = f"adn{os.getpid()}", f"adf{os.getpid()}"
    try:
        _ip("netns", "add", near)
        _ip("netns", "add", far)
        _ip("link", "add", cable[0], "netns", near, "type", "veth", "peer", "name", cable[1], "netns", far)
        for space, name, address in ((near, cable[0], _OURS), (far, cable[1], _THEIRS)):
            _ip("-n", space, "addr", "add", f"{address}/30", "dev", name)
            _ip("-n", space, "link", "set", name, "up")
        _run(
            "tc", "-n", near, "qdisc", "add", "dev", cable[0], "root", "tbf", "rate", f"{limit_kbps}kbit",
            "burst", str(_BURST_BYTES), "latency", f"{_QUEUE_MS}ms",
        )  # fmt: skip
        yield Line(("ip", "netns", "exec", near), ("ip", "netns", "exec", far))
    finally:
        for space in (near, far):
            with contextlib.suppress(NoNamespaces):
                _ip("netns", "del", space)


def _ip(*arguments: str) -> None:
    _run("ip", *arguments)


def _run(*command: str) -> None:
    try:
        subprocess.run(
            command, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=10
        )  # fmt: skip
    except subprocess.CalledProcessError as failed:
        raise NoNamespaces(failed.stderr.decode(errors="replace").strip()) from failed
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise NoNamespaces(str(failed)) from failed
