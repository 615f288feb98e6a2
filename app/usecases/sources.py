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
from app.usecases.state import AccountPhase, EngineState

HISTORY_S = 300
_IDLE = (port.PublishStatus.IDLE,)
_ENGINE_TROUBLES = ("engine_restarting", "engine_given_up")


class SourcesCase:
    """``on_publish`` gets each change of the publisher, ``on_snapshot`` what it is when an engine attaches.

    ``on_fresh_engine`` runs when an idle engine attached.
    """

    def __init__(
        self,
        context: Context,
        on_publish: Callable[[port.PublishChanged], None],
        on_snapshot: Callable[[port.PublishChanged | None], None],
        on_fresh_engine: Callable[[], Awaitable[None]],
        on_figures: Callable[[], None],
        *,
        is_restart: bool,
    ) -> None:
        self._context = context
        self._on_publish, self._on_snapshot = on_publish, on_snapshot
        self._on_fresh_engine, self._on_figures = on_fresh_engine, on_figures
        self._is_restart = is_restart
        self._is_recording_wanted = False
        self._preview = (0, 0)

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
            case port.PublishChanged():
                self._set(publish=event)
                self._context.record(f"log.publish_{event.status.value}", code=event.code, attempt=event.attempt)
                self._on_publish(event)
            case port.RecordChanged():
                self._set(record=event)
                if event.status is port.RecordStatus.FAILED:
                    self._is_recording_wanted = False
                if event.code:
                    self._context.notify(trouble_of(AppError(event.code, detail={"path": event.path})))
            case port.DevicesListed():
                self._set(devices=event)
                self.choose_first()
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
        settings = self._context.state.settings
        wanted: list[port.AnyCommand] = []
        # One that is on air already shows what is, and changes nothing.
        if not adopts:
            is_publishing = any(changed.status not in _IDLE for changed in snapshot.publish)
            if snapshot.output != settings.output and not is_publishing:
                wanted.append(port.SetOutput(output=settings.output))
            if snapshot.video != settings.video:
                wanted.append(port.SetVideo(source=settings.video))
            if snapshot.audio != settings.audio:
                wanted.append(port.SetAudio(source=settings.audio))
            wanted.append(port.SetGain(gain_db=settings.gain_db))
            wanted.append(port.SetMute(is_muted=before.is_muted))
            wanted.append(port.SetCameraOff(is_off=before.is_camera_off))
        if self._preview != (0, 0):
            wanted.append(self._preview_command())
        wanted.append(port.ListDevices())
        for command in wanted:
            await self._context.engine.ask(command)
        self._set(video=settings.video if not adopts else snapshot.video)
        self._set(audio=settings.audio if not adopts else snapshot.audio, output=settings.output)
        if self._is_recording_wanted and snapshot.record.status is port.RecordStatus.IDLE:
            # The engine before it was lost in the midst; what it had recorded is finished by this one.
            await self.record(True)
        if all(changed.status in _IDLE for changed in snapshot.publish):
            await self._on_fresh_engine()

    def choose_first(self) -> None:
        """Who never chose anything sees and hears themself at once: the first camera, the first microphone."""
        context = self._context
        settings, devices = context.state.settings, context.state.engine.devices
        if context.state.account.phase is not AccountPhase.SIGNED_IN or not context.state.engine.is_attached:
            return
        if not settings.is_video_chosen and devices.cameras:
            context.spawn(self.choose_video(port.CameraSource(device_id=devices.cameras[0].device_id)), "first-camera")
        if not settings.is_audio_chosen and devices.microphones:
            first = next((one for one in devices.microphones if one.is_default), devices.microphones[0])
            context.spawn(self.choose_audio(port.MicSource(device_id=first.device_id)), "first-microphone")

    async def choose_video(self, source: port.VideoSource) -> None:
        self._context.save_settings(video=source, is_video_chosen=True)
        self._set(video=source)
        await self._tell(port.SetVideo(source=source))

    async def choose_audio(self, source: port.AudioSource) -> None:
        self._context.save_settings(audio=source, is_audio_chosen=True)
        self._set(audio=source)
        await self._tell(port.SetAudio(source=source))

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
