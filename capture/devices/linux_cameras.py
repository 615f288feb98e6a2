"""Cameras of Linux: found in sysfs, known by what they are, opened by the node that they have at present.

Listing opens the nodes for a moment to ask what they can do; where that is refused (in use, no right) the camera is
listed all the same. Any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.ports.engine import Camera, CameraFormat
from capture.devices.usb import Identity, identity_of, ids_of, read_line
from capture.devices.v4l2 import Node

SYSFS = Path("/sys/class/video4linux")
DEV = Path("/dev")
_VIRTUAL_NAME = re.compile(r"virtual|loopback|dummy|obs cam", re.IGNORECASE)


class OpenNode(Protocol):
    """What is asked of an opened node."""

    def is_camera(self) -> bool: ...

    def formats(self) -> tuple[CameraFormat, ...]: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class FoundCamera:
    """``path``: the node at present."""

    camera: Camera
    path: str


class LinuxCameras:
    """The cameras below one sysfs; the folders and ``open_node`` are replaced by tests."""

    def __init__(self, sysfs: Path = SYSFS, dev: Path = DEV, open_node: Callable[[str], OpenNode] = Node) -> None:
        self._sysfs, self._dev, self._open_node = sysfs, dev, open_node

    def signature(self) -> tuple[str, ...]:
        """Changes when a node comes or goes; costs some 20 µs."""
        try:
            return tuple(sorted(f"{node.name} {node.lstat().st_ino}" for node in self._sysfs.iterdir()))
        except OSError:
            return ()

    def all(self, *, with_formats: bool = True) -> tuple[FoundCamera, ...]:
        """In the order of the kernel's numbers."""
        nodes = []
        for node in self._nodes():
            path = str(self._dev / node.name)
            is_camera, formats = self._ask(node, path, with_formats)
            if is_camera:
                nodes.append((node, path, formats))
        ids = ids_of([(_identity(node), path) for node, path, _ in nodes])
        return tuple(
            FoundCamera(
                Camera(
                    device_id=device_id,
                    name=read_line(node / "name") or node.name,
                    formats=formats,
                    is_virtual=_is_virtual(node),
                    aliases=aliases,
                ),
                path,
            )
            for (node, path, formats), (device_id, aliases) in zip(nodes, ids, strict=True)
        )

    def find(self, device_id: str) -> FoundCamera | None:
        """The one that is meant, by its id or one of its other names."""
        found = self.all(with_formats=False)
        exact = (one for one in found if one.camera.device_id == device_id)
        remembered = (one for one in found if device_id in one.camera.aliases)
        return next(exact, None) or next(remembered, None)

    def formats(self, path: str) -> tuple[CameraFormat, ...]:
        """Of a node; empty when it cannot be asked."""
        try:
            node = self._open_node(path)
        except OSError:
            return ()
        try:
            return node.formats()
        finally:
            node.close()

    def _nodes(self) -> list[Path]:
        try:
            names = [node.name for node in self._sysfs.iterdir() if re.fullmatch(r"video\d+", node.name)]
        except OSError:
            return []
        return [self._sysfs / name for name in sorted(names, key=lambda name: int(name[5:]))]

    def _ask(self, node: Path, path: str, with_formats: bool) -> tuple[bool, tuple[CameraFormat, ...]]:
        # The first node of a camera carries pictures, later ones mostly what belongs to them.
        is_first = read_line(node / "index") in ("0", "")
        try:
            opened = self._open_node(path)
        except OSError:
            return is_first, ()
        try:
            if not opened.is_camera():
                return False, ()
            formats = opened.formats() if with_formats or not is_first else ()
            # Some drivers call a node a camera that has nothing to give.
            return is_first or bool(formats), formats if with_formats else ()
        finally:
            opened.close()


def _identity(node: Path) -> Identity:
    index = read_line(node / "index")
    suffix = f":{index}" if index not in ("", "0") else ""
    found = identity_of(node)
    if found is None:
        # Made by a program: what it was called is all that stays.
        label = re.sub(r"\s+", " ", read_line(node / "name")) or node.name
        return Identity(f"virtual:{label}{suffix}", node.name)
    return Identity(found.base + suffix, found.place)


def _is_virtual(node: Path) -> bool:
    try:
        is_without_device = "virtual" in node.resolve(strict=True).parts
    except OSError:
        is_without_device = False
    return is_without_device or bool(_VIRTUAL_NAME.search(read_line(node / "name")))
