"""What a camera does by itself: exposure, gain, lamps, white balance, fewer pictures in the dark.

``CameraBook`` keeps what is wanted of which camera: written by the control thread, read by the camera's own thread,
which alone talks to the device. A control that a camera lacks is told as absent and never an error.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from app.ports.engine import CameraControls, CameraSettings
from capture.devices import v4l2

_LOG = logging.getLogger(__name__)
NOTHING_SET = CameraSettings()
_LINES = {0: 0, 1: 50, 2: 60}
"""V4L2's menu of lamps; 3 is the camera's own choice, which is told as unknown."""
_MANUAL, _BY_APERTURE, _BY_SHUTTER, _AUTO = 1, 3, 2, 0
_AUTOFOCUS, _AUTO_EXPOSURE, _AUTO_WHITE_BALANCE, _KELVIN = 39, 21, 44, 45
"""cv2.CAP_PROP_AUTOFOCUS and so on."""


class Controls(Protocol):
    """The controls of one opened camera. Its own thread."""

    def apply(self, settings: CameraSettings, touched: set[str]) -> None:
        """Set what is wanted; what is in ``touched`` and no longer wanted goes back to the camera's own. Never raises.

        ``touched`` holds the names of fields that we have set, and is kept up to date.
        """

    def told(self, device_id: str) -> CameraControls:
        """What there is and how it is set now."""

    def close(self) -> None:
        """Once."""


class CameraBook:
    """What is wanted of each camera, and what was told of the open one. Any thread."""

    def __init__(self, tell: Callable[[CameraControls], object]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._version = 0
        self._wanted: dict[str, CameraSettings] = {}
        self._touched: dict[str, set[str]] = {}
        self._last: CameraControls | None = None
        self._fixed = ""

    def want(self, device_id: str, settings: CameraSettings) -> None:
        """From now on, and whenever this camera opens."""
        with self._lock:
            self._wanted[device_id] = settings
            self._version += 1

    def wanted(self, device_id: str) -> tuple[int, CameraSettings]:
        """A number that grows with every change, and the settings."""
        with self._lock:
            settings = self._wanted.get(device_id, NOTHING_SET)
            if device_id == self._fixed:
                settings = msgspec.structs.replace(settings, is_exposure_auto=False, is_white_balance_auto=False)
            return self._version, settings

    def fix(self, device_id: str | None) -> None:
        """This camera keeps exposure and white balance as they are, for a moment; None: as was wanted before."""
        with self._lock:
            self._fixed = device_id or ""
            self._version += 1

    @property
    def told(self) -> CameraControls | None:
        """What was told last."""
        with self._lock:
            return self._last

    def touched(self, device_id: str) -> set[str]:
        """What we have set there since the program began; only the camera's thread looks into it."""
        with self._lock:
            return self._touched.setdefault(device_id, set())

    def tell_again(self, tell: Callable[[CameraControls], object]) -> None:
        """What was told last, to a window that attaches. It may be of a camera that is no longer shown."""
        with self._lock:
            last = self._last
        if last is not None:
            tell(last)

    def tell(self, controls: CameraControls) -> None:
        """By the camera's thread."""
        with self._lock:
            self._last = controls
        self._tell(controls)


class Steering:
    """Keeps one opened camera at what the book says. The camera's thread."""

    def __init__(self, book: CameraBook, device_id: str, controls: Controls) -> None:
        self._book, self._device_id, self._controls = book, device_id, controls
        self._version = -1
        self.keep_up()

    def keep_up(self) -> None:
        """Called with every picture: costs a comparison while nothing has changed."""
        version, settings = self._book.wanted(self._device_id)
        if version == self._version:
            return
        self._version = version
        try:
            self._controls.apply(settings, self._book.touched(self._device_id))
            self._book.tell(self._controls.told(self._device_id))
        except Exception:
            # A driver that fails here still gives pictures.
            _LOG.exception("the camera's controls failed")

    def close(self) -> None:
        """With the camera."""
        self._controls.close()


class NoControls:
    """Of a source that has none: a film, a camera of macOS."""

    def apply(self, settings: CameraSettings, touched: set[str]) -> None:
        """Nothing to set."""

    def told(self, device_id: str) -> CameraControls:
        """All absent."""
        return CameraControls(device_id=device_id, present=NOTHING_SET)

    def close(self) -> None:
        """Nothing to close."""


