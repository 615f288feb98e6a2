"""One click mends: what is sent and kept, for which device, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.quality.measures import (
    FaceBox,
)
from app.domain.quality.model import Defect, Group
from app.ports import engine as port
from app.usecases import wishes as w
from tests.unit.app.quality_kit import (
    GOOD_PICTURE,
    GOOD_SOUND,
    measured,
    quality,
    watched,
)
from tests.unit.app.rig import Rig, play, settle


def test_a_dark_face_is_lifted_kept_for_this_camera_and_taken_back() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        measured(rig, replace(GOOD_PICTURE, luma=45.0, face_luma=40.0))
        assert Defect.DARK in quality(rig).mendable
        await rig.do(w.MendDefect(Defect.DARK))
        mends = rig.engine.sent(port.SetPictureMends)[-1].mends
        assert mends.exposure_stops > 1.0
        assert rig.settings.kept.picture_mends == {"cam": mends}
        assert quality(rig).picture is None, "what was measured before is past"
        measured(rig)
        assert Defect.DARK in quality(rig).mended
        await rig.do(w.UndoMend(Defect.DARK))
        assert rig.engine.sent(port.SetPictureMends)[-1].mends == port.PictureMends()
        assert rig.settings.kept.picture_mends == {}

    play(scene)


def test_mends_go_with_their_camera() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        measured(rig, replace(GOOD_PICTURE, cast_blue=-20.0, cast_red=12.0))
        await rig.do(w.MendDefect(Defect.TINT))
        mends = rig.engine.sent(port.SetPictureMends)[-1].mends
        assert (mends.cast_blue, mends.cast_red) == (-20.0, 12.0)
        await rig.do(w.ChooseVideo(port.CameraSource(device_id="other")))
        assert rig.engine.sent(port.SetPictureMends)[-1].mends == port.PictureMends()
        await rig.do(w.ChooseVideo(port.CameraSource(device_id="cam")))
        assert rig.engine.sent(port.SetPictureMends)[-1].mends == mends
        rig.engine.attach()
        await settle()
        assert rig.engine.sent(port.SetPictureMends)[-1].mends == mends, "a new engine is told again"

    play(scene)


def test_a_face_at_the_side_is_cut_to_the_middle() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        measured(rig, replace(GOOD_PICTURE, face=FaceBox(0.68, 0.25, 0.14, 0.3)))
        assert Defect.OFF_CENTRE in quality(rig).mendable
        await rig.do(w.MendDefect(Defect.OFF_CENTRE))
        mends = rig.engine.sent(port.SetPictureMends)[-1].mends
        assert mends.crop_size_ratio < 1.0 and mends.crop_left_ratio > 0.2

    play(scene)


def controls(rig: Rig, **present: object) -> None:
    told = port.CameraControls(
        device_id="cam",
        present=port.CameraSettings(**present),
        power_lines_hz=(0, 50, 60) if "power_line_hz" in present else (),
    )
    rig.engine.on_event(told)


def test_lamps_that_flicker_are_mended_by_the_camera_itself_and_only_where_it_can() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        flickers = replace(GOOD_PICTURE, flicker_ratio=0.2)
        measured(rig, flickers)
        assert any(one.defect is Defect.FLICKER and one.is_found for one in quality(rig).findings[Group.PICTURE])
        assert Defect.FLICKER not in quality(rig).mendable, "nothing is known of what this camera can"
        controls(rig, power_line_hz=60)
        measured(rig, flickers)
        assert Defect.FLICKER in quality(rig).mendable
        await rig.do(w.MendDefect(Defect.FLICKER))
        (sent,) = rig.engine.sent(port.SetCameraControls)
        assert (sent.device_id, sent.settings) == ("cam", port.CameraSettings(power_line_hz=50))
        controls(rig, power_line_hz=50)
        measured(rig)
        assert Defect.FLICKER in quality(rig).mended
        await rig.do(w.UndoMend(Defect.FLICKER))
        assert rig.engine.sent(port.SetCameraControls)[-1].settings == port.CameraSettings()

    play(scene)


def test_light_that_the_camera_can_catch_itself_is_not_made_up_afterwards() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        controls(rig, is_exposure_auto=False, may_slow_in_dark=False)
        dark = replace(GOOD_PICTURE, luma=45.0, face_luma=40.0, noise=9.0)
        measured(rig, dark)
        await rig.do(w.MendDefect(Defect.DARK))
        assert rig.engine.sent(port.SetCameraControls)[-1].settings == port.CameraSettings(is_exposure_auto=True)
        assert all(one.mends == port.PictureMends() for one in rig.engine.sent(port.SetPictureMends))
        controls(rig, is_exposure_auto=True, may_slow_in_dark=False)
        measured(rig, dark)
        assert {Defect.DARK, Defect.NOISE} <= quality(rig).mendable
        await rig.do(w.MendDefect(Defect.DARK))
        assert rig.engine.sent(port.SetPictureMends)[-1].mends.exposure_stops > 1.0
        await rig.do(w.MendDefect(Defect.NOISE))
        wanted = port.CameraSettings(is_exposure_auto=True, may_slow_in_dark=True)
        assert rig.engine.sent(port.SetCameraControls)[-1].settings == wanted

    play(scene)


def test_a_quiet_voice_is_raised_to_the_target_and_taken_back() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await rig.do(w.ChangeGain(2.0))
        quiet = replace(GOOD_SOUND, integrated_lufs=-32.0, short_term_lufs=-32.0, true_peak_db=-22.0, peak_db=-22.0)
        measured(rig, sound=quiet)
        assert Defect.QUIET in quality(rig).mendable
        await rig.do(w.MendDefect(Defect.QUIET))
        assert rig.engine.sent(port.SetGain)[-1].gain_db == pytest.approx(16.0, abs=2.0)
        measured(rig)
        assert Defect.QUIET in quality(rig).mended
        await rig.do(w.UndoMend(Defect.QUIET))
        assert rig.engine.sent(port.SetGain)[-1].gain_db == 2.0

    play(scene)


def test_noise_is_suppressed_for_this_microphone_and_not_offered_twice() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        noisy = replace(GOOD_SOUND, noise_db=-30.0, snr_db=10.0)
        measured(rig, sound=noisy)
        assert Defect.NOISY in quality(rig).mendable
        await rig.do(w.MendDefect(Defect.NOISY))
        assert rig.settings.kept.sound_mends == {"mic": port.SoundMends(is_noise_suppressed=True)}
        measured(rig, sound=noisy)
        assert Defect.NOISY not in quality(rig).mendable and Defect.NOISY in quality(rig).mended

    play(scene)
