"""What the person chose, in one versioned JSON file. Pure values here; the file is read and written by SettingsFile.

A file of a newer version, or a broken one, is set aside (``settings.broken.json``) and defaults are used:
nothing is lost. A secret never lies here (app.secrets keeps those).
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from app.ports.engine import (
    AudioSource,
    CameraSettings,
    NoSound,
    NoVideo,
    Output,
    PictureMends,
    SoundMends,
    VideoSource,
)

VERSION = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    language: str = "zh"
    """zh or en"""
    theme: str = "system"
    """system, light or dark: of the reading screens"""
    live_theme: str = "dark"
    """The live screen is dark by default."""
    platform_url: str = ""
    """Empty: no service configured."""
    is_embedded: bool = False
    is_on_lan: bool = False
    ca_file: str = ""
    video: VideoSource = msgspec.field(default_factory=NoVideo)
    audio: AudioSource = msgspec.field(default_factory=NoSound)
    is_video_chosen: bool = False
    """Whether ``video`` is what the person (or the first start) chose, be it no picture."""
    is_audio_chosen: bool = False
    camera_settings: dict[str, CameraSettings] = msgspec.field(default_factory=dict)
    """What a camera itself is to do, by its id."""
    good_cameras: tuple[str, ...] = ()
    """Ids of those that gave a picture, the last one first: for when the chosen one is away."""
    good_microphones: tuple[str, ...] = ()
    gain_db: float = 0.0
    picture_mends: dict[str, PictureMends] = msgspec.field(default_factory=dict)
    """What is corrected, by the source that it was found for (usecases.mending)."""
    sound_mends: dict[str, SoundMends] = msgspec.field(default_factory=dict)
    is_preview_mirrored: bool = True
    output: Output = msgspec.field(default_factory=Output)
    recording_dir: str = ""
    """Empty: the Videos folder."""
    is_recording_automatic: bool = False
    chat_size_px: int = 14
    reader_size_px: int = 14
    is_notifying: bool = True
    """Whether messages of the platform also appear as notifications of the desktop."""
    is_sounding: bool = True
    """Whether a tone tells the next step, and the end, of what is done without looking at words."""
    device_id: str = ""
    """Given by the service at the first sign-in of this machine; not a secret."""
    title: str = ""
    category: str = "experience"
    inbox_numbers: dict[str, int] = msgspec.field(default_factory=dict)
    """Number of the last message that this machine has told of, for each person on a platform (usecases.inbox)."""
    shortcuts: dict[str, str] = msgspec.field(default_factory=dict)
    """Key sequences that the person chose, by action; what is missing has its default (ui.keys)."""

    def changed(self, changes: dict[str, Any]) -> Settings:
        """A copy with some fields changed. Raises TypeError for an unknown name."""
        return msgspec.structs.replace(self, **changes)


class SettingsFile:
    """Reads and writes the file. Called from the I/O thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Settings:
        """The settings; defaults when there are none or they cannot be read."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return Settings()
        try:
            settings = msgspec.json.decode(data, type=Settings)
        except msgspec.DecodeError:
            self._set_aside()
            return Settings()
        if settings.version > VERSION:
            self._set_aside()
            return Settings()
        return settings

    def save(self, settings: Settings) -> None:
        """Write whole or not at all. Raises OSError (disk full)."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(settings)))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)

    def _set_aside(self) -> None:
        with contextlib.suppress(OSError):
            os.replace(self._path, self._path.with_name("settings.broken.json"))


def default_recording_dir() -> Path:
    """The person's folder of videos."""
    import platformdirs

    folder = Path(platformdirs.user_videos_dir())
    return folder / ("AnchorDesk" if sys.platform != "linux" else "anchordesk")