class V4l2Controls:
    """Through the node's own ioctls. A setting stays in the camera until it loses power, whoever made it."""

    def __init__(self, node: v4l2.Node) -> None:
        self._node = node
        auto = node.control(v4l2.EXPOSURE_AUTO)
        old_auto = node.control(v4l2.AUTOGAIN) if auto is None else None
        self._known = {
            "power_line_hz": node.control(v4l2.POWER_LINE_FREQUENCY),
            "is_white_balance_auto": node.control(v4l2.AUTO_WHITE_BALANCE),
            "may_slow_in_dark": node.control(v4l2.EXPOSURE_AUTO_PRIORITY),
            "is_focus_auto": node.control(v4l2.FOCUS_AUTO),
            "is_exposure_auto": auto or old_auto,
            "exposure": node.control(v4l2.EXPOSURE_ABSOLUTE) or node.control(v4l2.EXPOSURE_OLD),
            "gain": node.control(v4l2.GAIN),
            "brightness": node.control(v4l2.BRIGHTNESS),
            "white_balance_kelvin": node.control(v4l2.WHITE_BALANCE_TEMPERATURE),
        }
        self._automatic, self._manual = 1, 0
        if auto is not None:
            # Webcams call their automatic "aperture priority".
            self._automatic = _AUTO if node.has_entry(auto.id, _AUTO) else _BY_APERTURE
            self._manual = _MANUAL if node.has_entry(auto.id, _MANUAL) else _BY_SHUTTER

    def apply(self, settings: CameraSettings, touched: set[str]) -> None:
        """See Controls. Automatics first: while one is on, the camera does not take the value that it holds."""
        wanted = self._values(settings)
        for name in [name for name in reversed(self._known) if name in touched and name not in wanted]:
            control = self._known[name]
            touched.discard(name)
            if control is not None:
                self._set(name, control.id, control.default)
        for name, value in wanted.items():
            control = self._known[name]
            if control is not None and self._set(name, control.id, value):
                touched.add(name)

    def told(self, device_id: str) -> CameraControls:
        """See Controls."""
        lines, line = self._known["power_line_hz"], self._get("power_line_hz")
        kelvin = self._known["white_balance_kelvin"]
        return CameraControls(
            device_id=device_id,
            present=CameraSettings(
                power_line_hz=_LINES.get(-1 if line is None else line),
                is_exposure_auto=self._flag("is_exposure_auto", self._is_automatic),
                exposure=self._part("exposure", is_in_stops=True),
                gain=self._part("gain"),
                is_white_balance_auto=self._flag("is_white_balance_auto", bool),
                white_balance_kelvin=self._get("white_balance_kelvin"),
                may_slow_in_dark=self._flag("may_slow_in_dark", bool),
                brightness=self._part("brightness"),
                is_focus_auto=self._flag("is_focus_auto", bool),
            ),
            kelvin_min=kelvin.minimum if kelvin is not None else 0,
            kelvin_max=kelvin.maximum if kelvin is not None else 0,
            power_lines_hz=tuple(
                hz for value, hz in _LINES.items() if lines is not None and self._node.has_entry(lines.id, value)
            ),
        )

    def close(self) -> None:
        """See Controls."""
        self._node.close()

    def _values(self, settings: CameraSettings) -> dict[str, int]:
        """What is to be set, in this order."""
        values: dict[str, int] = {}
        if settings.power_line_hz is not None:
            values["power_line_hz"] = next((menu for menu, hz in _LINES.items() if hz == settings.power_line_hz), 0)
        is_auto, is_white_auto = settings.is_exposure_auto, settings.is_white_balance_auto
        if is_auto is None and settings.exposure is not None:
            is_auto = False
        if is_white_auto is None and settings.white_balance_kelvin is not None:
            is_white_auto = False
        if is_auto is not None:
            values["is_exposure_auto"] = self._automatic if is_auto else self._manual
        for name, flag in (
            ("is_white_balance_auto", is_white_auto),
            ("may_slow_in_dark", settings.may_slow_in_dark),
            ("is_focus_auto", settings.is_focus_auto),
        ):
            if flag is not None:
                values[name] = int(flag)
        if not is_auto and settings.exposure is not None:
            values["exposure"] = self._value("exposure", settings.exposure, is_in_stops=True)
        for name, part in (("gain", settings.gain), ("brightness", settings.brightness)):
            if part is not None:
                values[name] = self._value(name, part)
        kelvin = self._known["white_balance_kelvin"]
        if not is_white_auto and settings.white_balance_kelvin is not None and kelvin is not None:
            values["white_balance_kelvin"] = kelvin.fit(settings.white_balance_kelvin)
        return values

    def _value(self, name: str, part: float, *, is_in_stops: bool = False) -> int:
        control = self._known[name]
        return control.fit(_spread(control, part, is_in_stops)) if control is not None else 0

    def _part(self, name: str, *, is_in_stops: bool = False) -> float | None:
        control, value = self._known[name], self._get(name)
        return None if control is None or value is None else round(_gather(control, value, is_in_stops), 3)

    def _get(self, name: str) -> int | None:
        control = self._known[name]
        return self._node.get(control.id) if control is not None else None

    def _flag(self, name: str, is_on: Callable[[int], bool]) -> bool | None:
        value = self._get(name)
        return None if value is None else is_on(value)

    def _is_automatic(self, value: int) -> bool:
        control = self._known["is_exposure_auto"]
        is_menu = control is not None and control.id == v4l2.EXPOSURE_AUTO
        return value in (_AUTO, _BY_APERTURE) if is_menu else bool(value)

    def _set(self, name: str, control_id: int, value: int) -> bool:
        is_set = self._node.set(control_id, value)
        _LOG.info("camera control %s: %d%s", name, value, "" if is_set else " was not taken")
        return is_set


