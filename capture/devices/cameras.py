"""List of cameras. On Linux from sysfs, elsewhere by asking OpenCV for the first indices. Any worker thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from app.ports.engine import Camera

_SYSFS = Path("/sys/class/video4linux")
_PROBED_INDICES = 4


def list_cameras(sysfs: Path = _SYSFS) -> tuple[Camera, ...]:
    """Cameras, cheapest way first. Elsewhere than on Linux a camera that is in use may be missing."""
    if sys.platform.startswith("linux"):
        return _from_sysfs(sysfs)
    return by_index()


def has_cameras() -> bool:
    """Whether the system knows of any; True where only opening would tell."""
    return bool(_from_sysfs(_SYSFS)) if sys.platform.startswith("linux") else True


def camera_name(device_id: str, sysfs: Path = _SYSFS) -> str:
    """What the system calls a camera; its id when unknown."""
    try:
        return (sysfs / Path(device_id).name / "name").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return device_id


def _from_sysfs(sysfs: Path) -> tuple[Camera, ...]:
    if not sysfs.is_dir():
        return ()
    found = []
    for node in sorted(sysfs.glob("video*"), key=lambda path: int("".join(filter(str.isdigit, path.name)) or 0)):
        try:
            # One camera has several nodes; index 0 is the one that carries pictures, the others metadata.
            if (node / "index").read_text().strip() not in ("0", ""):
                continue
        except OSError:
            pass
        found.append(Camera(device_id=f"/dev/{node.name}", name=camera_name(node.name, sysfs)))
    return tuple(found)


def backend() -> int:
    """Through what cameras are opened here; listed through the same, for another counts them in another order."""
    import cv2

    if sys.platform == "win32":
        return int(cv2.CAP_DSHOW)
    return int(cv2.CAP_AVFOUNDATION if sys.platform == "darwin" else cv2.CAP_V4L2)


def _opens(index: int) -> bool:
    import cv2

    capture = cv2.VideoCapture(index, backend())
    is_there = bool(capture.isOpened())
    capture.release()
    return is_there


def by_index(opens: Callable[[int], bool] = _opens) -> tuple[Camera, ...]:
    """Those of the first indices that can be opened; one that another program holds hides none behind it."""
    found = []
    for index in range(_PROBED_INDICES):
        if not opens(index):
            continue
        found.append(Camera(device_id=str(index), name=f"Camera {index + 1}"))
    return tuple(found)
