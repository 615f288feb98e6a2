"""The settings page. Pure. What cannot be changed while on air says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from app.contract.rest import Role
from app.domain.images import ImagePurpose
from app.i18n import Translator
from app.ports.engine import Output, RecordStatus
from app.usecases.state import AccountPhase, DeskState
from app.usecases.wishes import ChangeSettings, Wish
from ui.keys import KeyAction, keys_of
from ui.presenters.application_form import ImageView, desk_image, image_trouble
from ui.presenters.common import (
    BUSY_PHASES,
    SIGNED_OUT_PHASES,
    TroubleView,
    category_text,
    platform_name,
    rate_text,
)
from ui.presenters.live import free_text, recording_dir, short_path
from ui.presenters.sources import Choice, audio_choices, video_choices

QUALITIES = {"540p": (960, 540, 1200), "720p": (1280, 720, 2500), "1080p": (1920, 1080, 4500)}
MIN_KBPS, MAX_KBPS, STEP_KBPS = 400, 8000, 100
MIN_GAIN_DB, MAX_GAIN_DB = -20, 20
PUBLIC_IMAGES = (ImagePurpose.AVATAR, ImagePurpose.COVER)
CHAT_SIZES_PX = (13, 14, 16, 18, 20)


@dataclass(frozen=True)
class DeviceRow:
    id: str
    name: str
    line: str
    is_this: bool


@dataclass(frozen=True)
class KeyRow:
    action: KeyAction
    name: str
    keys: str
    """Portable text; empty: none."""


@dataclass(frozen=True)
class SettingsView:
    language: str
    theme: str
    live_theme: str
    chat_size_px: int
    videos: tuple[Choice, ...]
    is_mirrored: bool
    microphones: tuple[Choice, ...]
    gain_db: float
    gain_text: str
    quality: str
    quality_line: str
    video_kbps: int
    rate_text: str
    encoder: str
    encoders: tuple[tuple[str, str], ...]
    encoders_line: str
    is_output_locked: bool
    is_recording_automatic: bool
    folder: str
    folder_line: str
    platform: str
    platform_url: str
    is_embedded: bool
    is_on_lan: bool
    lan_urls: tuple[str, ...]
    is_platform_locked: bool
    viewer_url: str
    """Empty while not on air."""
    codes: tuple[tuple[str, str], ...] = field(repr=False)
    keys: tuple[KeyRow, ...]
    shortcuts: Mapping[str, str]
    account_line: str
    is_signed_in: bool
    can_sign_in: bool
    """Signed out while a broadcast runs: the form is one click away."""
    devices: tuple[DeviceRow, ...]
    is_notifying: bool
    is_sounding: bool
    scopes: str
    """What was approved, in words; a sentence where nothing was."""
    can_change_scope: bool
    images: tuple[ImageView, ...]
    """Avatar and cover; none while nobody is signed in."""
    image_trouble: TroubleView | None


def present_settings(state: DeskState, tr: Translator) -> SettingsView:
    """The page for this state."""
    settings, engine = state.settings, state.engine
    output = engine.output if engine.is_attached else settings.output
    is_on = state.broadcast.phase in BUSY_PHASES
    is_recording = engine.record is not None and engine.record.status is RecordStatus.RECORDING
    account = state.account.account
    is_in = state.account.phase is AccountPhase.SIGNED_IN
    is_anchor = is_in and account is not None and Role.ANCHOR in account.roles
    return SettingsView(
        language=settings.language,
        theme=settings.theme,
        live_theme=settings.live_theme,
        chat_size_px=settings.chat_size_px,
        videos=tuple(row for row in video_choices(state, tr) if not row.is_header),
        is_mirrored=settings.is_preview_mirrored,
        microphones=tuple(row for row in audio_choices(state, tr) if not row.is_header),
        gain_db=settings.gain_db,
        gain_text=gain_text(settings.gain_db),
        quality=quality_of(output),
        quality_line=tr.text(
            "settings.quality_line", width=output.width_px, height=output.height_px, fps=output.rate_fps,
            rate=rate_text(output.video_kbps),
        ),
        video_kbps=output.video_kbps,
        rate_text=rate_text(output.video_kbps),
        encoder=output.encoder,
        encoders=_encoders(state, tr),
        encoders_line=_encoders_line(state, tr),
        is_output_locked=is_on or is_recording,
        is_recording_automatic=settings.is_recording_automatic,
        folder=short_path(recording_dir(state)),
        folder_line=free_text(state, tr),
        platform=platform_name(state, tr),
        platform_url=state.platform.url or settings.platform_url,
        is_embedded=state.platform.is_embedded,
        is_on_lan=settings.is_on_lan,
        lan_urls=state.platform.lan_urls,
        is_platform_locked=is_on,
        viewer_url=state.broadcast.session.viewer_url if is_on and state.broadcast.session is not None else "",
        codes=state.account.other_codes[-3:] if state.platform.is_embedded else (),
        keys=tuple(
            KeyRow(action, tr.text(f"keys.{action}"), keys) for action, keys in keys_of(settings.shortcuts).items()
        ),
        shortcuts=settings.shortcuts,
        account_line=tr.text("settings.account_line", name=account.nickname, phone=account.phone_masked)
        if account is not None
        else tr.text("settings.signed_out"),
        is_signed_in=state.account.phase is AccountPhase.SIGNED_IN,
        can_sign_in=state.account.phase in SIGNED_OUT_PHASES,
        devices=tuple(
            DeviceRow(
                device.id,
                tr.text("settings.this_device", name=device.name) if device.is_this else device.name,
                tr.text("settings.last_seen", time=device.last_seen.astimezone().strftime("%Y-%m-%d %H:%M")),
                device.is_this,
            )
            for device in state.account.devices
        ),
        is_notifying=settings.is_notifying,
        is_sounding=settings.is_sounding,
        scopes=_scopes(state, tr),
        can_change_scope=is_anchor,
        images=tuple(desk_image(purpose, state.application, tr) for purpose in PUBLIC_IMAGES) if is_in else (),
        image_trouble=image_trouble(state.application, tr) if is_in else None,
    )  # fmt: skip


def _scopes(state: DeskState, tr: Translator) -> str:
    account = state.account.account
    if account is None or not account.scopes:
        return tr.text("settings.scopes_none")
    return tr.text("list.separator").join(category_text(scope, tr) for scope in account.scopes)


def gain_text(gain_db: float) -> str:
    """+3 dB, −6 dB, 0 dB"""
    return f"{gain_db:+.0f} dB".replace("-", "−") if gain_db else "0 dB"


def quality_of(output: Output) -> str:
    """The name of a picture size; empty for one of none of them."""
    for name, (width_px, height_px, _) in QUALITIES.items():
        if (output.width_px, output.height_px) == (width_px, height_px):
            return name
    return ""


def quality_wish(state: DeskState, quality: str) -> Wish:
    """Take a picture size with the bitrate that suits it."""
    width_px, height_px, kbps = QUALITIES[quality]
    changed = msgspec.structs.replace(_output(state), width_px=width_px, height_px=height_px, video_kbps=kbps)
    return ChangeSettings({"output": changed})


def bitrate_wish(state: DeskState, kbps: int) -> Wish:
    """Take a bitrate, kept within what is sensible."""
    bounded = max(MIN_KBPS, min(MAX_KBPS, kbps))
    return ChangeSettings({"output": msgspec.structs.replace(_output(state), video_kbps=bounded)})


def encoder_wish(state: DeskState, encoder: str) -> Wish:
    """Take an encoder."""
    return ChangeSettings({"output": msgspec.structs.replace(_output(state), encoder=encoder)})


def _output(state: DeskState) -> Output:
    return state.engine.output if state.engine.is_attached else state.settings.output


def encoder_name(encoder: str, tr: Translator) -> str:
    """How an encoder is called: its maker's name, not the library's."""
    message_id = f"encoder.{encoder}"
    return tr.text(message_id) if tr.has(message_id) else encoder


def _encoders(state: DeskState, tr: Translator) -> tuple[tuple[str, str], ...]:
    found = state.engine.encoders
    auto = tr.text("encoder.auto_named", name=encoder_name(found[0], tr)) if found else tr.text("encoder.auto")
    names = dict.fromkeys((*found, "libx264"))
    return (("auto", auto), *((name, encoder_name(name, tr)) for name in names))


def _encoders_line(state: DeskState, tr: Translator) -> str:
    found = state.engine.encoders
    if not found:
        return tr.text("encoder.not_probed")
    return tr.text("encoder.found", names=tr.text("list.separator").join(encoder_name(name, tr) for name in found))
