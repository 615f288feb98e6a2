"""The engine: what it sends, what it is told, and bringing a new one to where the old one was. I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from app.errors import AppError
from app.ports import engine as port
from app.settings import default_recording_dir
from app.usecases.context import Context, trouble_of
from app.usecases.device_choice import camera_for, microphone_for, remembered, renamed
from app.usecases.state import AccountPhase, EngineState

HISTORY_S = 300
_IDLE = (port.PublishStatus.IDLE,)
_MOST_CAMERAS = 32
_ENGINE_TROUBLES = ("engine_restarting", "engine_given_up")


class SourcesCase:
    """``on_publish`` gets each change of the publisher, ``on_snapshot`` what it is when an engine attaches.

    ``on_fresh_engine`` runs when an idle engine attached.
    """

    def __init__(
        self,
        context: Context,
        mends: Callable[[], tuple[port.AnyCommand, ...]],
        on_publish: Callable[[port.PublishChanged], None],
        on_snapshot: Callable[[port.PublishChanged | None], None],
        on_fresh_engine: Callable[[], Awaitable[None]],
        on_figures: Callable[[], None],
        *,
        is_restart: bool,
    ) -> None:
        self._context, self._mends = context, mends
        self._on_publish, self._on_snapshot = on_publish, on_snapshot
        self._on_fresh_engine, self._on_figures = on_fresh_engine, on_figures
        self._is_restart = is_restart
        self._is_recording_wanted = False
        self._preview = (0, 0)
        self._is_list_first = False
        # What somebody chooses while a new engine is brought to what was chosen before comes after that, not amid it.
        self._turn = asyncio.Lock()

    def linked(self, is_up: bool) -> None:
        """The way to the engine opened or broke."""
        if is_up:
            self._set(is_attached=True)
        else:
            self._context.record("log.engine_away")
            self._set(is_attached=False, preview=None, stats=None, publish=None)
        self._on_figures()

    def take(self, event: port.AnyEvent) -> None:
        """An event of the engine."""
        state = self._context.state.engine
        match event:
            case port.Snapshot():
                self._snapshot(event)
            case port.SourceChanged():
                before = state.video_status if event.is_video else state.audio_status
                if event.code and (before is None or before.code != event.code):
                    self._context.record(f"error.{event.code}", name=event.name)
                self._set(**{"video_status" if event.is_video else "audio_status": event})
                if event.status is port.SourceStatus.LIVE:
                    self._remember(event.is_video)
            case port.PublishChanged():
                self._set(publish=event)
                self._context.record(f"log.publish_{event.status.value}", code=event.code, attempt=event.attempt)
                self._on_publish(event)
                self._return_to_wishes()
            case port.RecordChanged():
                self._set(record=event)
                if event.status is port.RecordStatus.FAILED:
                    self._is_recording_wanted = False
                if event.code:
                    self._context.notify(trouble_of(AppError(event.code, detail={"path": event.path})))
            case port.DevicesListed():
                self._set(devices=event)
                self.choose_first()
                self._settle(event)
            case port.CameraControls():
                self._set(camera_controls=event)
            case port.EncodersProbed():
                self._set(encoders=event.encoders)
            case port.PreviewReady():
                self._set(preview=event)
            case port.Stats():
                self._set(stats=event, history=(*state.history, event)[-HISTORY_S:])
            case _:
                return
        self._on_figures()

    def _snapshot(self, snapshot: port.Snapshot) -> None:
        before = self._context.state.engine
        self._set(
            is_attached=True,
            preview=snapshot.preview,
            video=snapshot.video,
            audio=snapshot.audio,
            video_status=snapshot.video_status,
            audio_status=snapshot.audio_status,
            output=snapshot.output,
            publish=snapshot.publish[0] if snapshot.publish else None,
            record=snapshot.record,
        )
        if self._is_restart:
            # A new window beside an engine that ran on: nobody is unmuted or shown by that.
            before = replace(before, is_muted=snapshot.is_muted, is_camera_off=snapshot.is_camera_off)
            self._set(is_muted=snapshot.is_muted, is_camera_off=snapshot.is_camera_off)
            self._is_recording_wanted = snapshot.record.status is port.RecordStatus.RECORDING
        is_at_work = any(changed.status not in _IDLE for changed in snapshot.publish) or (
            snapshot.record.status is not port.RecordStatus.IDLE
        )
        adopts, self._is_restart = self._is_restart and is_at_work, False
        self._context.drop_notices(lambda notice: notice.trouble.code in _ENGINE_TROUBLES)
        self._on_snapshot(snapshot.publish[0] if snapshot.publish else None)
        self._context.spawn(self._bring_up(snapshot, before, adopts), "engine-bring-up")

    async def _bring_up(self, snapshot: port.Snapshot, before: EngineState, adopts: bool) -> None:
        async with self._turn:
            await self._bring_to_wishes(snapshot, before, adopts)
        self._is_list_first = not adopts
        await self._context.engine.ask(port.ListDevices())
        if self._is_recording_wanted and snapshot.record.status is port.RecordStatus.IDLE:
            # The engine before it was lost in the midst; what it had recorded is finished by this one.
            await self.record(True)
        if all(changed.status in _IDLE for changed in snapshot.publish):
            await self._on_fresh_engine()

    async def _bring_to_wishes(self, snapshot: port.Snapshot, before: EngineState, adopts: bool) -> None:
        settings = self._context.state.settings
        wanted: list[port.AnyCommand] = []
        # What stood in before an engine died goes on; one that starts afresh begins with what was chosen.
        video = before.video if before.is_video_stand_in and before.video is not None else settings.video
        audio = before.audio if before.is_audio_stand_in and before.audio is not None else settings.audio
        if adopts:
            video, audio = snapshot.video, snapshot.audio
        # One that is on air already shows what is, and changes nothing.
        if not adopts:
            is_publishing = any(changed.status not in _IDLE for changed in snapshot.publish)
            if snapshot.output != settings.output and not is_publishing:
                wanted.append(port.SetOutput(output=settings.output))
            wanted += [
                port.SetCameraControls(device_id=device_id, settings=kept)
                for device_id, kept in settings.camera_settings.items()
            ]
            if snapshot.video != video:
                wanted.append(port.SetVideo(source=video))
            if snapshot.audio != audio:
                wanted.append(port.SetAudio(source=audio))
            wanted.append(port.SetGain(gain_db=settings.gain_db))
            wanted.append(port.SetMute(is_muted=before.is_muted))
            wanted.append(port.SetCameraOff(is_off=before.is_camera_off))
        if self._preview != (0, 0):
            wanted.append(self._preview_command())
        for command in wanted:
            await self._context.engine.ask(command)
        self._set(video=video, audio=audio, output=settings.output)
        await self._tell_mends(self._context.engine.ask)
        self._set(
            is_video_stand_in=_is_stand_in(video, settings.video), is_audio_stand_in=_is_stand_in(audio, settings.audio)
        )

    def choose_first(self) -> None:
        """Who never chose anything sees and hears themself at once: the first camera, the first microphone."""
        context = self._context
        settings, devices = context.state.settings, context.state.engine.devices
        if context.state.account.phase is not AccountPhase.SIGNED_IN or not context.state.engine.is_attached:
            return
        if not settings.is_video_chosen and devices.cameras:
            # One whose pictures a program makes shows nobody.
            camera = min(devices.cameras, key=lambda one: one.is_virtual)
            context.spawn(self.choose_video(port.CameraSource(device_id=camera.device_id)), "first-camera")
        if not settings.is_audio_chosen and devices.microphones:
            first = next((one for one in devices.microphones if one.is_default), devices.microphones[0])
            context.spawn(self.choose_audio(port.MicSource(device_id=first.device_id)), "first-microphone")

    async def choose_video(self, source: port.VideoSource) -> None:
        self._context.save_settings(video=source, is_video_chosen=True)
        await self._show(source, is_stand_in=False)

    async def choose_audio(self, source: port.AudioSource) -> None:
        self._context.save_settings(audio=source, is_audio_chosen=True)
        await self._hear(source, is_stand_in=False)

    async def set_camera(self, device_id: str, wanted: port.CameraSettings) -> None:
        """What a camera itself is to do, from now on; kept for whenever it is used again."""
        kept = {
            name: value for name, value in self._context.state.settings.camera_settings.items() if name != device_id
        }
        if wanted != port.CameraSettings():
            kept[device_id] = wanted
        self._context.save_settings(camera_settings=dict(list(kept.items())[-_MOST_CAMERAS:]))
        await self._tell(port.SetCameraControls(device_id=device_id, settings=wanted))

    # ---- devices that come and go ----------------------------------------------------------------

    def _settle(self, devices: port.DevicesListed) -> None:
        """After each list: mend names of older versions, and stand in for what is not there at the start.

        Only at the start: who unplugs a camera sees at once that it is gone, and it comes back by itself.
        """
        context = self._context
        is_first, self._is_list_first = self._is_list_first, False
        if not self._is_idle:
            return
        settings, engine = context.state.settings, context.state.engine
        mended = renamed(settings, devices)
        if mended != settings:
            context.save_settings(
                video=mended.video,
                audio=mended.audio,
                picture_mends=mended.picture_mends,
                sound_mends=mended.sound_mends,
                camera_settings=mended.camera_settings,
            )
            if mended.video != settings.video and engine.video == settings.video:
                context.spawn(self._show(mended.video, is_stand_in=False), "camera-renamed")
            if mended.audio != settings.audio and engine.audio == settings.audio:
                context.spawn(self._hear(mended.audio, is_stand_in=False), "microphone-renamed")
        if is_first:
            video = camera_for(mended.video, devices, settings.good_cameras)
            if video is not None and not engine.is_video_stand_in:
                context.spawn(self._show(video, is_stand_in=True), "stand-in-camera")
            audio = microphone_for(mended.audio, devices, settings.good_microphones)
            if audio is not None and not engine.is_audio_stand_in:
                context.spawn(self._hear(audio, is_stand_in=True), "stand-in-microphone")
        self._return_to_wishes()

    def _return_to_wishes(self) -> None:
        """Back to what was chosen once it is there: never while viewers watch, who would see another picture."""
        engine, settings = self._context.state.engine, self._context.state.settings
        if not self._is_idle:
            return
        video, audio = settings.video, settings.audio
        if engine.is_video_stand_in and isinstance(video, port.CameraSource) and engine.devices.camera(video.device_id):
            self._context.spawn(self._show(video, is_stand_in=False), "chosen-camera")
        if not engine.is_audio_stand_in or not isinstance(audio, port.MicSource):
            return
        if engine.devices.microphone(audio.device_id):
            self._context.spawn(self._hear(audio, is_stand_in=False), "chosen-microphone")

    @property
    def _is_idle(self) -> bool:
        engine = self._context.state.engine
        is_publishing = engine.publish is not None and engine.publish.status not in _IDLE
        return not is_publishing and (engine.record is None or engine.record.status is not port.RecordStatus.RECORDING)

    def _remember(self, is_video: bool) -> None:
        """What gives a picture or sound is what to fall back on another time."""
        engine, settings = self._context.state.engine, self._context.state.settings
        source = engine.video if is_video else engine.audio
        if is_video and isinstance(source, port.CameraSource):
            good = remembered(settings.good_cameras, source.device_id)
            if good != settings.good_cameras:
                self._context.save_settings(good_cameras=good)
        elif not is_video and isinstance(source, port.MicSource):
            good = remembered(settings.good_microphones, source.device_id)
            if good != settings.good_microphones:
                self._context.save_settings(good_microphones=good)

    async def _show(self, source: port.VideoSource, *, is_stand_in: bool) -> None:
        async with self._turn:
            self._set(video=source, is_video_stand_in=is_stand_in, camera_controls=None)
            await self._tell_mends(self._tell)
            await self._tell(port.SetVideo(source=source))

    async def _hear(self, source: port.AudioSource, *, is_stand_in: bool) -> None:
        async with self._turn:
            self._set(audio=source, is_audio_stand_in=is_stand_in)
            await self._tell_mends(self._tell)
            await self._tell(port.SetAudio(source=source))

    async def _tell_mends(self, tell: Callable[[port.AnyCommand], Awaitable[object]]) -> None:
        """What is corrected belongs to the source. All at once: what is set while an answer is waited for is told after
        them, and not overtaken by what held before."""
        await asyncio.gather(*(tell(command) for command in self._mends()))

    async def mute(self, is_muted: bool) -> None:
        self._set(is_muted=is_muted)
        self._on_figures()
        await self._tell(port.SetMute(is_muted=is_muted))

    async def hide_camera(self, is_off: bool) -> None:
        self._set(is_camera_off=is_off)
        await self._tell(port.SetCameraOff(is_off=is_off))

    async def change_gain(self, gain_db: float) -> None:
        self._context.save_settings(gain_db=gain_db)
        await self._tell(port.SetGain(gain_db=gain_db))

    async def size_preview(self, width_px: int, height_px: int) -> None:
        self._preview = (width_px, height_px)
        if self._context.state.engine.is_attached:
            await self._tell(self._preview_command())

    def _preview_command(self) -> port.SetPreview:
        width_px, height_px = self._preview
        is_mirrored = self._context.state.settings.is_preview_mirrored
        return port.SetPreview(width_px=width_px, height_px=height_px, is_mirrored=is_mirrored)

    async def list_devices(self) -> None:
        await self._tell(port.ListDevices())

    async def probe_encoders(self) -> None:
        await self._tell(port.ProbeEncoders())

    async def record(self, is_on: bool) -> None:
        """Start or stop the local recording; a failure comes back as RecordChanged."""
        self._is_recording_wanted = is_on
        if not is_on:
            await self._tell(port.StopRecording())
            return
        folder = self._context.state.settings.recording_dir or str(default_recording_dir())
        if not self._context.state.settings.recording_dir:
            await asyncio.to_thread(Path(folder).mkdir, parents=True, exist_ok=True)
        name = self._context.clock.utc().astimezone().strftime("%Y-%m-%d %H-%M-%S")
        await self._tell(port.StartRecording(directory=folder, name=name))

    async def apply(self, before: port.Output, after: port.Output, is_mirror_changed: bool) -> None:
        """Settings of the output or preview changed."""
        if before != after and self._context.state.engine.is_attached:
            done = await self._context.engine.ask(port.SetOutput(output=after))
            if done.code:
                self._context.save_settings(output=before)
                self._context.notify(trouble_of(AppError(done.code, detail=dict(done.detail))))
            else:
                self._set(output=after)
        if is_mirror_changed and self._preview != (0, 0):
            await self._tell(self._preview_command())

    async def _tell(self, command: port.AnyCommand) -> None:
        done = await self._context.engine.ask(command)
        # An engine that is away gets the same wishes when it is back.
        if done.code and done.code != "engine_away":
            self._context.notify(trouble_of(AppError(done.code, detail=dict(done.detail))))

    def _set(self, **fields: object) -> None:
        self._context.change(engine=replace(self._context.state.engine, **fields))  # type: ignore[arg-type]


def _is_stand_in(now: port.VideoSource | port.AudioSource, wish: port.VideoSource | port.AudioSource) -> bool:
    is_camera = isinstance(now, port.CameraSource) and isinstance(wish, port.CameraSource)
    is_microphone = isinstance(now, port.MicSource) and isinstance(wish, port.MicSource)
    return (is_camera or is_microphone) and now != wish
