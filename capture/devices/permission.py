"""Whether the system lets this program use cameras and microphones at all. Any thread.

Linux: the rights of the device's file tell it when it is opened. Windows: the switches of the privacy settings lie in
the registry. macOS: AVFoundation knows; there a microphone without permission opens and stays silent.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Kind = Literal["camera", "microphone"]
ReadValue = Callable[[str, str], str]
"""Root (HKLM or HKCU) and key: its string ``Value``, empty when there is none."""

_CONSENT = r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore"
_NAMES = {"camera": "webcam", "microphone": "microphone"}
_MEDIA_TYPES = {"camera": "vide", "microphone": "soun"}
"""AVMediaTypeVideo and AVMediaTypeAudio."""
_RESTRICTED, _DENIED = 1, 2
_SOUND_NODES = Path("/dev/snd")


def is_forbidden(kind: Kind) -> bool:
    """Whether the system refuses every one of them; False where only opening tells."""
    if sys.platform == "win32":
        return is_denied_in_registry(kind, _registry)
    if sys.platform == "darwin":
        return is_denied_by_status(kind, _avfoundation_status)
    return kind == "microphone" and are_sound_nodes_closed()


def is_denied_in_registry(kind: Kind, read_value: ReadValue) -> bool:
    """The switch of the machine, of this person, and of this person for programs that are not from the store."""
    name = _NAMES[kind]
    keys = (("HKLM", name), ("HKCU", name), ("HKCU", rf"{name}\NonPackaged"))
    return any(read_value(root, rf"{_CONSENT}\{key}").lower() == "deny" for root, key in keys)


def is_denied_by_status(kind: Kind, status: Callable[[str], int]) -> bool:
    """``status``: AVAuthorizationStatus of a media type. Not asked yet (0) is not denied: opening asks the person."""
    return status(_MEDIA_TYPES[kind]) in (_RESTRICTED, _DENIED)


def are_sound_nodes_closed(folder: Path = _SOUND_NODES, may_use: Callable[[Path], bool] | None = None) -> bool:
    """Linux: there are microphones, and this user may open none of them (ALSA then lists none)."""
    allowed = may_use or (lambda path: os.access(path, os.R_OK | os.W_OK))
    nodes = sorted(folder.glob("pcmC*D*c"))
    return bool(nodes) and not any(allowed(node) for node in nodes)


def _registry(root: str, key: str) -> str:
    registry: Any = importlib.import_module("winreg")
    try:
        handle = getattr(registry, "HKEY_LOCAL_MACHINE" if root == "HKLM" else "HKEY_CURRENT_USER")
        with registry.OpenKey(handle, key) as opened:
            return str(registry.QueryValueEx(opened, "Value")[0])
    except OSError:
        return ""


def _avfoundation_status(media_type: str) -> int:
    try:
        # It comes along with cv2-enumerate-cameras.
        foundation: Any = importlib.import_module("AVFoundation")
    except ImportError:
        return 0
    return int(foundation.AVCaptureDevice.authorizationStatusForMediaType_(media_type))
