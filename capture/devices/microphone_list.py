"""Which microphones PortAudio and the sound system have together, and what each is called. Pure.

An id is made of what stays: on Linux the sound server's name of the source, or who the card is; elsewhere the name that
the system gives, with an ordinal for the second of the same name. Numbers of PortAudio, of cards and of hosts change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.ports.engine import Microphone
from capture.devices.endpoints import SERVER_PREFIX, Endpoints
from capture.devices.usb import Identity, ids_of

DEFAULT_ID = "default"
SERVER_DEVICE = "pulse"
"""ALSA's way to the sound server."""
WASAPI = "Windows WASAPI"
_HOSTS_OF_WINDOWS = (WASAPI, "Windows DirectSound", "MME", "Windows WDM-KS")
"""The same microphones once more in each; the first that has any is listed."""
_CARD = re.compile(r" \(hw:(\d+),(\d+)\)$")
_PSEUDO = re.compile(
    r"(default|sysdefault|pulse|pipewire|jack|oss|lavrate|samplerate|speexrate|speex|upmix|vdownmix|dmix|dsnoop|null"
    r"|front|surround\d\d|iec958|spdif|usbstream)(:.*)?"
)
"""Names of ALSA that lead to a card or server which is listed anyway, or nowhere."""
_SHORTEST_CUT = 20
"""Old interfaces of Windows cut names off after 31 characters; what is shorter than this was not cut."""

IdentifyCard = Callable[[str], Identity | None]
"""Who the card of a number is."""


@dataclass(frozen=True)
class Input:
    """An input of PortAudio's list."""

    index: int
    host: str
    name: str
    channels: int
    rate_hz: int

    @property
    def raw_id(self) -> str:
        """As older versions kept it."""
        return f"{self.host}/{self.name}"


@dataclass(frozen=True)
class Located:
    """What is to be opened: ``source`` names one of the sound server's, empty for its default or for no server."""

    input: Input
    name: str
    source: str = ""
    is_default: bool = False


def inputs_of(library: Any) -> list[Input]:
    """``library`` is sounddevice. Raises its PortAudioError."""
    hosts = [str(host["name"]) for host in library.query_hostapis()]
    return [
        Input(
            int(device["index"]),
            hosts[device["hostapi"]],
            str(device["name"]),
            int(device["max_input_channels"]),
            round(device["default_samplerate"]),
        )
        for device in library.query_devices()
        if device["max_input_channels"] > 0
    ]


def microphones_of(
    inputs: list[Input], default: Input | None, endpoints: Endpoints, identify: IdentifyCard, *, is_stale: bool = False
) -> tuple[Microphone, ...]:
    """The list for a person: what the system prefers first, then each microphone once.

    ``is_stale``: PortAudio could not list anew; what the sound system says of who has come or gone counts.
    """
    found = [*_of_server(inputs, endpoints), *_of_portaudio(inputs, endpoints, identify)]
    if is_stale and endpoints.names is not None:
        found = _brought_up_to_date(found, endpoints.names)
    head = _default_entry(default, endpoints)
    return (*((head,) if head is not None else ()), *found)


def locate(
    device_id: str, inputs: list[Input], default: Input | None, endpoints: Endpoints, identify: IdentifyCard
) -> Located | None:
    """What an id means now; None when it is not there. Ids of older versions are known too."""
    if device_id in ("", DEFAULT_ID):
        head = _default_entry(default, endpoints)
        return Located(default, head.name, is_default=True) if default is not None and head is not None else None
    if device_id.startswith(SERVER_PREFIX):
        way = _way_to_server(inputs)
        name = device_id.removeprefix(SERVER_PREFIX)
        source = next((source for source in endpoints.sources if source.name == name), None)
        return Located(way, source.description, source.name) if way is not None and source is not None else None
    named = _named(inputs, identify)
    chosen = next((one for one, own, _ in named if own == device_id), None)
    chosen = chosen or next((one for one, _, aliases in named if device_id in aliases), None)
    return Located(chosen, _shown(chosen.name)) if chosen is not None else None


def has_cards(inputs: Iterable[Input]) -> bool:
    """Whether any of them is a card's own input, and no way to a sound server."""
    return any(one.host != "ALSA" or _CARD.search(one.name) for one in inputs)


def card_of(name: str) -> str:
    """The number of the card that PortAudio names; empty for none."""
    found = _CARD.search(name)
    return found.group(1) if found else ""


