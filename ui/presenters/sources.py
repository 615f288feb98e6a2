"""Choices of picture and sound, for menus and for the settings page. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.i18n import Translator
from app.ports.engine import (
    AudioSource,
    CameraSource,
    DemoSound,
    DemoSource,
    FileSound,
    FileSource,
    Microphone,
    MicSource,
    NoSound,
    NoVideo,
    ScreenSource,
    VideoSource,
)
from app.usecases.state import DeskState
from app.usecases.wishes import ChooseAudio, ChooseVideo, Wish
from ui.presenters.common import audio_name, video_name

DEFAULT_MICROPHONE = "default"
"""Whatever the system prefers, now and later."""


@dataclass(frozen=True)
class Choice:
    """One entry; without a wish it asks for a file first, names a group (``is_header``), or is for whoever opened the
    menu (``is_own``)."""

    id: str
    label: str
    is_checked: bool = False
    wish: Wish | None = None
    is_header: bool = False
    asks_file: bool = False
    is_own: bool = False


def video_choices(state: DeskState, tr: Translator) -> tuple[Choice, ...]:
    """Cameras, screens, file and demo scene."""
    devices, now = state.engine.devices, state.engine.video
    cameras: list[tuple[str, str, VideoSource]] = [
        (f"camera.{index}", camera.name, CameraSource(device_id=camera.device_id))
        for index, camera in enumerate(devices.cameras)
    ]
    if isinstance(now, CameraSource) and devices.camera(now.device_id) is None:
        cameras.append(("camera.gone", tr.text("source.gone", name=video_name(now, devices, tr)), now))
    screens: list[tuple[str, str, VideoSource]] = [
        (
            f"screen.{monitor.monitor}",
            tr.text("source.screen_sized", number=monitor.monitor, width=monitor.width_px, height=monitor.height_px),
            ScreenSource(monitor=monitor.monitor),
        )
        for monitor in devices.monitors
    ]
    rows = [_header("cameras", tr)]
    rows += [_video(row, now) for row in cameras] or [Choice("camera.none", tr.text("source.no_camera_found"))]
    rows.append(_header("screens", tr))
    rows += [_video(row, now) for row in screens] or [Choice("screen.none", tr.text("source.no_screen_found"))]
    rows.append(_header("more", tr))
    is_file = isinstance(now, FileSource)
    label = video_name(now, devices, tr) if is_file else tr.text("source.file")
    rows.append(Choice("file", label, is_file, None, asks_file=True))
    rows.append(Choice("demo", tr.text("source.demo_scene"), isinstance(now, DemoSource), ChooseVideo(DemoSource())))
    rows.append(Choice("none", tr.text("source.no_video"), isinstance(now, NoVideo), ChooseVideo(NoVideo())))
    return tuple(rows)


def audio_choices(state: DeskState, tr: Translator) -> tuple[Choice, ...]:
    """Microphones, the file's sound and demo speech."""
    devices, now = state.engine.devices, state.engine.audio
    rows = [_header("microphones", tr)]
    mics: list[tuple[str, str, AudioSource]] = [
        (
            f"mic.{index}",
            _microphone_label(mic, tr),
            MicSource(device_id=mic.device_id),
        )
        for index, mic in enumerate(devices.microphones)
    ]
    if isinstance(now, MicSource) and devices.microphone(now.device_id) is None:
        mics.append(("mic.gone", tr.text("source.gone", name=audio_name(now, devices, tr)), now))
    rows += [_audio(row, now) for row in mics] or [Choice("mic.none", tr.text("source.no_microphone_found"))]
    rows.append(_header("more", tr))
    is_file = isinstance(now, FileSound)
    label = audio_name(now, devices, tr) if is_file else tr.text("source.sound_file")
    rows.append(Choice("file", label, is_file, None, asks_file=True))
    rows.append(Choice("demo", tr.text("source.demo_sound"), isinstance(now, DemoSound), ChooseAudio(DemoSound())))
    rows.append(Choice("none", tr.text("source.no_sound"), isinstance(now, NoSound), ChooseAudio(NoSound())))
    return tuple(rows)


def _microphone_label(mic: Microphone, tr: Translator) -> str:
    if mic.device_id == DEFAULT_MICROPHONE:
        return tr.text("source.system_microphone", name=mic.name)
    return tr.text("source.default_microphone", name=mic.name) if mic.is_default else mic.name


def _header(name: str, tr: Translator) -> Choice:
    return Choice(f"header.{name}", tr.text(f"source.header.{name}"), is_header=True)


def _video(row: tuple[str, str, VideoSource], now: VideoSource | None) -> Choice:
    choice_id, label, source = row
    is_same = now == source or (
        isinstance(now, CameraSource) and isinstance(source, CameraSource) and now.device_id == source.device_id
    )
    return Choice(choice_id, label, is_same, ChooseVideo(source))


def _audio(row: tuple[str, str, AudioSource], now: AudioSource | None) -> Choice:
    choice_id, label, source = row
    return Choice(choice_id, label, now == source, ChooseAudio(source))
