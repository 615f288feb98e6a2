"""A camera without hardware whose pictures do what its controls say, as far as light goes.

Its controls are those of a webcam, asked by the real code through a driver that is played (fake_v4l2). The picture is
a scene in linear light, lit by daylight or by lamps:

    pixel = scene · light · exposure time · gain · (white balance of the light against the one that is set)
    noise  = photons (falls with the light that was caught) + readout, both raised by the gain
    lamps  = each line of pixels is exposed a little later; light that swings with twice the mains' frequency leaves
             bands of depth |sinc(2 · mains · exposure time)|, which is nothing when whole swings are caught

Automatic exposure has a longest time: a picture's, or four times that where it may slow down in the dark; then the
gain rises. With care for lamps of 50 Hz it takes whole hundredths of a second.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import av
import numpy as np
import numpy.typing as npt

from app.errors import DeviceError
from app.runtime.clock import Clock
from capture.convert import Converter
from capture.devices import v4l2
from capture.devices.controls import CameraBook, Steering, V4l2Controls
from capture.frames import PictureFormat
from tests.contract.capture.fake_v4l2 import FakeControl, FakeDriver

Picture = npt.NDArray[np.float32]

FULL_RATE_FPS = 30.0
_TARGET = 0.21
"""Mean of the linear picture that an automatic exposure wants: luma of some 128."""
_RIGHT_S = 0.010
"""The exposure that is right for light 1.0 at gain 1."""
_MOST_GAIN = 16.0
_READOUT_S = 1 / 45
"""From the first line of pixels to the last."""
_PHOTON_NOISE, _READ_NOISE = 0.012, 0.004


def webcam_controls() -> dict[int, FakeControl]:
    """As a C920 has them, with the mains of 60 Hz that it comes with."""
    return {
        v4l2.BRIGHTNESS: FakeControl(0, 255, 128),
        v4l2.AUTO_WHITE_BALANCE: FakeControl(0, 1, 1),
        v4l2.GAIN: FakeControl(0, 255, 0),
        v4l2.POWER_LINE_FREQUENCY: FakeControl(0, 2, 2, menu=(0, 1, 2)),
        v4l2.WHITE_BALANCE_TEMPERATURE: FakeControl(2000, 6500, 4000),
        v4l2.EXPOSURE_AUTO: FakeControl(0, 3, 3, menu=(1, 3)),
        v4l2.EXPOSURE_ABSOLUTE: FakeControl(3, 2047, 250),
        v4l2.EXPOSURE_AUTO_PRIORITY: FakeControl(0, 1, 0),
        v4l2.FOCUS_AUTO: FakeControl(0, 1, 1),
    }


@dataclass
class Light:
    """What falls on the scene; may be changed while the camera runs."""

    level: float = 1.0
    """1: an office by day; 0.03: an evening with the lamp off."""
    kelvin: float = 5000.0
    mains_hz: float = 0.0
    """Of the lamps; 0 for daylight."""
    swing_ratio: float = 0.6
    """How much the lamps' light swings."""


@dataclass
class Script:
    """What happens to the camera, in seconds since it was opened first."""

    frozen_s: float | None = None
    unplugged_s: float | None = None
    replugged_s: float | None = None
    is_busy: bool = False
    is_forbidden: bool = False


@dataclass
class FakeHardware:
    """The camera itself: it outlives being opened and closed, and so do its settings."""

    scene: Picture
    """H × W × 3, BGR, linear light, 0 … 1; see ``linear``."""
    light: Light = field(default_factory=Light)
    script: Script = field(default_factory=Script)
    driver: FakeDriver = field(default_factory=lambda: FakeDriver(webcam_controls()))
    white_balance_auto_kelvin: float | None = None
    """Where its automatic settles, when it is mistaken; None: it finds the light's own."""
    started_s: float | None = None