def _default_entry(default: Input | None, endpoints: Endpoints) -> Microphone | None:
    if default is None:
        return None
    source = next((one for one in endpoints.sources if one.name == endpoints.default), None)
    return Microphone(
        device_id=DEFAULT_ID,
        name=endpoints.default_name or _shown(default.name),
        is_default=True,
        channels=source.channels if source is not None else default.channels,
        rate_hz=0 if endpoints.has_server else default.rate_hz,
        # ALSA's names for what the system prefers, as older versions kept them.
        aliases=("ALSA/default", f"ALSA/{SERVER_DEVICE}", SERVER_DEVICE) if default.host == "ALSA" else (),
    )


def _of_server(inputs: list[Input], endpoints: Endpoints) -> list[Microphone]:
    if _way_to_server(inputs) is None:
        return []
    return [
        Microphone(
            device_id=f"{SERVER_PREFIX}{source.name}",
            name=source.description or source.name,
            channels=source.channels,
        )
        for source in endpoints.sources
    ]


def _of_portaudio(inputs: list[Input], endpoints: Endpoints, identify: IdentifyCard) -> list[Microphone]:
    present = {one.host for one in inputs}
    best = next((host for host in _HOSTS_OF_WINDOWS if host in present), None)
    found = []
    for one, device_id, aliases in _named(inputs, identify):
        if one.host in _HOSTS_OF_WINDOWS and one.host != best:
            continue
        # The sound server holds the cards: beside it they would be there twice, and taken.
        is_behind_server = endpoints.has_server and _way_to_server(inputs) is not None and bool(card_of(one.name))
        if one.host == "ALSA" and (_PSEUDO.fullmatch(one.name) or is_behind_server):
            continue
        more = _cut_names(one, inputs) if one.host == best else ()
        found.append(
            Microphone(
                device_id=device_id,
                name=_shown(one.name),
                channels=one.channels,
                rate_hz=one.rate_hz,
                aliases=(*aliases, *more),
            )
        )
    return found


def _named(inputs: list[Input], identify: IdentifyCard) -> list[tuple[Input, str, tuple[str, ...]]]:
    """Each input with its id and other names."""
    identities: list[tuple[int, Identity, str]] = []
    for number, one in enumerate(inputs):
        card = _CARD.search(one.name)
        who = identify(card.group(1)) if card is not None and one.host == "ALSA" else None
        if who is not None and card is not None:
            # One card may have several inputs; the number within it is its own.
            base = Identity(f"{who.base}:pcm{card.group(2)}", who.place)
            identities.append((number, base, one.raw_id))
    cards = dict(
        zip(
            (number for number, _, _ in identities),
            ids_of([(base, raw_id) for _, base, raw_id in identities]),
            strict=True,
        )
    )
    seen: dict[str, int] = {}
    named = []
    for number, one in enumerate(inputs):
        if number in cards:
            own, aliases = cards[number]
            named.append((one, f"ALSA/{own}", (*(f"ALSA/{alias}" for alias in aliases[:-1]), one.raw_id, one.name)))
            continue
        base_id = f"{one.host}/{_shown(one.name)}"
        seen[base_id] = seen.get(base_id, 0) + 1
        own = base_id if seen[base_id] == 1 else f"{base_id}#{seen[base_id]}"
        named.append((one, own, (one.raw_id, one.name) if seen[base_id] == 1 else ()))
    return named


def _cut_names(one: Input, inputs: list[Input]) -> tuple[str, ...]:
    """Windows: ids of the same microphone through its other interfaces, which older versions may have kept."""
    return tuple(
        other.raw_id
        for other in inputs
        if other.host in _HOSTS_OF_WINDOWS
        and other.host != one.host
        and (other.name == one.name or (len(other.name) >= _SHORTEST_CUT and one.name.startswith(other.name)))
    )


def _brought_up_to_date(found: list[Microphone], names: tuple[str, ...]) -> list[Microphone]:
    left = list(names)
    kept = []
    for one in found:
        if one.name in left:
            left.remove(one.name)
            kept.append(one)
    seen = [one.name for one in kept]
    for name in left:
        number = seen.count(name) + 1
        seen.append(name)
        device_id = f"{WASAPI}/{name}" if number == 1 else f"{WASAPI}/{name}#{number}"
        kept.append(Microphone(device_id=device_id, name=name))
    return kept


def _way_to_server(inputs: list[Input]) -> Input | None:
    return next((one for one in inputs if one.host == "ALSA" and one.name == SERVER_DEVICE), None)


def _shown(name: str) -> str:
    return _CARD.sub("", name)
