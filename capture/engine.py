"""The engine: sources, programme, preview and outputs, and what is known of them. No channel and no process here.

Commands are carried out in one control thread (capture.host owns it); sources, publishers and the recorder report
in threads of their own. ``emit`` may be called in any thread and must not block.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import av

from app.domain.liveness import Abort
from app.errors import AppError, BugError, InputError, StorageError
from app.ports import engine as port
from app.runtime.clock import Clock
from capture.compose.question_card import QuestionCard
from capture.liveness.liveness import Liveness
from capture.output_limits import check_output, without_bitrate
from capture.outputs import MakeRecorder, Outputs
from capture.parts import Parts
from capture.preview.preview import Preview
from capture.publish.probing import Probing
from capture.quality import Quality
from capture.sources.base import Report, SourceState
from capture.sources.card import Card
from capture.sources.make import SourceDevices
from capture.statistics import Statistics

_LOG = logging.getLogger(__name__)


class Engine:
    """``start`` first, ``close`` last, both from the control thread."""

    def __init__(
        self,
        shared_name: str,
        clock: Clock,
        emit: Callable[[port.AnyEvent], object],
        post: Callable[[Callable[[], None]], None],
        devices: SourceDevices,
        make_recorder: MakeRecorder,
        quality: Quality,
        liveness: Liveness,
    ) -> None:
        """``post`` runs a call in the control thread later; ``quality``, ``liveness`` are started and closed here."""
        self._clock = clock
        self._emit = emit
        self._post = post
        self._devices = devices
        self._quality, self._liveness = quality, liveness
        self._preview = Preview(shared_name, clock)
        self._probing = Probing(clock, emit)
        # Held from a change of state until it was told, so that what is told last is how it is.
        self._telling = threading.RLock()
        self._outputs = Outputs(
            clock,
            emit,
            self._on_record,
            lambda: post(self._outputs.replace_encoder),
            make_recorder,
            telling=self._telling,
        )
        # Under it:
        self._video_status = port.SourceChanged(is_video=True, status=port.SourceStatus.OFF)
        self._audio_status = port.SourceChanged(is_video=False, status=port.SourceStatus.OFF)
        self._generation = {True: 0, False: 0}
        # Control thread only:
        self._output = port.Output()
        self._video: port.VideoSource = port.NoVideo()
        self._audio: port.AudioSource = port.NoSound()
        self._gain_db = 0.0
        self._picture_mends, self._sound_mends = port.PictureMends(), port.SoundMends()
        self._is_muted = False
        self._is_camera_off = False
        self._question: port.ShowCard | None = None
        self._is_ending = False
        self._preview_wish = port.SetPreview(width_px=0, height_px=0)
        self._programme = self._make_programme()
        self._statistics = Statistics(clock)

    def start(self) -> None:
        """Begin to compose and mix."""
        self._preview.start()
        self._quality.start()
        self._liveness.start()
        self._programme.start()

    def close(self) -> None:
        """Say goodbye to the ingest, finish the file, give the devices back."""
        self._probing.close()
        self._liveness.close()
        self._outputs.close()
        self._programme.close()
        self._quality.close()
        self._preview.close()

    # ---- commands -----------------------------------------------------------------------------------

    def carry_out(self, command: port.AnyCommand) -> port.CommandDone:
        """Do it and say how it went; never raises."""
        try:
            self._carry_out(command)
        except AppError as error:
            detail = {name: str(value) for name, value in error.detail.items()}
            return port.CommandDone(request_id=command.request_id, code=error.code, detail=detail)
        except Exception:
            # One command that fails in an unforeseen way must not take the broadcast with it.
            _LOG.exception("%s failed", type(command).__name__)
            return port.CommandDone(request_id=command.request_id, code=BugError.default_code)
        return port.CommandDone(request_id=command.request_id)

    def _carry_out(self, command: port.AnyCommand) -> None:
        match command:
            case port.SetVideo():
                self._set_video(command.source)
            case port.SetAudio():
                self._set_audio(command.source)
            case port.SetMute():
                self._is_muted = command.is_muted
                self._programme.mixer.set_muted(command.is_muted)
                self._quality.set_muted(command.is_muted)
            case port.SetCameraOff():
                self._is_camera_off = command.is_off
                if command.is_off:
                    self._liveness.abort(Abort.CAMERA_CHANGED)
                self._show_card()
            case port.ShowCard() | port.HideCard():
                self._question = command if isinstance(command, port.ShowCard) else None
                self._lay_question()
            case port.SetGain():
                self._gain_db = command.gain_db
                self._programme.mixer.set_gain_db(command.gain_db)
                self._quality.mended(is_picture=False)
            case port.SetPictureMends():
                self._picture_mends = command.mends
                self._mend()
                self._quality.mended(is_picture=True)
            case port.SetSoundMends():
                self._sound_mends = command.mends
                self._mend()
                self._quality.mended(is_picture=False)
            case port.SetOutput():
                self._set_output(command.output)
            case port.SetPreview():
                self._preview_wish = command
                self._size_preview()
                if command.width_px > 0 and command.height_px > 0 and self._preview.ready is None:
                    raise StorageError("preview_failed")
            case port.StartPublish():
                if not command.targets:
                    raise InputError
                self._probing.cancel()
                self._liveness.abort(Abort.GIVEN_UP)
                self._outputs.start_publish(command.targets)
                self._statistics.begin_publish()
                self._quality.set_publishing(True)
            case port.StartProbe():
                if self._outputs.is_publishing:
                    raise InputError("output_busy")
                self._probing.start(command)
            case port.CancelProbe():
                self._probing.cancel()
            case port.StopPublish():
                self._outputs.stop_publish()
                self._quality.set_publishing(False)
            case port.StartRecording():
                self._outputs.start_recording(command)
            case port.StopRecording():
                self._outputs.stop_recording()
            case port.BeginLiveness():
                self._begin_liveness(command)
            case _:
                # What is none of these parts' is the host's own: lists, probes, snapshots, leaving.
                if not self._liveness.carry_out(command):
                    self._quality.carry_out(command)

    def _begin_liveness(self, command: port.BeginLiveness) -> None:
        if self._outputs.is_publishing:
            raise InputError("output_busy")
        if not isinstance(self._video, port.CameraSource) or self._is_camera_off:
            raise InputError("liveness_camera_needed")
        self._liveness.begin(command)
        if self._video_status.status in (port.SourceStatus.LOST, port.SourceStatus.FAILED):
            self._liveness.source_changed(self._video_status)

    # ---- what it is ---------------------------------------------------------------------------------

    def tell_all(self, tell: Callable[[port.AnyEvent], object]) -> None:
        """Tell everything a new window must know; no change is told between looking and telling. Control thread."""
        with self._telling:
            tell(
                port.Snapshot(
                    video=self._video,
                    audio=self._audio,
                    is_muted=self._is_muted,
                    is_camera_off=self._is_camera_off,
                    output=self._output,
                    video_status=self._video_status,
                    audio_status=self._audio_status,
                    publish=self._outputs.publish_states,
                    record=self._outputs.record_state,
                    preview=self._preview.ready,
                )
            )

    @property
    def output(self) -> port.Output:
        """The present format."""
        return self._output

    @property
    def known_encoder(self) -> str:
        """The one that "auto" turned out to be, empty before it was needed. Any thread."""
        return self._outputs.known_encoder

    @property
    def is_on(self) -> bool:
        """Whether it publishes or records. Any thread."""
        return self._outputs.is_on

    @property
    def recording_path(self) -> str:
        """Of the recording that runs or ran last; empty before the first. Any thread."""
        return self._outputs.record_state.path

    def statistics(self) -> port.Stats:
        """Called once a second by the control thread."""
        compositor, mixer = self._programme.compositor, self._programme.mixer
        self._quality.second(mixer.late_blocks)
        return self._statistics.make(
            compositor.frames,
            compositor.late_frames,
            mixer.late_blocks,
            mixer.meter,
            self._outputs,
            self._output.video_kbps,
        )

    def set_ending(self, is_ending: bool) -> None:
        """The slate that says the broadcast is about to end, or the picture again."""
        self._is_ending = is_ending
        self._show_card()

    def window_gone(self) -> None:
        """Nobody looks into the camera for it any longer."""
        self._liveness.abort(Abort.FOCUS_LOST)

    def stop_outputs(self) -> None:
        """End publishing and recording; nobody is left to answer what is on screen."""
        self._question = None
        self._lay_question()
        self._outputs.stop_publish()
        self._outputs.stop_recording()
        self._quality.set_publishing(False)

    # ---- sources ------------------------------------------------------------------------------------

    def _set_video(self, source: port.VideoSource) -> None:
        if source == self._video and self._programme.picture is not None:
            return
        self._liveness.abort(Abort.CAMERA_CHANGED)
        self._video = source
        self._size_preview()
        self._mend()
        compositor = self._programme.compositor
        # The old one goes first: the new one may be the same device. Meanwhile its last picture stays.
        compositor.set_status(port.SourceStatus.STARTING)
        if self._programme.picture is not None:
            self._programme.picture.close()
        report = self._reporter(is_video=True)
        self._programme.picture = self._programme.maker.picture(source, report)
        compositor.set_source(self._programme.picture)
        if self._programme.picture is None:
            report(SourceState(port.SourceStatus.OFF))
        else:
            self._programme.picture.start()

    def _set_audio(self, source: port.AudioSource) -> None:
        if source == self._audio and self._programme.sound is not None:
            return
        self._audio = source
        mixer = self._programme.mixer
        mixer.set_source(None)
        if self._programme.sound is not None:
            self._programme.sound.close()
        self._programme.sound = self._programme.maker.sound(source, self._reporter(is_video=False))
        mixer.set_source(self._programme.sound)
        self._programme.sound.start()

    def _reporter(self, is_video: bool) -> Report:
        with self._telling:
            self._generation[is_video] += 1
            generation = self._generation[is_video]

        def report(state: SourceState) -> None:
            changed = port.SourceChanged(
                is_video=is_video,
                status=state.status,
                code=state.code,
                name=state.name,
                width_px=state.width_px,
                height_px=state.height_px,
            )
            with self._telling:
                # A source that was replaced may still have something to say.
                if generation != self._generation[is_video]:
                    return
                if is_video:
                    self._video_status = changed
                    self._programme.compositor.set_status(state.status)
                else:
                    self._audio_status = changed
                self._quality.source_changed(self._video if is_video else self._audio, changed)
                self._liveness.source_changed(changed)
                self._emit(changed)

        return report

    def _mend(self) -> None:
        # What is on a screen is as it is meant to be.
        is_screen = isinstance(self._video, port.ScreenSource)
        self._programme.compositor.set_mends(port.PictureMends() if is_screen else self._picture_mends)
        self._programme.mixer.set_mends(self._sound_mends)

    def _show_card(self) -> None:
        card = Card.ENDING if self._is_ending else Card.CAMERA_OFF if self._is_camera_off else None
        self._programme.compositor.set_card(card)

    def _lay_question(self) -> None:
        asked, output = self._question, self._output
        card = QuestionCard(output.width_px, output.height_px, asked.name, asked.text) if asked is not None else None
        self._programme.compositor.set_question(card)

    def _size_preview(self) -> None:
        wish = self._preview_wish
        # People know themselves from the mirror; a text on a screen or in a film they do not.
        is_mirrored = wish.is_mirrored and isinstance(self._video, port.CameraSource)
        before = self._preview.ready
        ready = self._preview.resize(max(0, wish.width_px), max(0, wish.height_px), is_mirrored)
        if ready is not None and ready != before:
            self._emit(ready)

    # ---- format -------------------------------------------------------------------------------------

    def _set_output(self, output: port.Output) -> None:
        check_output(output)
        before, after = (without_bitrate(value) for value in (self._output, output))
        if before == after:
            self._outputs.set_output(output)
            self._output = output
            return
        if self._outputs.is_busy:
            raise InputError("output_busy")
        is_same_picture = (before.width_px, before.height_px, before.rate_fps) == (
            after.width_px,
            after.height_px,
            after.rate_fps,
        )
        self._outputs.set_output(output)
        self._output = output
        if not is_same_picture:
            self._rebuild()

    def _rebuild(self) -> None:
        old, self._programme = self._programme, self._make_programme()
        old.close()
        self._show_card()
        self._lay_question()
        self._programme.mixer.set_gain_db(self._gain_db)
        self._programme.mixer.set_muted(self._is_muted)
        self._programme.start()
        self._set_video(self._video)
        self._set_audio(self._audio)

    def _make_programme(self) -> Parts:
        return Parts(
            self._output,
            self._clock,
            self._devices,
            self._on_picture,
            self._outputs,
            self._preview.levels,
            self._quality,
        )

    def _on_picture(self, slot: int, frame: av.VideoFrame) -> None:
        self._outputs.offer_picture(slot, frame)
        self._preview.offer(frame)

    # ---- outputs ------------------------------------------------------------------------------------

    def _on_record(self, changed: port.RecordChanged) -> None:
        if changed.status is port.RecordStatus.FAILED:
            self._post(self._outputs.drop_failed_recording)
        self._emit(changed)