class FakeCamera:
    """A PictureDevice over it. Raises DeviceError as the real one does. One thread."""

    def __init__(
        self, hardware: FakeHardware, picture: PictureFormat, clock: Clock, book: CameraBook, device_id: str
    ) -> None:
        self._hardware, self._clock = hardware, clock
        self.height_px, self.width_px = hardware.scene.shape[:2]
        if hardware.started_s is None:
            hardware.started_s = clock.monotonic_s()
        if self._is_away():
            raise DeviceError("no_camera")
        if hardware.script.is_forbidden:
            raise DeviceError("camera_forbidden")
        if hardware.script.is_busy:
            raise DeviceError("camera_in_use")
        self._converter = Converter(picture)
        self._pause = threading.Event()
        self._random = np.random.default_rng(7)
        self._due_s = clock.monotonic_s()
        self._lines_s = 0.0
        self._steering = Steering(book, device_id, V4l2Controls(hardware.driver.node()))

    # ---- PictureDevice ---------------------------------------------------------------------------

    def read(self) -> av.VideoFrame | None:
        """The next picture, when it is due."""
        self._steering.keep_up()
        self._due_s = max(self._due_s + 1 / self.rate_fps, self._clock.monotonic_s())
        self._clock.wait(self._pause, self._due_s - self._clock.monotonic_s())
        if self._is_away():
            raise DeviceError("camera_lost")
        frozen_s, now_s = self._hardware.script.frozen_s, self._since_s()
        if frozen_s is not None and now_s >= frozen_s:
            return None
        return self._converter.from_bgr(self.picture())

    def close(self) -> None:
        """Its settings stay, as they do in a camera that keeps its power."""
        self._steering.close()

    # ---- light -----------------------------------------------------------------------------------

    @property
    def rate_fps(self) -> float:
        """Slower only while an exposure takes longer than a picture of the full rate."""
        return float(min(FULL_RATE_FPS, 1 / self.exposure()[0]))

    def exposure(self) -> tuple[float, float]:
        """Time in seconds and gain (1 … 16), as set or as the automatic chooses them."""
        longest_s = 4 / FULL_RATE_FPS if self._value(v4l2.EXPOSURE_AUTO_PRIORITY) else 1 / FULL_RATE_FPS
        if self._value(v4l2.EXPOSURE_AUTO) == 1:
            gain = 1 + (_MOST_GAIN - 1) * self._value(v4l2.GAIN) / 255
            return min(self._value(v4l2.EXPOSURE_ABSOLUTE) / 10_000, longest_s), gain
        bias = 2 ** ((self._value(v4l2.BRIGHTNESS) - 128) / 64)
        mean = float(self._hardware.scene.mean()) * self._hardware.light.level / _RIGHT_S
        wanted_s = _TARGET * bias / max(1e-6, mean)
        time_s = min(longest_s, max(3e-4, wanted_s))
        mains_hz = {1: 50, 2: 60}.get(self._value(v4l2.POWER_LINE_FREQUENCY))
        if mains_hz is not None and time_s >= 1 / (2 * mains_hz):
            time_s = int(time_s * 2 * mains_hz + 1e-6) / (2 * mains_hz)
        return time_s, min(_MOST_GAIN, max(1.0, wanted_s / time_s))

    def picture(self) -> npt.NDArray[np.uint8]:
        """What the sensor gives now: H × W × 3, BGR."""
        light, (time_s, gain) = self._hardware.light, self.exposure()
        caught = self._hardware.scene * np.float32(light.level * time_s / _RIGHT_S) * self._bands(time_s)
        caught = caught * self._tint()
        deviation = np.sqrt(_PHOTON_NOISE**2 * np.maximum(caught, 0) + _READ_NOISE**2).astype(np.float32)
        noise = self._random.standard_normal(caught.shape, np.float32)
        return encoded((caught + deviation * noise) * np.float32(gain))

    def _bands(self, time_s: float) -> Picture:
        light = self._hardware.light
        rows = np.arange(self.height_px, dtype=np.float32) / self.height_px
        if not light.mains_hz:
            return np.ones((self.height_px, 1, 1), np.float32)
        swings_hz = 2 * light.mains_hz
        depth = light.swing_ratio * abs(np.sinc(swings_hz * time_s))
        self._lines_s += 1 / self.rate_fps
        phase = 2 * np.pi * swings_hz * (self._lines_s + rows * _READOUT_S)
        return (1 + depth * np.sin(phase)).astype(np.float32)[:, None, None]

    def _tint(self) -> Picture:
        light_kelvin, hardware = self._hardware.light.kelvin, self._hardware
        if self._value(v4l2.AUTO_WHITE_BALANCE):
            found = hardware.white_balance_auto_kelvin
            set_kelvin = light_kelvin if found is None else found
        else:
            set_kelvin = float(self._value(v4l2.WHITE_BALANCE_TEMPERATURE))
        # In steps of mired the eye and the sensor see even changes: warmer light than was set has less blue, more red.
        shift = (1e6 / light_kelvin - 1e6 / set_kelvin) / 100
        return np.array([2 ** (-0.45 * shift), 1.0, 2 ** (0.35 * shift)], np.float32)

    def _value(self, control_id: int) -> int:
        control = self._hardware.driver.controls.get(control_id)
        return control.now if control is not None else 0

    def _since_s(self) -> float:
        return self._clock.monotonic_s() - (self._hardware.started_s or 0.0)

    def _is_away(self) -> bool:
        script, now_s = self._hardware.script, self._since_s()
        is_out = script.unplugged_s is not None and now_s >= script.unplugged_s
        return is_out and (script.replugged_s is None or now_s < script.replugged_s)


def linear(pixels: npt.NDArray[np.uint8]) -> Picture:
    """A well-exposed photograph (H × W × 3, BGR) as a scene: its light, 0 … 1."""
    value = pixels.astype(np.float32) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    scaled = light * np.float32(_TARGET / max(1e-6, float(light.mean())))
    return scaled.astype(np.float32)


def encoded(light: Picture) -> npt.NDArray[np.uint8]:
    """Linear light as pixels, clipped where a sensor is full."""
    value = np.clip(light, 0, 1)
    pixels = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.round(pixels * 255).astype(np.uint8)


def grey_scene(width_px: int = 320, height_px: int = 180) -> Picture:
    """A grey wall with a lighter and a darker half, for tests that need no person."""
    scene = np.full((height_px, width_px, 3), 0.3, np.float32)
    scene[:, width_px // 2 :] = 0.12
    return scene
