"""One attempt at the face check, from the first frame to the sealed package. No thread, no camera, no clock of its own.

Whoever drives it calls it one call at a time: frames in their order, the orders of the service, what happens to the
camera. What it knows of the face lives in memory only and is dropped when it is sealed, or comes to nothing.

::

    align → wait → (action | flash) → wait → … → recentre → sealed
      any of them → aborted (reason, and a code where the camera or this machine is to blame)
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.liveness import Abort, OrderKind, Phase
from app.errors import InputError
from app.liveness.analysis import Analyser, Mesh, Seen
from app.liveness.attempt import Attempt, Status
from app.liveness.package import LEAST_SIDE_PX, Device, Manifest, Said, StepNote, TrackFrame, digest, packed, sealed
from app.liveness.policy import POLICY, Policy
from app.ports import engine as port
from capture.frames import Array
from capture.liveness.clip import Clip, ClipError
from capture.liveness.looking import Ahead, are_colours, fitted, micros, tracked
from capture.liveness.pace import Pace
from capture.liveness.stills import Stills
from capture.liveness.telling import Telling

_LOG = logging.getLogger(__name__)

FLASH_WAIT_MS = 8000.0
"""From the colours to the first grey on the screen."""
SILENT_MS = 3000.0
"""Without a frame, once the person is in place."""
_LEAST_RATE_RATIO = 0.9
_LOOKED_FPS = 15.0
_LEAST_LIGHT_RATIO, _MOST_LIGHT_RATIO = 0.6, 1.8
"""Of the face, against what it was before the camera was asked to keep its exposure; the screen does less."""
_FROM_THE_FUTURE_MS = 1000.0


@dataclass(frozen=True)
class Sealed:
    """What is left of an attempt. Nobody here can open it."""

    session_id: str
    content: bytes

    def __repr__(self) -> str:
        return f"Sealed({len(self.content)} bytes)"


@dataclass(frozen=True)
class Surroundings:
    """``fix`` asks the camera to keep exposure and white balance, or no longer; ``is_fixed`` says what became of both.

    ``device`` names the camera; ``now_ms`` is the monotonic clock, by which frames are stamped.
    """

    emit: Callable[[port.AnyEvent], object]
    now_ms: Callable[[], float]
    fix: Callable[[bool], None]
    is_fixed: Callable[[], tuple[bool | None, bool | None]]
    device: Callable[[], Device]


class Run:
    """Invariant: once it is over, neither frames nor keys are left in it."""

    def __init__(self, asked: port.BeginLiveness, mesh: Mesh, around: Surroundings, policy: Policy = POLICY) -> None:
        self._asked, self._mesh, self._around, self._policy = asked, mesh, around, policy
        self._telling = Telling(asked.session_id, around.emit)
        self._number = 0
        """Of the progress message that comes next."""
        self._flash: tuple[tuple[tuple[int, int, int], ...], float] | None = None
        """Colours that wait for the screen, and until when."""
        self._agreed: tuple[bool | None, bool | None] = (None, None)
        self._said: list[Said] = []
        self._answered = -1
        """The progress message that was answered last."""
        self._key: Ed25519PrivateKey | None = None
        self._is_fixing = self._is_kept = False
        """Whether the camera is asked to keep exposure and white balance, and does."""
        self._usual_luma = 0.0
        self._last_frame_ms = around.now_ms()
        self.sealed: Sealed | None = None
        self.status = Status(Phase.ALIGN)
        self._afresh()

    def __repr__(self) -> str:
        return f"Run({self._asked.session_id!r}, {self.status.phase})"

    @property
    def is_over(self) -> bool:
        return self.status.phase in (Phase.FINISHED, Phase.ABORTED)

    @property
    def is_in_place(self) -> bool:
        """Whether the clip counts already."""
        return self._key is not None

    # ---- the camera ------------------------------------------------------------------------------

    def show(self, bgr: Array, at_us: int, *, is_analysed: bool = True) -> None:
        """The next frame; not analysed when those after it wait already. Ends the attempt where it cannot go on."""
        if self.is_over:
            return
        self._telling.code = ""
        self._last_frame_ms = self._around.now_ms()
        try:
            self._show(fitted(bgr), at_us, is_analysed=is_analysed)
        except ClipError as cause:
            # Too large is too long; an encoder that gives up is this machine's fault.
            is_too_long = str(cause) == "size"
            self.abort(Abort.TOO_LONG if is_too_long else Abort.FRAMES_MISSING, "" if is_too_long else _UNAVAILABLE)

    def reopened(self) -> None:
        """The camera was opened anew: not the clip of one camera any longer."""
        if self._key is not None:
            self.abort(Abort.CAMERA_CHANGED)
        elif not self.is_over:
            self._afresh()

    def away(self, code: str) -> None:
        """There is no picture, and why; before the person was in place it may come back."""
        if self._key is not None:
            self.abort(Abort.CAMERA_CHANGED, code)
        elif not self.is_over:
            self._afresh()
            self._telling.code = code
            self._telling.tell(self.status, None, self._around.now_ms())

    # ---- orders ----------------------------------------------------------------------------------

    def order(self, order: port.OrderLiveness) -> None:
        """What comes next; a repeat of the last is harmless. Raises InputError for one that nobody waits for."""
        if order.number == self._answered:
            return
        if self.is_over or self.status.phase is not Phase.WAIT or order.number != self._number - 1:
            raise InputError
        now_ms = self._around.now_ms()
        match order.kind:
            case OrderKind.ACTION if order.action is not None:
                self._attempt.ask(order.action, now_ms)
            case OrderKind.FLASH if are_colours(order.colours):
                self._flash = (order.colours, now_ms + FLASH_WAIT_MS)
                self._prepare_flash()
            case OrderKind.SEAL:
                self._attempt.seal(now_ms)
            case _:
                raise InputError
        self._answered = order.number
        if not self.is_over:
            self._became(self._attempt.status)

    def _prepare_flash(self) -> None:
        try:
            self._fix(True)
        except ClipError:
            self.abort(Abort.FRAMES_MISSING, _UNAVAILABLE)

    def flash_began(self, at_ms: float) -> None:
        """The first grey is on the screen. Raises InputError when no colours wait, or for a time that cannot be."""
        if self._attempt.flash_ms == at_ms and not self.is_over:
            return
        now_ms = self._around.now_ms()
        if self.is_over or self._flash is None:
            raise InputError
        colours, until_ms = self._flash
        if not until_ms - FLASH_WAIT_MS - 1 <= at_ms <= now_ms + _FROM_THE_FUTURE_MS:
            raise InputError
        self._flash = None
        self._attempt.flash(colours, at_ms)
        self._became(self._attempt.status)

    def abort(self, reason: Abort, code: str = "") -> None:
        """It comes to nothing."""
        if self.is_over:
            return
        self._telling.code = code
        self._attempt.abort(reason)
        self._became(Status(Phase.ABORTED, abort=reason))
        _LOG.info("liveness: aborted (%s %s)", reason, code)
        self._forget()

    def tick(self) -> None:
        """Some ten times a second, also while no frame comes."""
        if self.is_over:
            return
        now_ms = self._around.now_ms()
        if self._flash is not None and now_ms > self._flash[1]:
            self.abort(Abort.TOO_LONG)
        elif self._key is not None and now_ms - self._last_frame_ms > SILENT_MS:
            self.abort(Abort.FRAMES_MISSING)

    # ---- a frame ---------------------------------------------------------------------------------

    def _afresh(self) -> None:
        """From the beginning: nothing was said of what went before."""
        self._clip: Clip | None = None
        self._pace = Pace(self._policy.abort)
        # What is looked at may be slower than what is captured: to guide, fewer frames do.
        self._attempt = Attempt(1000 / _LOOKED_FPS, self._policy)
        self._stills = Stills()
        self._track: list[TrackFrame] = []
        self.status = self._attempt.status

    def _show(self, bgr: Array, at_us: int, *, is_analysed: bool) -> None:
        height_px, width_px = bgr.shape[:2]
        if min(height_px, width_px) < max(self._asked.min_size_px, LEAST_SIDE_PX):
            self.abort(Abort.CAMERA_CHANGED, "liveness_camera_needed")
            return
        if self._clip is not None and (width_px, height_px) != (self._clip.width_px, self._clip.height_px):
            self.reopened()
            if self.is_over:
                return
        if self._clip is None:
            self._clip = Clip(self._asked.session_id, self._asked.nonce, width_px, height_px)
        if at_us <= self._clip.last_us:
            return
        is_broken = self._pace.is_broken(at_us)
        seen = self._encoded_and_seen(self._clip, bgr, at_us, is_analysed=is_analysed)
        if is_broken:
            self.abort(Abort.FRAMES_MISSING)
            return
        if seen is None:
            self._track.append(tracked(None, at_us, self.status.phase))
            return
        before = self.status
        status = self._attempt.feed(seen.frame)
        self._track.append(tracked(seen, at_us, status.phase))
        self._keep_stills(bgr, at_us, seen, before, status)
        self._watch_light(seen)
        self._became(status, seen)
        if status.phase is Phase.ABORTED:
            _LOG.info("liveness: aborted (%s)", status.abort)
            self._forget()

    def _encoded_and_seen(self, clip: Clip, bgr: Array, at_us: int, *, is_analysed: bool) -> Seen | None:
        if not is_analysed:
            clip.add(bgr, at_us)
            return None
        ahead = Ahead(self._mesh, bgr)
        clip.add(bgr, at_us)
        return Analyser(ahead).see(bgr, at_us / 1000)

    def _keep_stills(self, bgr: Array, at_us: int, seen: Seen, before: Status, status: Status) -> None:
        neutral, steps = self._attempt.neutral, self._attempt.steps
        if neutral is None or status.phase is Phase.ABORTED:
            return
        self._stills.consider(bgr, at_us, seen.frame, neutral, status.phase)
        action = self._attempt.action
        if before.phase is Phase.ACTION and status.progress is not None:
            asked = action if status.phase is Phase.ACTION else steps[-1].action
            if asked is not None:
                self._stills.act(asked, status.progress, bgr, at_us)
        elif status.phase is Phase.FLASH and self._attempt.flash_ms is not None:
            self._stills.shine(at_us / 1000 - self._attempt.flash_ms, bgr, at_us)

    def _became(self, status: Status, seen: Seen | None = None) -> None:
        before, self.status = self.status, status
        if before.phase is Phase.ALIGN and status.phase is Phase.WAIT:
            self._in_place()
        if self.is_over or status.phase is before.phase:
            pass
        elif status.phase is Phase.WAIT:
            if before.phase is Phase.FLASH:
                self._agreed = self._around.is_fixed() if self._is_kept else (False, False)
                self._fix(False)
            self._say()
        self._telling.tell(self.status, self._attempt, self._around.now_ms(), seen)
        if self.status.phase is Phase.FINISHED:
            self._seal()

    def _in_place(self) -> None:
        """The clip begins to count."""
        assert self._clip is not None
        if 0 < self._pace.rate_fps < self._asked.min_fps * _LEAST_RATE_RATIO:
            self.abort(Abort.FRAMES_MISSING)
            return
        self._key = Ed25519PrivateKey.generate()
        self._pace.begin()
        self._clip.fix()
        self._track = [one for one in self._track if one.at_us >= self._clip.first_us]

    def _say(self) -> None:
        assert self._clip is not None
        assert self._key is not None
        said = Said(self._number, self._clip.count, self._clip.last_us, self._clip.link)
        self._said.append(said)
        public_key = self._key.public_key().public_bytes_raw() if self._number == 0 else b""
        self._number += 1
        self._around.emit(
            port.LivenessSaid(
                session_id=self._asked.session_id, number=said.number, public_key=public_key, link=said.link,
                units=said.units, at_us=said.at_us,
            )
        )  # fmt: skip

    def _fix(self, is_fixed: bool) -> None:
        """Camera and encoder at their best for the colours, or as usual."""
        if self._clip is None or self._is_fixing is is_fixed:
            return
        if is_fixed or self._is_kept:
            self._around.fix(is_fixed)
        self._is_fixing = self._is_kept = is_fixed
        self._clip.set_fine(is_fixed)

    def _watch_light(self, seen: Seen) -> None:
        """Some cameras, told to keep their exposure, take an old one: then they had better go on by themselves."""
        if not seen.frame.look.has_face:
            return
        luma = seen.frame.look.luma
        if not self._is_fixing:
            self._usual_luma = luma
        elif self._is_kept and not _LEAST_LIGHT_RATIO <= luma / max(1.0, self._usual_luma) <= _MOST_LIGHT_RATIO:
            _LOG.info("liveness: the camera did not keep its exposure")
            self._is_kept = False
            self._around.fix(False)

    # ---- the end ---------------------------------------------------------------------------------

    def _seal(self) -> None:
        assert self._clip is not None
        assert self._key is not None
        asked, attempt, clip = self._asked, self._attempt, self._clip
        stills, flash_ms = self._stills.all(), attempt.flash_ms
        manifest = Manifest(
            session_id=asked.session_id, nonce=asked.nonce, path=asked.path, policy_version=asked.policy_version,
            width_px=clip.width_px, height_px=clip.height_px, units=clip.count, link=clip.link,
            track_sha256=digest(self._track), stills_sha256=digest(stills), said=tuple(self._said),
            steps=tuple(StepNote(one.action, micros(one.from_ms), micros(one.until_ms)) for one in attempt.steps),
            flash_us=None if flash_ms is None else micros(flash_ms), device=self._device(),
        )  # fmt: skip
        package = packed(manifest, self._key, clip.units, self._track, stills)
        content = sealed(package, asked.session_id, asked.seal_key)
        self.sealed = Sealed(asked.session_id, content)
        _LOG.info("liveness: sealed, %d frames, %d bytes", clip.count, len(content))
        self._forget()
        self._around.emit(
            port.LivenessSealed(
                session_id=asked.session_id, size_bytes=len(content), sha256=hashlib.sha256(content).digest()
            )
        )

    def _device(self) -> Device:
        device = self._around.device()
        is_exposure_fixed, is_balance_fixed = self._agreed
        return Device(
            name=device.name, path=device.path, is_virtual=device.is_virtual,
            rate_fps=round(self._pace.rate_fps or device.rate_fps, 2), is_exposure_fixed=is_exposure_fixed,
            is_balance_fixed=is_balance_fixed, platform=device.platform,
        )  # fmt: skip

    def _forget(self) -> None:
        """Frames, track, stills and key: nothing of the person is left. What the camera was asked for is given back."""
        if self._is_kept:
            self._around.fix(False)
        self._is_fixing = self._is_kept = False
        if self._clip is not None:
            self._clip.forget()
        self._stills.forget()
        self._clip, self._key, self._flash = None, None, None
        self._stills, self._track, self._said = Stills(), [], []
        self._attempt = Attempt(1.0, self._policy)


_UNAVAILABLE = "liveness_unavailable"
