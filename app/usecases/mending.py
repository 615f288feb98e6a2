"""Does what one click does for a defect, and takes it back. I/O loop.

What is set is kept in the settings, for each camera and microphone its own, and given to every new engine. Where the
camera itself can do it, the camera does: light that was never caught comes back by no correction.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from app.domain.quality.measures import PictureMeasures
from app.domain.quality.mends import MENDS, Cut, Mend, cast_after, cut_to_frame, defects_of, exposure_stops
from app.domain.quality.model import Defect
from app.domain.quality.sound import gain_to_target_db
from app.errors import AppError
from app.ports import engine as port
from app.usecases.context import Context, trouble_of

MIN_GAIN_DB, MAX_GAIN_DB = -20.0, 20.0
MOST_KEPT = 32
"""Devices whose mends are remembered; the oldest go first."""
_Mends = TypeVar("_Mends")
SetCamera = Callable[[str, port.CameraSettings], Coroutine[Any, Any, None]]
_NO_PICTURE_MENDS, _NO_SOUND_MENDS = port.PictureMends(), port.SoundMends()
_NO_CAMERA_SETTINGS = port.CameraSettings()
POWER_LINE_HZ = 50
"""Of the mains in China."""
_CAMERA_FIELDS: dict[Mend, tuple[str, ...]] = {
    Mend.POWER_LINE: ("power_line_hz",),
    Mend.SLOW_IN_DARK: ("may_slow_in_dark",),
    Mend.EXPOSURE: ("is_exposure_auto",),
    Mend.COLOUR: ("is_white_balance_auto",),
}


class MendingCase:
    """Owns what is in force; the proposal of a format is another's (usecases.preflight).

    ``on_set`` runs when something was set: what was measured before it (of the picture, or else of the sound) is past.
    """

    def __init__(self, context: Context, set_camera: SetCamera, on_set: Callable[[bool], None]) -> None:
        """``set_camera`` gives a camera its own settings and keeps them."""
        self._context, self._set_camera, self._on_set = context, set_camera, on_set
        self._gain_before_db: float | None = None

    # ---- what is in force ------------------------------------------------------------------------

    @property
    def picture(self) -> port.PictureMends:
        """For the present source."""
        return self._context.state.settings.picture_mends.get(self._video_key, _NO_PICTURE_MENDS)

    @property
    def sound(self) -> port.SoundMends:
        """For the present source."""
        return self._context.state.settings.sound_mends.get(self._audio_key, _NO_SOUND_MENDS)

    def in_force(self) -> frozenset[Defect]:
        """The defects for which something is set that can be taken back."""
        picture, sound, nothing = self.picture, self.sound, _NO_PICTURE_MENDS
        active = {
            Mend.EXPOSURE: bool(picture.exposure_stops),
            Mend.COLOUR: bool(picture.cast_blue or picture.cast_red),
            Mend.FRAME: picture.crop_size_ratio != nothing.crop_size_ratio,
            Mend.NOISE: sound.is_noise_suppressed,
            Mend.HUM: sound.is_high_pass,
            Mend.MONO: sound.is_mono,
            Mend.GAIN: self._gain_before_db is not None,
        }
        for mend in Mend:
            active[mend] = active.get(mend, False) or self._is_camera_set(mend)
        return frozenset(defect for mend, is_on in active.items() if is_on for defect in defects_of(mend))

    def mendable(self, found: frozenset[Defect]) -> frozenset[Defect]:
        """Which of these a click can mend now; a switch that is on is not offered again."""
        return frozenset(defect for defect in found if self._can(defect))

    def _can(self, defect: Defect) -> bool:
        quality, picture, sound = self._context.state.quality, self.picture, self.sound
        if self._camera_wanted(defect) is not None:
            return True
        match MENDS.get(defect):
            case Mend.EXPOSURE | Mend.FRAME:
                return self._wanted(defect, quality.picture) not in (None, picture)
            case Mend.COLOUR:
                return quality.picture is not None
            case Mend.GAIN:
                return quality.sound is not None and self._gain_wanted_db() is not None
            case Mend.NOISE:
                return not sound.is_noise_suppressed
            case Mend.HUM:
                return not sound.is_high_pass
            case Mend.MONO:
                return not sound.is_mono
            case Mend.PROPOSAL:
                return quality.proposal is not None and not quality.proposal.is_set
            case _:
                return False

    # ---- wishes ----------------------------------------------------------------------------------

    async def mend(self, defect: Defect) -> None:
        """Set what mends it; nothing happens where nothing can be done."""
        sound = self.sound
        camera = self._camera_wanted(defect)
        if camera is not None:
            await self._set_camera_itself(camera)
            return
        match MENDS.get(defect):
            case Mend.EXPOSURE | Mend.COLOUR | Mend.FRAME:
                wanted = self._wanted(defect, self._context.state.quality.picture)
                if wanted is not None:
                    await self._set_picture(wanted)
            case Mend.GAIN:
                wanted_db = self._gain_wanted_db()
                if wanted_db is not None:
                    self._gain_before_db = self._context.state.settings.gain_db
                    await self._set_gain(wanted_db)
            case Mend.NOISE:
                await self._set_sound(msgspec.structs.replace(sound, is_noise_suppressed=True))
            case Mend.HUM:
                await self._set_sound(msgspec.structs.replace(sound, is_high_pass=True, mains_hz=self._mains_hz()))
            case Mend.MONO:
                await self._set_sound(msgspec.structs.replace(sound, is_mono=True))
            case _:
                return

    async def undo(self, defect: Defect) -> None:
        """Take it back; the others stay."""
        picture, sound = self.picture, self.sound
        mend = MENDS.get(defect)
        if mend is not None and self._is_camera_set(mend):
            own = dict.fromkeys(_CAMERA_FIELDS[mend])
            await self._set_camera_itself(msgspec.structs.replace(self._camera, **own))
        match mend:
            case Mend.EXPOSURE:
                await self._set_picture(msgspec.structs.replace(picture, exposure_stops=0.0))
            case Mend.COLOUR:
                await self._set_picture(msgspec.structs.replace(picture, cast_blue=0.0, cast_red=0.0))
            case Mend.FRAME:
                whole = {"crop_left_ratio": 0.0, "crop_top_ratio": 0.0, "crop_size_ratio": 1.0}
                await self._set_picture(msgspec.structs.replace(picture, **whole))
            case Mend.GAIN if self._gain_before_db is not None:
                before_db, self._gain_before_db = self._gain_before_db, None
                await self._set_gain(before_db)
            case Mend.NOISE:
                await self._set_sound(msgspec.structs.replace(sound, is_noise_suppressed=False))
            case Mend.HUM:
                before = msgspec.structs.replace(sound, is_high_pass=False, mains_hz=_NO_SOUND_MENDS.mains_hz)
                await self._set_sound(before)
            case Mend.MONO:
                await self._set_sound(msgspec.structs.replace(sound, is_mono=False))
            case _:
                return

    def commands(self) -> tuple[port.AnyCommand, ...]:
        """What an engine must be told for the sources of the settings."""
        return (port.SetPictureMends(mends=self.picture), port.SetSoundMends(mends=self.sound))

    # ---- what the camera can do itself -----------------------------------------------------------

    @property
    def _camera(self) -> port.CameraSettings:
        """What we set at the present camera."""
        return self._context.state.settings.camera_settings.get(self._video_key, _NO_CAMERA_SETTINGS)

    def _is_camera_set(self, mend: Mend) -> bool:
        return any(getattr(self._camera, name) is not None for name in _CAMERA_FIELDS.get(mend, ()))

    def _camera_wanted(self, defect: Defect) -> port.CameraSettings | None:
        """Its settings with this defect mended by itself; None when it cannot, or does so already."""
        controls = self._context.state.engine.camera_controls
        if controls is None or not isinstance(self._context.state.engine.video, port.CameraSource):
            return None
        present = controls.present
        wanted: dict[str, bool | int] = {}
        match MENDS.get(defect):
            case Mend.POWER_LINE if POWER_LINE_HZ in controls.power_lines_hz:
                if present.power_line_hz != POWER_LINE_HZ:
                    wanted["power_line_hz"] = POWER_LINE_HZ
            case Mend.SLOW_IN_DARK if present.may_slow_in_dark is False:
                wanted["may_slow_in_dark"] = True
            case Mend.EXPOSURE if present.is_exposure_auto is False:
                wanted["is_exposure_auto"] = True
            case Mend.COLOUR if present.is_white_balance_auto is False:
                wanted["is_white_balance_auto"] = True
            case _:
                return None
        return msgspec.structs.replace(self._camera, **wanted) if wanted else None

    async def _set_camera_itself(self, wanted: port.CameraSettings) -> None:
        await self._set_camera(self._video_key, wanted)
        self._on_set(True)

    # ---- how -------------------------------------------------------------------------------------

    def _wanted(self, defect: Defect, measured: PictureMeasures | None) -> port.PictureMends | None:
        """The picture's mends with this defect mended, None where that cannot be said."""
        if measured is None:
            return None
        now = self.picture
        match MENDS.get(defect):
            case Mend.EXPOSURE:
                luma = measured.face_luma if measured.face_luma is not None else measured.luma
                stops = exposure_stops(defect, luma, now.exposure_stops)
                return msgspec.structs.replace(now, exposure_stops=round(stops, 1))
            case Mend.COLOUR:
                blue, red = cast_after(measured.cast_blue, now.cast_blue), cast_after(measured.cast_red, now.cast_red)
                return msgspec.structs.replace(now, cast_blue=round(blue, 1), cast_red=round(red, 1))
            case Mend.FRAME if measured.face is not None:
                cut = cut_to_frame(measured.face, Cut(now.crop_left_ratio, now.crop_top_ratio, now.crop_size_ratio))
                return msgspec.structs.replace(
                    now,
                    crop_left_ratio=round(cut.left_ratio, 3),
                    crop_top_ratio=round(cut.top_ratio, 3),
                    crop_size_ratio=round(cut.size_ratio, 3),
                )
            case _:
                return None

    def _mains_hz(self) -> int:
        sound = self._context.state.quality.sound
        return 60 if sound is not None and sound.hum_hz == 60 else POWER_LINE_HZ

    def _gain_wanted_db(self) -> float | None:
        sound = self._context.state.quality.sound
        if sound is None:
            return None
        present_db = self._context.state.settings.gain_db
        wanted_db = min(MAX_GAIN_DB, max(MIN_GAIN_DB, round(present_db + gain_to_target_db(sound), 1)))
        return None if abs(wanted_db - present_db) < 0.5 else wanted_db

    @property
    def _video_key(self) -> str:
        state = self._context.state
        return source_key(state.engine.video or state.settings.video)

    @property
    def _audio_key(self) -> str:
        state = self._context.state
        return source_key(state.engine.audio or state.settings.audio)

    async def _set_picture(self, mends: port.PictureMends) -> None:
        kept = self._context.state.settings.picture_mends
        self._context.save_settings(picture_mends=_kept(kept, self._video_key, mends, _NO_PICTURE_MENDS))
        await self._tell(port.SetPictureMends(mends=mends))
        self._on_set(True)

    async def _set_sound(self, mends: port.SoundMends) -> None:
        kept = self._context.state.settings.sound_mends
        self._context.save_settings(sound_mends=_kept(kept, self._audio_key, mends, _NO_SOUND_MENDS))
        await self._tell(port.SetSoundMends(mends=mends))
        self._on_set(False)

    async def _set_gain(self, gain_db: float) -> None:
        self._context.save_settings(gain_db=gain_db)
        await self._tell(port.SetGain(gain_db=gain_db))
        self._on_set(False)

    async def _tell(self, command: port.AnyCommand) -> None:
        done = await self._context.engine.ask(command)
        if done.code and done.code != "engine_away":
            self._context.notify(trouble_of(AppError(done.code, detail=dict(done.detail))))


def source_key(source: port.VideoSource | port.AudioSource) -> str:
    """Under what the mends of a source are kept: the device's own id, for others their kind."""
    if isinstance(source, port.CameraSource | port.MicSource):
        return source.device_id
    return type(source).__name__


def _kept(kept: dict[str, _Mends], key: str, mends: _Mends, nothing: _Mends) -> dict[str, _Mends]:
    others = {name: value for name, value in kept.items() if name != key}
    if mends != nothing:
        others[key] = mends
    return dict(list(others.items())[-MOST_KEPT:])
