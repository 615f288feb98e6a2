"""Chosen devices that are away, old ids, and what is remembered. No threads, no real time."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from app.ports import engine as port
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.device_choice import MOST_REMEMBERED, camera_for, microphone_for, remembered, renamed
from tests.unit.app.rig import Rig, play, settle

FRONT = port.Camera(device_id="usb:1:2:front:00", name="Front", aliases=("/dev/video0",))
SIDE = port.Camera(device_id="usb:1:2:side:00", name="Side", aliases=("/dev/video2",))
OBS = port.Camera(device_id="virtual:OBS", name="OBS", is_virtual=True)
PREFERRED = port.Microphone(device_id="default", name="Yeti", is_default=True, aliases=("ALSA/pulse",))
YETI = port.Microphone(device_id="pulse/yeti", name="Yeti")
C920 = port.Microphone(device_id="pulse/c920", name="C920")


def cam(camera: port.Camera) -> port.CameraSource:
    return port.CameraSource(device_id=camera.device_id)


def mic(microphone: port.Microphone) -> port.MicSource:
    return port.MicSource(device_id=microphone.device_id)


def devices(*found: port.Camera | port.Microphone) -> port.DevicesListed:
    return port.DevicesListed(
        cameras=tuple(one for one in found if isinstance(one, port.Camera)),
        microphones=tuple(one for one in found if isinstance(one, port.Microphone)),
    )


# ---- rules ---------------------------------------------------------------------------------------


def test_what_is_there_needs_nobody_in_its_place() -> None:
    assert camera_for(cam(FRONT), devices(FRONT, SIDE), ()) is None
    assert camera_for(port.CameraSource(device_id="/dev/video0"), devices(FRONT), ()) is None
    assert camera_for(port.NoVideo(), devices(FRONT), ()) is None
    assert microphone_for(mic(YETI), devices(YETI), ()) is None
    assert microphone_for(port.NoSound(), devices(YETI), ()) is None


def test_what_worked_last_comes_first_and_programs_come_last() -> None:
    wish = port.CameraSource(device_id="gone", width_px=1920, height_px=1080)
    found = camera_for(wish, devices(OBS, FRONT, SIDE), ("away", SIDE.device_id))
    assert found == port.CameraSource(device_id=SIDE.device_id, width_px=1920, height_px=1080)
    assert camera_for(wish, devices(OBS, FRONT, SIDE), ()) == msgspec.structs.replace(wish, device_id=FRONT.device_id)
    assert camera_for(wish, devices(OBS), ()) == msgspec.structs.replace(wish, device_id=OBS.device_id)
    assert camera_for(wish, devices(), (SIDE.device_id,)) is None


def test_for_a_microphone_what_the_system_prefers_comes_before_the_first() -> None:
    wish = port.MicSource(device_id="gone")
    assert microphone_for(wish, devices(C920, PREFERRED), ()) == mic(PREFERRED)
    assert microphone_for(wish, devices(C920, PREFERRED), (C920.device_id,)) == mic(C920)
    assert microphone_for(wish, devices(), ()) is None


def test_what_is_remembered_is_short_and_has_each_once() -> None:
    good: tuple[str, ...] = ()
    for number in [*range(12), 11, 4]:
        good = remembered(good, str(number))
    assert good == ("4", "11", "10", "9", "8", "7", "6", "5")
    assert len(good) == MOST_REMEMBERED


def test_old_ids_become_those_that_stay_with_all_that_was_kept_for_them() -> None:
    old = Settings(
        video=port.CameraSource(device_id="/dev/video2", width_px=1920),
        audio=port.MicSource(device_id="ALSA/pulse"),
        picture_mends={"/dev/video2": port.PictureMends(exposure_stops=1.0), "x": port.PictureMends()},
        sound_mends={"ALSA/pulse": port.SoundMends(is_mono=True)},
        camera_settings={"/dev/video2": port.CameraSettings(power_line_hz=50)},
    )
    now = renamed(old, devices(FRONT, SIDE, PREFERRED))
    assert now.video == port.CameraSource(device_id=SIDE.device_id, width_px=1920)
    assert now.audio == mic(PREFERRED)
    assert now.picture_mends == {SIDE.device_id: port.PictureMends(exposure_stops=1.0), "x": port.PictureMends()}
    assert now.sound_mends == {"default": port.SoundMends(is_mono=True)}
    assert now.camera_settings == {SIDE.device_id: port.CameraSettings(power_line_hz=50)}
    assert renamed(now, devices(FRONT, SIDE, PREFERRED)) is now
    assert renamed(old, devices(FRONT)) is old


def test_settings_files_of_older_versions_are_read_as_they_were() -> None:
    kept = b'{"version":1,"video":{"type":"CameraSource","device_id":"/dev/video0"},"is_video_chosen":true}'
    read = msgspec.json.decode(kept, type=Settings)
    assert read.video == port.CameraSource(device_id="/dev/video0")
    assert (read.good_cameras, read.camera_settings) == ((), {})
    assert renamed(read, devices(FRONT)).video == cam(FRONT)


def test_the_common_id_of_two_alike_is_left_as_it_was_chosen() -> None:
    twin = port.Camera(device_id="usb:1:2::00@port-1", name="Twin", aliases=("usb:1:2::00",))
    chosen = Settings(video=port.CameraSource(device_id="usb:1:2::00"))
    assert renamed(chosen, devices(twin)) is chosen


# ---- in the desk ---------------------------------------------------------------------------------


def chose(rig: Rig, video: port.VideoSource, audio: port.AudioSource, **more: object) -> None:
    rig.settings.kept = Settings(
        platform_url="http://127.0.0.1:1", video=video, audio=audio, is_video_chosen=True, is_audio_chosen=True, **more
    )


async def list_now(rig: Rig, *found: port.Camera | port.Microphone) -> None:
    rig.engine.on_event(devices(*found))
    await settle()


def shown(rig: Rig) -> list[port.VideoSource]:
    return [command.source for command in rig.engine.sent(port.SetVideo)]


def heard(rig: Rig) -> list[port.AudioSource]:
    return [command.source for command in rig.engine.sent(port.SetAudio)]


async def begin(rig: Rig) -> None:
    rig.start()
    rig.engine.attach()
    await settle()


def test_a_chosen_camera_that_is_away_at_the_start_is_stood_in_for_and_returned_to() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), mic(C920), good_cameras=(FRONT.device_id, SIDE.device_id))
        await begin(rig)
        await list_now(rig, OBS, SIDE, PREFERRED, YETI)
        engine = rig.desk.state.engine
        assert (engine.video, engine.is_video_stand_in) == (cam(SIDE), True)
        assert (engine.audio, engine.is_audio_stand_in) == (mic(PREFERRED), True)
        assert rig.desk.state.settings.video == cam(FRONT), "what was chosen is still wished for"
        await list_now(rig, OBS, SIDE, FRONT, PREFERRED, C920)
        engine = rig.desk.state.engine
        assert (engine.video, engine.is_video_stand_in) == (cam(FRONT), False)
        assert (engine.audio, engine.is_audio_stand_in) == (mic(C920), False)
        assert shown(rig) == [cam(FRONT), cam(SIDE), cam(FRONT)]
        assert heard(rig) == [mic(C920), mic(PREFERRED), mic(C920)]

    play(scene)


def test_while_viewers_watch_the_picture_is_not_switched() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), port.NoSound())
        await begin(rig)
        await list_now(rig, SIDE)
        rig.engine.publish(port.PublishStatus.ON_AIR)
        await list_now(rig, SIDE, FRONT)
        assert rig.desk.state.engine.video == cam(SIDE)
        rig.engine.publish(port.PublishStatus.IDLE)
        await settle()
        assert rig.desk.state.engine.video == cam(FRONT)
        assert not rig.desk.state.engine.is_video_stand_in

    play(scene)


def test_one_that_is_unplugged_later_is_waited_for() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), port.NoSound())
        await begin(rig)
        await list_now(rig, FRONT, SIDE)
        await list_now(rig, SIDE)
        assert rig.desk.state.engine.video == cam(FRONT)
        assert shown(rig) == [cam(FRONT)]

    play(scene)


def test_a_choice_of_the_person_ends_standing_in() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), port.NoSound())
        await begin(rig)
        await list_now(rig, SIDE)
        await rig.desk._sources.choose_video(cam(SIDE))
        await list_now(rig, SIDE, FRONT)
        assert rig.desk.state.engine.video == cam(SIDE)
        assert not rig.desk.state.engine.is_video_stand_in
        assert rig.desk.state.settings.video == cam(SIDE)

    play(scene)


def test_an_engine_that_is_started_again_goes_on_with_who_stood_in() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), port.NoSound())
        await begin(rig)
        await list_now(rig, SIDE)
        rig.engine.on_link(False)
        rig.engine.attach()
        await settle()
        engine = rig.desk.state.engine
        assert shown(rig)[-1] == cam(SIDE)
        assert (engine.video, engine.is_video_stand_in) == (cam(SIDE), True)

    play(scene)


def test_what_gives_a_picture_or_sound_is_remembered() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), mic(YETI), good_cameras=(SIDE.device_id,))
        await begin(rig)
        await list_now(rig, FRONT, SIDE, YETI)
        for is_video in (True, False, True):
            rig.engine.on_event(port.SourceChanged(is_video=is_video, status=port.SourceStatus.LIVE))
        assert rig.settings.kept.good_cameras == (FRONT.device_id, SIDE.device_id)
        assert rig.settings.kept.good_microphones == (YETI.device_id,)

    play(scene)


def test_old_ids_are_mended_at_the_first_list_but_not_on_air() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, port.CameraSource(device_id="/dev/video0"), port.MicSource(device_id="ALSA/pulse"))
        await begin(rig)
        rig.engine.publish(port.PublishStatus.ON_AIR)
        await list_now(rig, FRONT, PREFERRED)
        assert rig.settings.kept.video == port.CameraSource(device_id="/dev/video0")
        rig.engine.publish(port.PublishStatus.IDLE)
        await list_now(rig, FRONT, PREFERRED)
        assert (rig.settings.kept.video, rig.settings.kept.audio) == (cam(FRONT), mic(PREFERRED))
        assert (rig.desk.state.engine.video, rig.desk.state.engine.audio) == (cam(FRONT), mic(PREFERRED))

    play(scene)


def test_who_never_chose_sees_a_camera_before_a_program() -> None:
    async def scene(rig: Rig) -> None:
        rig.settings.kept = Settings(platform_url="http://127.0.0.1:1")
        await begin(rig)
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        await list_now(rig, OBS, SIDE)
        assert rig.desk.state.settings.video == cam(SIDE)

    play(scene)


def test_what_a_camera_is_to_do_is_kept_for_it_and_told_to_every_engine() -> None:
    fifty = port.CameraSettings(power_line_hz=50)

    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), port.NoSound())
        await begin(rig)
        await rig.desk._sources.set_camera(FRONT.device_id, fifty)
        assert rig.settings.kept.camera_settings == {FRONT.device_id: fifty}
        rig.engine.on_link(False)
        rig.engine.commands.clear()
        rig.engine.attach()
        await settle()
        told = [type(command) for command in rig.engine.commands]
        assert rig.engine.sent(port.SetCameraControls)[0].settings == fifty
        assert told.index(port.SetCameraControls) < told.index(port.SetVideo), "before the camera opens"
        await rig.desk._sources.set_camera(FRONT.device_id, port.CameraSettings())
        assert rig.settings.kept.camera_settings == {}
        assert rig.engine.sent(port.SetCameraControls)[-1].settings == port.CameraSettings()

    play(scene)


def test_what_an_open_camera_can_do_is_in_the_state_until_another_is_shown() -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), port.NoSound())
        await begin(rig)
        told = port.CameraControls(device_id=FRONT.device_id, present=port.CameraSettings(power_line_hz=60))
        rig.engine.on_event(told)
        assert rig.desk.state.engine.camera_controls == told
        await rig.desk._sources.choose_video(cam(SIDE))
        assert rig.desk.state.engine.camera_controls is None

    play(scene)


@pytest.mark.parametrize("turns", range(0, 60, 3))
def test_what_is_chosen_while_an_engine_is_brought_up_is_what_is_shown(turns: int) -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), mic(C920))
        at_once = rig.engine.ask

        async def ask(command: port.AnyCommand) -> port.CommandDone:
            for _ in range(4):
                await asyncio.sleep(0)
            return await at_once(command)

        rig.engine.ask = ask  # type: ignore[method-assign]
        rig.start()
        rig.engine.attach()
        for _ in range(turns):
            await asyncio.sleep(0)
        rig.desk.wish(w.ChooseVideo(cam(SIDE)))
        rig.desk.wish(w.ChooseAudio(mic(YETI)))
        for _ in range(8):
            await settle()
        engine = rig.desk.state.engine
        assert (engine.video, engine.audio) == (cam(SIDE), mic(YETI))
        assert (shown(rig)[-1], heard(rig)[-1]) == (cam(SIDE), mic(YETI))

    play(scene)


@pytest.mark.parametrize("turns", range(12))
def test_what_is_set_while_a_source_changes_is_not_overtaken_by_what_held_before(turns: int) -> None:
    async def scene(rig: Rig) -> None:
        chose(rig, cam(FRONT), mic(C920))
        await begin(rig)
        await rig.do(w.WatchQuality(True), w.WatchQuality(False))
        at_once = rig.engine.ask

        async def ask(command: port.AnyCommand) -> port.CommandDone:
            """It goes out when it is asked; the answer takes a while."""
            done = await at_once(command)
            for _ in range(3):
                await asyncio.sleep(0)
            return done

        rig.engine.ask = ask  # type: ignore[method-assign]
        rig.desk.wish(w.ChooseVideo(cam(SIDE)))
        for _ in range(turns):
            await asyncio.sleep(0)
        rig.desk.wish(w.WatchQuality(True))
        await settle()
        assert rig.engine.sent(port.SetMeterRate)[-1].rate is port.MeterRate.PREFLIGHT
        assert rig.engine.sent(port.SetVideo)[-1].source == cam(SIDE)

    play(scene)
