"""What a camera itself can mend raises the score of its pictures: the real controls over a camera that obeys them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from app.domain.quality.measures import PictureMeasures
from app.domain.quality.model import Defect
from app.domain.quality.picture import judge_picture
from app.ports.engine import CameraControls, CameraSettings
from app.runtime.clock import ManualClock
from bench import quality_material_picture as material
from capture.devices.controls import CameraBook
from capture.frames import PictureFormat
from capture.meters.picture import PictureMeter
from tests.contract.capture.fake_camera import FakeCamera, FakeHardware, Light, linear

pytestmark = pytest.mark.slow

PICTURE = PictureFormat(640, 360, 30)
CAM = "usb:046d:082d:1:00"
SECONDS = 3.0


@dataclass(frozen=True)
class Case:
    defect: Defect
    light: Light
    before: CameraSettings
    mended: CameraSettings


CASES = (
    Case(Defect.DARK, Light(level=1.0), CameraSettings(exposure=0.05, gain=0.0), CameraSettings(is_exposure_auto=True)),
    Case(Defect.BRIGHT, Light(level=1.0), CameraSettings(exposure=0.75), CameraSettings(is_exposure_auto=True)),
    Case(
        Defect.TINT,
        Light(level=1.0, kelvin=2600.0),
        CameraSettings(white_balance_kelvin=6500),
        CameraSettings(is_white_balance_auto=True),
    ),
    Case(
        Defect.FLICKER,
        Light(level=0.8, mains_hz=50.0),
        CameraSettings(power_line_hz=60),
        CameraSettings(power_line_hz=50),
    ),
    Case(Defect.NOISE, Light(level=0.05), CameraSettings(), CameraSettings(may_slow_in_dark=True)),
)


def measured(light: Light, settings: CameraSettings) -> tuple[PictureMeasures, float, CameraControls]:
    """A person before this camera: what the meter says, the score, what the camera tells of itself."""
    take = next(one for one in material.takes(40, seed=4) if not one.is_photograph)
    rgb = material.still(take).rgb
    bgr = (np.clip(rgb[:, :, ::-1], 0, 1) * 255).astype(np.uint8)
    told: list[CameraControls] = []
    book, clock = CameraBook(told.append), ManualClock()
    book.want(CAM, settings)
    camera = FakeCamera(FakeHardware(linear(bgr), light), PICTURE, clock, book, CAM)
    meter = PictureMeter()
    begin_s = clock.monotonic_s()
    while clock.monotonic_s() - begin_s < SECONDS:
        frame = camera.read()
        if frame is not None:
            meter.feed(frame, clock.monotonic_s())
    small = meter.small()
    found = meter.look(material.finder().find(small) if small is not None else None)
    camera.close()
    return found, 100 * math.prod(1 - one.share for one in judge_picture(found)), told[-1]


@pytest.mark.parametrize("case", CASES, ids=[case.defect.value for case in CASES])
def test_the_camera_mends_it_itself(case: Case) -> None:
    before, score, _ = measured(case.light, case.before)
    share = {one.defect: one.share for one in judge_picture(before)}[case.defect]
    assert share >= 0.05, before
    after, mended, _ = measured(case.light, case.mended)
    assert mended > score + 1, (before, after)
    assert {one.defect: one.share for one in judge_picture(after)}[case.defect] < share
