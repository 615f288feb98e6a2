"""The face check as a part of the engine: its commands, its thread, its camera and its landmarker.

Commands come from the control thread. Frames come from the camera's thread and wait in a short row; the thread
``liveness`` takes them from there. One lock keeps an attempt to one caller at a time: a command waits for the frame
that is being looked at, some 20 ms, and a second or two where the landmarker hangs.

An attempt and a broadcast exclude each other: it is refused while publishing, and publishing aborts it. The window's
going aborts it as well. What was sealed stays until it is dropped or another attempt begins: nobody here can read it.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from app.domain.liveness import Abort
from app.errors import InputError
from app.liveness.package import Device
from app.ports import engine as port
from app.runtime.clock import Clock
from capture.devices.cameras import Cameras
from capture.devices.controls import CameraBook
from capture.frames import Array
from capture.liveness.mesh_process import MeshGoneError, MeshProcess
from capture.liveness.run import Run, Sealed, Surroundings
from capture.liveness.tap import CameraTap, OpenedCamera

_LOG = logging.getLogger(__name__)

MOST_WAITING = 8
"""Frames: a quarter of a second. More are dropped, the oldest first, and the attempt finds them missing."""
_BEHIND = 3
"""With so many waiting a frame is encoded and not looked at."""
MOST_PART_BYTES = 512 * 1024
LOADS_MS = 45_000.0
"""For the landmarker to load, from a slow disk."""
_TICK_S = 0.1
_JOIN_S = 2.0
_NONCE_BYTES, _MOST_NAME = 32, 120


class Liveness:
    """``start`` and ``close`` once. ``opened`` and ``show``: camera's thread; ``source_changed``: any; else control."""

    def __init__(
        self,
        clock: Clock,
        emit: Callable[[port.AnyEvent], object],
        tap: CameraTap,
        book: CameraBook | None,
        mesh: MeshProcess,
        cameras: Cameras | None = None,
    ) -> None:
        """``mesh`` is started and closed here."""
        self._clock, self._emit, self._tap, self._book, self._mesh = clock, emit, tap, book, mesh
        self._cameras = cameras or Cameras()
        self._lock = threading.Lock()
        # Under it:
        self._run: Run | None = None
        self._sealed: Sealed | None = None
        self._began_ms = 0.0
        self._wake = threading.Condition()
        # Under its lock, held for a moment only:
        self._frames: deque[tuple[Array, int]] = deque(maxlen=MOST_WAITING)
        self._away_code: str | None = None
        self._is_reopened = False
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="liveness", daemon=True)

    def start(self) -> None:
        """Nothing is loaded and nothing looked at yet."""
        self._mesh.start()
        self._thread.start()

    def close(self) -> None:
        """Whatever there is of a person is dropped."""
        self.abort(Abort.GIVEN_UP)
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._mesh.close()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self._sealed = None

    @property
    def is_running(self) -> bool:
        """Whether an attempt is under way. Any thread."""
        run = self._run
        return run is not None and not run.is_over

    # ---- commands --------------------------------------------------------------------------------

    def carry_out(self, command: port.AnyCommand) -> bool:
        """Whether it was for here. Raises InputError; ``BeginLiveness`` is ``begin``."""
        match command:
            case port.PrepareLiveness():
                self._mesh.prepare()
            case port.OrderLiveness():
                with self._lock:
                    self._running().order(command)
            case port.FlashBegan():
                with self._lock:
                    self._running().flash_began(float(command.at_ms))
            case port.AbortLiveness():
                self.abort(command.reason)
            case port.ReadLiveness():
                self._read(command)
            case port.DropLiveness():
                with self._lock:
                    self._sealed = None
            case _:
                return False
        return True

    def begin(self, asked: port.BeginLiveness) -> None:
        """Raises InputError; ``liveness_unavailable`` where there is no landmarker."""
        try:
            X25519PublicKey.from_public_bytes(asked.seal_key)
        except ValueError as cause:
            raise InputError from cause
        if len(asked.nonce) != _NONCE_BYTES or not asked.session_id or len(asked.session_id) > _MOST_NAME:
            raise InputError
        if self._mesh.is_missing:
            raise InputError("liveness_unavailable")
        self.abort(Abort.GIVEN_UP)
        self._mesh.prepare()
        with self._wake:
            self._frames.clear()
            self._is_reopened, self._away_code = False, None
        with self._lock:
            self._sealed = None
            self._began_ms = self._now_ms()
            camera = self._tap.camera
            around = Surroundings(
                self._emit, self._now_ms, lambda is_fixed: self._fix(camera, is_fixed),
                lambda: self._is_fixed(camera), lambda: self._device(camera),
            )  # fmt: skip
            self._run = Run(asked, self._mesh, around)
        self._tap.listen(self)
        with self._wake:
            self._wake.notify()

    def abort(self, reason: Abort, code: str = "") -> None:
        """Harmless without one."""
        with self._lock:
            if self._run is not None:
                self._run.abort(reason, code)
            self._end_run()

    def _running(self) -> Run:
        if self._run is None:
            raise InputError("liveness_lost")
        return self._run

    def _read(self, command: port.ReadLiveness) -> None:
        with self._lock:
            kept = self._sealed
        session_id, data = "", b""
        if kept is not None:
            from_byte = max(0, command.offset)
            session_id = kept.session_id
            data = kept.content[from_byte : from_byte + max(0, min(command.max_bytes, MOST_PART_BYTES))]
        self._emit(port.LivenessPart(session_id=session_id, offset=command.offset, data=data))

    # ---- what happens to the camera --------------------------------------------------------------

    def opened(self, camera: OpenedCamera) -> None:
        """See capture.liveness.tap.Listener."""
        with self._wake:
            self._frames.clear()
            self._is_reopened = True
            self._wake.notify()

    def show(self, bgr: Array, at_us: int) -> None:
        """See capture.liveness.tap.Listener."""
        with self._wake:
            self._frames.append((bgr, at_us))
            self._wake.notify()

    def source_changed(self, changed: port.SourceChanged) -> None:
        """The picture's source went live, or is no longer. Any thread; returns at once."""
        if not changed.is_video or not self.is_running:
            return
        with self._wake:
            is_away = changed.status in (port.SourceStatus.LOST, port.SourceStatus.FAILED)
            self._away_code = changed.code if is_away else None
            self._wake.notify()

    # ---- its thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        while self._wait():
            try:
                self._step()
            except MeshGoneError:
                self._mesh_gone()
            except Exception:
                # Whatever it was, it costs an attempt, never the engine.
                _LOG.exception("the face check failed")
                self.abort(Abort.FRAMES_MISSING, "liveness_unavailable")

    def _wait(self) -> bool:
        """Until there is something to do; False at the end."""
        with self._wake:
            while not self._is_closing and not self._frames:
                if self._run is not None:
                    self._wake.wait(_TICK_S)
                    break
                self._wake.wait()
            return not self._is_closing

    def _step(self) -> None:
        """What waits: the camera's state, then a frame."""
        is_loaded = self._mesh.is_loaded
        with self._wake:
            away_code, self._away_code = self._away_code, None
            is_reopened, self._is_reopened = self._is_reopened, False
            if not is_loaded:
                # Nobody can look yet.
                self._frames.clear()
            frame = self._frames.popleft() if self._frames else None
            waiting = len(self._frames)
        with self._lock:
            run = self._run
            if run is None:
                return
            if is_reopened:
                run.reopened()
            if away_code:
                run.away(away_code)
            if frame is not None:
                run.show(*frame, is_analysed=waiting < _BEHIND)
            elif not is_loaded:
                self._await_mesh(run)
            run.tick()
            if run.is_over:
                self._end_run()

    def _await_mesh(self, run: Run) -> None:
        is_late = self._now_ms() - self._began_ms > LOADS_MS
        if self._mesh.is_missing or is_late:
            if is_late:
                self._mesh.give_up()
            run.abort(Abort.GIVEN_UP, "liveness_unavailable")

    def _mesh_gone(self) -> None:
        """It died: what it was looking at is lost, and the person may begin anew at once."""
        with self._lock:
            run = self._run
            if run is None:
                return
            if run.is_in_place:
                run.abort(Abort.FRAMES_MISSING, "liveness_lost")
                self._end_run()
            else:
                run.reopened()
        self._mesh.prepare()

    def _end_run(self) -> None:
        """Keep what was sealed, if it was; nobody listens to the camera any more."""
        run, self._run = self._run, None
        if run is not None:
            self._sealed = run.sealed or self._sealed
            self._tap.listen(None)
            with self._wake:
                self._frames.clear()

    # ---- camera and clock ------------------------------------------------------------------------

    def _now_ms(self) -> float:
        return self._clock.monotonic_s() * 1000

    def _fix(self, camera: OpenedCamera | None, is_fixed: bool) -> None:
        if self._book is not None:
            self._book.fix(camera.device_id if camera is not None and is_fixed else None)

    def _is_fixed(self, camera: OpenedCamera | None) -> tuple[bool | None, bool | None]:
        """Of exposure and white balance; None where the camera does not tell."""
        told = self._book.told if self._book is not None else None
        if told is None or camera is None or told.device_id != camera.device_id:
            return None, None
        present = told.present
        automatic = present.is_exposure_auto, present.is_white_balance_auto
        is_exposure_fixed, is_balance_fixed = (None if is_auto is None else not is_auto for is_auto in automatic)
        return is_exposure_fixed, is_balance_fixed

    def _device(self, camera: OpenedCamera | None) -> Device:
        if camera is None:
            return Device(name="", platform=sys.platform)
        listed = port.DevicesListed(cameras=self._cameras.all()).camera(camera.device_id)
        return Device(
            name=camera.name[:_MOST_NAME], path=camera.path[:_MOST_NAME], rate_fps=camera.rate_fps,
            is_virtual=listed is not None and listed.is_virtual, platform=sys.platform,
        )  # fmt: skip