class PropertyControls:
    """Through OpenCV's properties. They have no ranges, so only switches and the white balance in kelvin are used."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture
        # What is lacking reads as -1, or cannot be written.
        self._has = {
            number for number in (_AUTOFOCUS, _AUTO_EXPOSURE, _AUTO_WHITE_BALANCE, _KELVIN) if self._is_there(number)
        }

    def apply(self, settings: CameraSettings, touched: set[str]) -> None:
        """See Controls. What is no longer wanted becomes automatic again."""
        is_white_auto = settings.is_white_balance_auto
        if is_white_auto is None and settings.white_balance_kelvin is not None:
            is_white_auto = False
        for name, number, flag in (
            ("is_exposure_auto", _AUTO_EXPOSURE, settings.is_exposure_auto),
            ("is_white_balance_auto", _AUTO_WHITE_BALANCE, is_white_auto),
            ("is_focus_auto", _AUTOFOCUS, settings.is_focus_auto),
        ):
            if number not in self._has or (flag is None and name not in touched):
                continue
            self._capture.set(number, float(flag if flag is not None else True))
            touched.discard(name) if flag is None else touched.add(name)
        if _KELVIN in self._has and not is_white_auto and settings.white_balance_kelvin is not None:
            self._capture.set(_KELVIN, float(settings.white_balance_kelvin))

    def told(self, device_id: str) -> CameraControls:
        """See Controls."""
        return CameraControls(
            device_id=device_id,
            present=CameraSettings(
                is_exposure_auto=self._flag(_AUTO_EXPOSURE),
                is_white_balance_auto=self._flag(_AUTO_WHITE_BALANCE),
                white_balance_kelvin=round(self._capture.get(_KELVIN)) if _KELVIN in self._has else None,
                is_focus_auto=self._flag(_AUTOFOCUS),
            ),
        )

    def close(self) -> None:
        """The capture is another's."""

    def _is_there(self, number: int) -> bool:
        value = self._capture.get(number)
        return value > -1 and not math.isnan(value) and bool(self._capture.set(number, value))

    def _flag(self, number: int) -> bool | None:
        return self._capture.get(number) >= 0.5 if number in self._has else None


def _spread(control: v4l2.Control, part: float, is_in_stops: bool) -> float:
    part = min(1.0, max(0.0, part))
    low, high = float(control.minimum), float(control.maximum)
    if is_in_stops and high > max(1.0, low):
        # Twice the time is one stop: equal steps are equal ratios.
        low = max(1.0, low)
        return float(low * (high / low) ** part)
    return low + (high - low) * part


def _gather(control: v4l2.Control, value: int, is_in_stops: bool) -> float:
    low, high = float(control.minimum), float(control.maximum)
    if is_in_stops and high > max(1.0, low):
        low = max(1.0, low)
        part = math.log(max(low, value) / low) / math.log(high / low)
    else:
        part = (value - low) / (high - low) if high > low else 0.0
    return min(1.0, max(0.0, part))
