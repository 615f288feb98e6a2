"""Microphones: one list without doubles, ids that stay, and why one could not be opened. PortAudio is played."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import DeviceError
from app.ports.engine import DevicesListed, Microphone
from capture.devices import microphones as module
from capture.devices.endpoints import Endpoints, ServerSource, SoundEndpoints
from capture.devices.microphone_list import Input, locate, microphones_of
from capture.devices.microphones import PortAudioHost, why_refused
from capture.devices.standing import Standing
from capture.devices.usb import Identity
from tests.unit.capture.devices.sysfs_tree import Tree

NOBODY: Callable[[str], None] = lambda card: None  # noqa: E731


def inputs(*names: str, host: str = "ALSA") -> list[Input]:
    return [Input(number, host, name, 2, 44_100) for number, name in enumerate(names)]


def ids(found: tuple[Microphone, ...]) -> list[str]:
    return [one.device_id for one in found]


LINUX = inputs("C920: USB Audio (hw:1,0)", "Yeti: USB Audio (hw:2,0)", "sysdefault", "pulse", "default", "my mic")
SERVER = Endpoints(
    default="alsa_input.usb-Yeti",
    default_name="Yeti Stereo",
    sources=(
        ServerSource("alsa_input.usb-C920", "C920 Mono", 1),
        ServerSource("alsa_input.usb-Yeti", "Yeti Stereo", 2),
    ),
    has_server=True,
)
WINDOWS = [
    Input(0, "MME", "Microsoft Sound Mapper - Input", 2, 44_100),
    Input(1, "MME", "Microphone (HD Pro Webcam C920)"[:31], 2, 44_100),
    Input(2, "Windows DirectSound", "Microphone (HD Pro Webcam C920)", 2, 44_100),
    Input(3, "Windows WASAPI", "Microphone (HD Pro Webcam C920)", 2, 48_000),
    Input(4, "Windows WASAPI", "Microphone (Yeti)", 1, 48_000),
    Input(5, "Windows WDM-KS", "Microphone (Yeti)", 1, 48_000),
]


# ---- the list ------------------------------------------------------------------------------------


def test_a_sound_server_has_them_by_its_own_names_and_the_cards_behind_it_are_not_there_twice() -> None:
    found = microphones_of(LINUX, LINUX[4], SERVER, NOBODY)
    assert ids(found) == ["default", "pulse/alsa_input.usb-C920", "pulse/alsa_input.usb-Yeti", "ALSA/my mic"]
    assert [(one.name, one.channels, one.rate_hz) for one in found[:3]] == [
        ("Yeti Stereo", 2, 0),
        ("C920 Mono", 1, 0),
        ("Yeti Stereo", 2, 0),
    ]
    assert [one.is_default for one in found] == [True, False, False, False]


def test_without_a_server_the_cards_are_listed_and_known_by_who_they_are(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.card(1, tree.usb("1", "046d", "082d", "5B3F2A1C"))
    tree.card(2, tree.usb("2", "b58e", "9e84"))
    identify = module.identity_of
    found = microphones_of(LINUX, LINUX[0], Endpoints(), lambda card: identify(tree.cards / f"card{card}"))
    assert ids(found) == [
        "default", "ALSA/usb:046d:082d:5B3F2A1C:02:pcm0", "ALSA/usb:b58e:9e84::02:pcm0", "ALSA/my mic",
    ]  # fmt: skip
    assert found[1].name == "C920: USB Audio"
    # As older versions kept it, with the card's number of that day.
    assert "ALSA/C920: USB Audio (hw:1,0)" in found[1].aliases


def test_a_card_is_found_again_under_another_number() -> None:
    def who(card: str) -> Identity:
        return Identity(f"usb:1:2:{'A' if card == '3' else 'B'}:02", card)

    now = inputs("C920: USB Audio (hw:3,0)", "Yeti: USB Audio (hw:1,0)")
    located = locate("ALSA/usb:1:2:A:02:pcm0", now, now[0], Endpoints(), who)
    assert located is not None
    assert (located.input.index, located.name) == (0, "C920: USB Audio")


def test_two_of_one_name_have_ordinals() -> None:
    now = inputs("Microphone (USB)", "Other", "Microphone (USB)", host="Windows WASAPI")
    found = microphones_of(now, now[1], Endpoints(), NOBODY)
    assert ids(found)[1:] == [
        "Windows WASAPI/Microphone (USB)",
        "Windows WASAPI/Other",
        "Windows WASAPI/Microphone (USB)#2",
    ]
    second = locate("Windows WASAPI/Microphone (USB)#2", now, now[1], Endpoints(), NOBODY)
    assert second is not None
    assert second.input.index == 2
    assert locate("Windows WASAPI/Microphone (USB)#3", now, now[1], Endpoints(), NOBODY) is None


def test_two_alike_cards_are_told_apart_by_their_sockets() -> None:
    now = inputs("Mic: USB Audio (hw:1,0)", "Mic: USB Audio (hw:2,0)")
    found = microphones_of(now, now[0], Endpoints(), lambda card: Identity("usb:1:2::02", f"port-{3 - int(card)}"))
    assert ids(found)[1:] == ["ALSA/usb:1:2::02:pcm0@port-2", "ALSA/usb:1:2::02:pcm0@port-1"]


def test_windows_lists_each_once_and_knows_it_by_its_other_names() -> None:
    found = microphones_of(WINDOWS, WINDOWS[3], Endpoints(), NOBODY)
    assert ids(found) == [
        "default", "Windows WASAPI/Microphone (HD Pro Webcam C920)", "Windows WASAPI/Microphone (Yeti)",
    ]  # fmt: skip
    listed = DevicesListed(microphones=found)
    for old in ("MME/Microphone (HD Pro Webcam C920)"[:35], "Windows DirectSound/Microphone (HD Pro Webcam C920)"):
        known = listed.microphone(old)
        assert known is not None
        assert known.device_id == "Windows WASAPI/Microphone (HD Pro Webcam C920)"
        located = locate(old, WINDOWS, WINDOWS[3], Endpoints(), NOBODY)
        assert located is not None, "and it still opens"


def test_while_portaudio_cannot_list_anew_windows_tells_who_came_and_went() -> None:
    endpoints = Endpoints(names=("Microphone (Yeti)", "Headset (Jabra)"))
    now = microphones_of(WINDOWS, WINDOWS[3], endpoints, NOBODY, is_stale=True)
    assert ids(now) == ["default", "Windows WASAPI/Microphone (Yeti)", "Windows WASAPI/Headset (Jabra)"]
    fresh = microphones_of(WINDOWS, WINDOWS[3], endpoints, NOBODY)
    assert "Windows WASAPI/Headset (Jabra)" not in ids(fresh), "PortAudio's own list is right when it is new"


@pytest.mark.parametrize("old", ["", "default", "ALSA/pulse", "ALSA/default", "pulse"])
def test_ids_of_older_versions_still_open(old: str) -> None:
    located = locate(old, LINUX, LINUX[4], SERVER, NOBODY)
    assert located is not None
    assert located.source == ""
    if old:
        known = DevicesListed(microphones=microphones_of(LINUX, LINUX[4], SERVER, NOBODY)).microphone(old)
        assert known is not None
        assert known.device_id == "default"


def test_a_source_of_the_server_is_opened_by_its_name_and_only_while_it_is_there() -> None:
    located = locate("pulse/alsa_input.usb-C920", LINUX, LINUX[4], SERVER, NOBODY)
    assert located is not None
    assert (located.input.name, located.source, located.name) == ("pulse", "alsa_input.usb-C920", "C920 Mono")
    assert locate("pulse/alsa_input.gone", LINUX, LINUX[4], SERVER, NOBODY) is None
    assert locate("pulse/alsa_input.usb-C920", LINUX[:3], LINUX[0], SERVER, NOBODY) is None


def test_nothing_there_is_an_empty_list() -> None:
    assert microphones_of([], None, Endpoints(), NOBODY) == ()
    assert locate("default", [], None, Endpoints(), NOBODY) is None


# ---- PortAudio -----------------------------------------------------------------------------------


class PortAudioError(Exception):
    pass


class Library:
    """sounddevice as far as it is used; ``refuse`` is raised by opening."""

    PortAudioError = PortAudioError

    def __init__(self, found: list[Input]) -> None:
        self.found = found
        self.refuse: Exception | None = None
        self.rates: list[int] = []
        self.inits = 0
        self.open = 0

    def _initialize(self) -> None:
        self.inits += 1

    def _terminate(self) -> None:
        pass

    def query_hostapis(self) -> list[dict[str, str]]:
        return [{"name": name} for name in sorted({one.host for one in self.found})]

    def query_devices(self, kind: str | None = None) -> Any:
        hosts = [host["name"] for host in self.query_hostapis()]
        devices = [
            {
                "index": one.index, "name": one.name, "hostapi": hosts.index(one.host),
                "max_input_channels": one.channels, "default_samplerate": float(one.rate_hz),
            }
            for one in self.found
        ]  # fmt: skip
        if kind is None:
            return devices
        if not devices:
            raise PortAudioError("no default", -1)
        return devices[0]

    def InputStream(self, *, samplerate: int, **_: object) -> Any:
        self.rates.append(samplerate)
        if self.refuse is not None:
            raise self.refuse
        library = self

        class Stream:
            def start(self) -> None:
                library.open += 1

            def abort(self) -> None:
                library.open -= 1

            def close(self) -> None:
                pass

        return Stream()


class Told:
    """What the sound system says; a test changes it."""

    def __init__(self, now: Endpoints) -> None:
        self.now = now

    def look(self) -> Endpoints:
        return self.now

    def close(self) -> None:
        pass


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[PortAudioHost, Library, Told, SoundEndpoints]]:
    real = importlib.import_module

    def play(
        found: list[Input], now: Endpoints = SERVER, *, is_forbidden: bool = False
    ) -> tuple[PortAudioHost, Library, Told, SoundEndpoints]:
        library, told = Library(found), Told(now)
        monkeypatch.setattr(importlib, "import_module", lambda name: library if name == "sounddevice" else real(name))
        monkeypatch.setattr(module, "is_forbidden", lambda kind: is_forbidden and kind == "microphone")
        endpoints = SoundEndpoints(told)
        return PortAudioHost(endpoints), library, told, endpoints

    return play


def nothing(_: object) -> None:
    pass


def code_of(host: PortAudioHost, device_id: str) -> str:
    with pytest.raises(DeviceError) as refused:
        host.open(device_id, nothing, nothing)
    return refused.value.code


def error(number: int, cause: int | None = None) -> PortAudioError:
    return PortAudioError("text", number, *(() if cause is None else ((8, cause, "text"),)))


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (error(-9985), "microphone_in_use"),
        (error(-9996), "no_microphone"),
        (error(-9999, -16), "microphone_in_use"),
        (error(-9999, -13), "microphone_forbidden"),
        (error(-9999, -19), "no_microphone"),
        (error(-9999), "microphone_in_use"),
        (ValueError("no such rate"), "microphone_in_use"),
    ],
)
def test_missing_taken_and_forbidden_are_told_apart(play: Any, refusal: Exception, code: str) -> None:
    host, library, _, _ = play(LINUX, Endpoints())
    library.refuse = refusal
    assert code_of(host, "ALSA/C920: USB Audio") == code
    assert library.rates == [48_000, 44_100], "its own rate is tried too"
    assert why_refused(refusal) == code


def test_one_that_is_not_there_is_missing(play: Any) -> None:
    host, _, _, _ = play(LINUX)
    assert code_of(host, "ALSA/none") == "no_microphone"
    empty, _, _, _ = play([], Endpoints())
    assert code_of(empty, "default") == "no_microphone"
    assert empty.list_microphones() == ()


def test_a_server_that_is_away_is_a_missing_microphone_and_one_that_refuses_a_forbidden_one(play: Any) -> None:
    only_ways = inputs("pulse", "default")
    host, library, told, _ = play(only_ways, Endpoints())
    library.refuse = error(-9999, -111)
    assert code_of(host, "default") == "no_microphone"
    told.now = Endpoints(is_refused=True)
    assert code_of(host, "default") == "microphone_forbidden"


def test_linux_without_rights_to_any_card_is_forbidden(play: Any) -> None:
    host, library, _, _ = play(inputs("pulse", "default"), Endpoints(), is_forbidden=True)
    library.refuse = error(-9999, -2)
    assert code_of(host, "default") == "microphone_forbidden"


def test_windows_with_its_switch_off_is_forbidden_though_it_would_open(play: Any) -> None:
    host, library, _, _ = play(WINDOWS, Endpoints(), is_forbidden=True)
    assert code_of(host, "default") == "microphone_forbidden"
    assert library.rates == []


def test_where_the_system_prefers_another_now_the_stream_says_so(play: Any) -> None:
    host, library, told, endpoints = play(WINDOWS, Endpoints(default="one"))
    stream = host.open("default", nothing, nothing)
    fixed = Endpoints(default="two")
    assert stream.standing() is Standing.HERE
    told.now = fixed
    assert stream.standing() is Standing.HERE, "asking is not this thread's affair"
    endpoints.look()
    assert stream.standing() is Standing.MOVED
    # While something else plays, PortAudio could not find the other one.
    host.hold(lambda library: library)
    assert stream.standing() is Standing.HERE
    host.release()
    assert stream.standing() is Standing.MOVED
    stream.close()
    again = host.open("default", nothing, nothing)
    assert again.standing() is Standing.HERE
    again.close()
    assert library.open == 0


def test_one_that_was_chosen_by_name_does_not_follow(play: Any) -> None:
    host, _, told, endpoints = play(WINDOWS, Endpoints(default="one"))
    stream = host.open("Windows WASAPI/Microphone (Yeti)", nothing, nothing)
    told.now = Endpoints(default="two")
    endpoints.look()
    assert stream.standing() is Standing.HERE


def test_a_source_that_the_server_no_longer_has_is_gone_though_sound_still_comes(play: Any) -> None:
    host, _, told, endpoints = play(LINUX)
    stream = host.open("pulse/alsa_input.usb-C920", nothing, nothing)
    assert stream.name == "C920 Mono"
    told.now = Endpoints(default="x", sources=SERVER.sources[1:], has_server=True)
    endpoints.look()
    assert stream.standing() is Standing.GONE
    told.now = Endpoints(default="x", sources=SERVER.sources, heard=("alsa_input.usb-Yeti",), has_server=True)
    endpoints.look()
    assert stream.standing() is Standing.MOVED, "the server has put it elsewhere"
    told.now = Endpoints(default="x", sources=SERVER.sources, heard=("alsa_input.usb-C920",), has_server=True)
    endpoints.look()
    assert stream.standing() is Standing.HERE
    # A server that is away says nothing of its sources.
    told.now = Endpoints()
    endpoints.look()
    assert stream.standing() is Standing.HERE


def test_portaudio_is_never_made_anew_under_an_open_stream(play: Any) -> None:
    host, library, _, _ = play(LINUX)
    stream = host.open("default", nothing, nothing)
    inits = library.inits
    assert "pulse/alsa_input.usb-Yeti" in ids(host.list_microphones())
    assert library.inits == inits
    stream.close()
    host.list_microphones()
    assert library.inits == inits + 1


def test_a_sound_system_that_cannot_be_asked_leaves_portaudios_list() -> None:
    class Broken(Told):
        def look(self) -> Endpoints:
            raise ArithmeticError

    endpoints = SoundEndpoints(Broken(SERVER))
    assert endpoints.look() == Endpoints() == endpoints.last
    endpoints.close()
