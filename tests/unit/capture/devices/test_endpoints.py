"""Windows' and macOS' ways of asking, with their libraries played after their documentation."""

from __future__ import annotations

import ctypes
import enum
from types import SimpleNamespace
from typing import Any

from capture.devices.endpoints import Endpoints, MacWatcher, SoundEndpoints, WindowsWatcher


class Flow(enum.Enum):
    eRender = 0
    eCapture = 1


class State(enum.Enum):
    ACTIVE = 1


class Windows:
    """comtypes and pycaw: two microphones, one of them preferred."""

    def __init__(self) -> None:
        self.default: str | None = "{yeti}"
        self.initialised = 0
        self.asked: list[tuple[int, int]] = []

    class COMError(Exception):
        pass

    def load(self, name: str) -> Any:
        return {
            "comtypes": SimpleNamespace(CoInitialize=self._initialise, COMError=self.COMError),
            "pycaw.constants": SimpleNamespace(EDataFlow=Flow, DEVICE_STATE=State),
            "pycaw.utils": SimpleNamespace(
                AudioUtilities=SimpleNamespace(GetAllDevices=self._all, GetMicrophone=self._preferred)
            ),
        }[name]

    def _initialise(self) -> None:
        self.initialised += 1

    def _all(self, flow: int, state: int) -> list[Any]:
        self.asked.append((flow, state))
        return [
            SimpleNamespace(id="{yeti}", FriendlyName="Microphone (Yeti)"),
            SimpleNamespace(id="{c920}", FriendlyName="Microphone (C920)"),
        ]

    def _preferred(self) -> Any:
        if self.default is None:
            raise self.COMError
        default = self.default
        return SimpleNamespace(GetId=lambda: default)


def test_windows_tells_its_microphones_and_the_preferred_one() -> None:
    windows = Windows()
    watcher = WindowsWatcher(windows.load)
    assert watcher.look() == Endpoints(
        default="{yeti}",
        default_name="Microphone (Yeti)",
        names=("Microphone (Yeti)", "Microphone (C920)"),
        others=("{c920}", "{yeti}"),
    )
    windows.default = None
    assert watcher.look().default == ""
    assert windows.initialised == 1, "once a thread"
    assert set(windows.asked) == {(1, 1)}
    watcher.close()


class CoreAudio:
    """AudioObjectGetPropertyData(Size) with the selectors as numbers."""

    def __init__(self) -> None:
        self.default, self.devices = [74], [41, 74]
        self.is_broken = False

    def _of(self, address: Any) -> list[int]:
        assert list(address)[1:] == [0x676C6F62, 0], "scope 'glob', element 0"
        return {0x64496E20: self.default, 0x64657623: self.devices}[address[0]]

    def AudioObjectGetPropertyDataSize(
        self, target: Any, address: Any, qualifier_size: Any, qualifier: None, size: Any
    ) -> int:
        assert target.value == 1
        size._obj.value = 4 * len(self._of(address))
        return -1 if self.is_broken else 0

    def AudioObjectGetPropertyData(
        self, target: Any, address: Any, qualifier_size: Any, qualifier: None, size: Any, values: Any
    ) -> int:
        for number, value in enumerate(self._of(address)):
            values[number] = ctypes.c_uint32(value)
        return 0


def test_macos_tells_numbers_that_change_with_its_preference_and_devices() -> None:
    library = CoreAudio()
    endpoints = SoundEndpoints(MacWatcher(library))
    assert endpoints.look() == Endpoints(default="74", others=("41", "74"))
    library.default, library.devices = [41], [41]
    assert endpoints.look() == Endpoints(default="41", others=("41",)) == endpoints.last
    library.is_broken = True
    assert endpoints.look() == Endpoints(default="0"), "no default at all is one that changed"
    endpoints.close()
