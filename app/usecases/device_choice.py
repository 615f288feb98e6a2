"""Which camera and microphone stand for what was chosen: old names, devices that are away, what worked before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from app.ports import engine as port
from app.settings import Settings

MOST_REMEMBERED = 8
DEFAULT_MICROPHONE = "default"
_Kept = TypeVar("_Kept")


def camera_for(wish: port.VideoSource, devices: port.DevicesListed, good: Iterable[str]) -> port.CameraSource | None:
    """What takes a camera's place that is not there: what worked last, else the first, else None.

    None as well when it is there, or when no camera was chosen. Pictures made by a program come last.
    """
    if not isinstance(wish, port.CameraSource) or devices.camera(wish.device_id) is not None:
        return None
    known = [camera for device_id in good if (camera := devices.camera(device_id)) is not None]
    others = sorted(devices.cameras, key=lambda camera: camera.is_virtual)
    found = next(iter((*known, *others)), None)
    return msgspec.structs.replace(wish, device_id=found.device_id) if found is not None else None


def microphone_for(wish: port.AudioSource, devices: port.DevicesListed, good: Iterable[str]) -> port.MicSource | None:
    """As ``camera_for``: what worked last, else what the system prefers, else the first."""
    if not isinstance(wish, port.MicSource) or devices.microphone(wish.device_id) is not None:
        return None
    known = [one for device_id in good if (one := devices.microphone(device_id)) is not None]
    others = sorted(devices.microphones, key=lambda one: not one.is_default)
    found = next(iter((*known, *others)), None)
    return port.MicSource(device_id=found.device_id) if found is not None else None


def remembered(good: tuple[str, ...], device_id: str) -> tuple[str, ...]:
    """With the one that works now in front."""
    return (device_id, *(other for other in good if other != device_id))[:MOST_REMEMBERED]


def renamed(settings: Settings, devices: port.DevicesListed) -> Settings:
    """With ids of older versions (/dev/video0, a number, ALSA/pulse) replaced by those that stay; else the same.

    What was kept for a device under its old id comes along.
    """
    changes: dict[str, object] = {}
    if isinstance(settings.video, port.CameraSource):
        old = settings.video.device_id
        camera = devices.camera(old)
        if camera is not None and _is_other(old, camera.device_id):
            changes["video"] = msgspec.structs.replace(settings.video, device_id=camera.device_id)
            changes["picture_mends"] = _moved(settings.picture_mends, old, camera.device_id)
            changes["camera_settings"] = _moved(settings.camera_settings, old, camera.device_id)
    if isinstance(settings.audio, port.MicSource):
        old = settings.audio.device_id
        microphone = devices.microphone(old)
        if microphone is not None and _is_other(old, microphone.device_id):
            changes["audio"] = port.MicSource(device_id=microphone.device_id)
            changes["sound_mends"] = _moved(settings.sound_mends, old, microphone.device_id)
    return settings.changed(changes) if changes else settings


def _is_other(old: str, now: str) -> bool:
    # Of two alike the one in front is also known by their common id: that is left as it is.
    return old.partition("@")[0] != now.partition("@")[0]


def _moved(kept: dict[str, _Kept], old: str, now: str) -> dict[str, _Kept]:
    if old not in kept or now in kept:
        return kept
    return {now if name == old else name: value for name, value in kept.items()}
