"""Battery, mains and power saving as the systems tell them: trees of files of Linux, calls of Windows and macOS."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capture.meters import power
from capture.meters.power import (
    BEST_EFFICIENCY,
    POWER_SAVER_PLAN,
    Guid,
    Power,
    SystemPowerStatus,
    linux_power,
    mac_power,
    read_power,
    windows_power,
)

AC = {"type": "Mains", "online": "1"}
BATTERY = {
    "type": "Battery", "present": "1", "status": "Full", "energy_now": "40000000", "energy_full": "50000000",
    "capacity": "80",
}  # fmt: skip
MOUSE = {"type": "Battery", "scope": "Device", "present": "1", "status": "Discharging", "capacity": "5", "online": "1"}


def tree(root: Path, supplies: dict[str, dict[str, str]], **files: str) -> Path:
    (root / "class/power_supply").mkdir(parents=True)
    for name, told in supplies.items():
        for file, text in told.items():
            put(root / "class/power_supply" / name / file, text)
    for path, text in files.items():
        put(root / path, text)
    return root


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


# ---- Linux ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("supplies", "is_on_battery", "ratio"),
    [
        ({}, False, None),
        ({"AC": AC}, False, None),
        ({"hidpp_battery_0": MOUSE}, False, None),
        ({"AC": AC, "BAT0": BATTERY}, False, 0.8),
        ({"AC": AC, "BAT0": BATTERY | {"status": "Discharging"}}, False, 0.8),
        ({"AC": AC | {"online": "0"}, "BAT0": BATTERY | {"status": "Discharging"}}, True, 0.8),
        ({"AC": AC | {"online": "0"}, "BAT0": BATTERY | {"status": "Unknown"}}, True, 0.8),
        ({"BAT0": BATTERY | {"status": "Discharging"}, "mouse": MOUSE}, True, 0.8),
        ({"BAT0": BATTERY | {"status": "Unknown"}}, None, 0.8),
        ({"BAT0": BATTERY | {"status": "Not charging"}}, False, 0.8),
        ({"BAT0": BATTERY | {"present": "0", "status": "Discharging"}}, False, None),
        # USB-C: several plugs, one of which gives power.
        (
            {"ucsi0": {"type": "USB", "online": "0"}, "ucsi1": {"type": "USB", "online": "1"}, "BAT0": BATTERY},
            False,
            0.8,
        ),
    ],
)
def test_linux_tells_mains_and_charge(
    tmp_path: Path, supplies: dict[str, dict[str, str]], is_on_battery: bool | None, ratio: float | None
) -> None:
    told = linux_power(tree(tmp_path, supplies))
    assert (told.is_on_battery, told.battery_ratio) == (is_on_battery, ratio)


def test_two_batteries_count_by_their_size(tmp_path: Path) -> None:
    small = BATTERY | {"energy_now": "0", "energy_full": "10000000", "capacity": "0", "status": "Unknown"}
    large = BATTERY | {"energy_now": "30000000", "energy_full": "30000000", "status": "Discharging"}
    told = linux_power(tree(tmp_path, {"BAT0": small, "BAT1": large}))
    assert told.battery_ratio == pytest.approx(0.75)
    assert told.is_on_battery


@pytest.mark.parametrize(
    ("held", "ratio"),
    [
        ({"charge_now": "1500", "charge_full": "2000"}, 0.75),
        ({"capacity": "33"}, 0.33),
        # A battery that came back from calibration tells more than it holds.
        ({"energy_now": "51", "energy_full": "50"}, 1.0),
        ({"energy_now": "20", "energy_full": "0", "capacity": "60"}, 0.6),
        ({"capacity": "full of nonsense"}, None),
        ({}, None),
    ],
)
def test_charge_is_taken_from_what_the_driver_tells(tmp_path: Path, held: dict[str, str], ratio: float | None) -> None:
    battery = {"type": "Battery", "status": "Discharging"} | held
    assert linux_power(tree(tmp_path, {"BAT0": battery})) == Power(True, ratio, None)


CPU = "devices/system/cpu/cpufreq/policy0"


@pytest.mark.parametrize(
    ("files", "is_saving"),
    [
        ({}, None),
        ({"firmware/acpi/platform_profile": "low-power"}, True),
        ({"firmware/acpi/platform_profile": "balanced"}, False),
        ({"class/platform-profile/platform-profile-0/profile": "low-power"}, True),
        ({f"{CPU}/energy_performance_preference": "power"}, True),
        ({f"{CPU}/energy_performance_preference": "balance_power"}, False),
        ({f"{CPU}/scaling_governor": "powersave", f"{CPU}/scaling_driver": "intel_pstate"}, False),
        ({f"{CPU}/scaling_governor": "powersave", f"{CPU}/scaling_driver": "amd-pstate-epp"}, False),
        ({f"{CPU}/scaling_governor": "powersave", f"{CPU}/scaling_driver": "intel_cpufreq"}, True),
        ({f"{CPU}/scaling_governor": "powersave", f"{CPU}/scaling_driver": "acpi-cpufreq"}, True),
        ({f"{CPU}/scaling_governor": "schedutil", f"{CPU}/scaling_driver": "acpi-cpufreq"}, False),
        (
            {"firmware/acpi/platform_profile": "performance", f"{CPU}/energy_performance_preference": "power"},
            True,
        ),
    ],
)
def test_linux_tells_power_saving(tmp_path: Path, files: dict[str, str], is_saving: bool | None) -> None:
    assert linux_power(tree(tmp_path, {}, **files)).is_power_saving is is_saving


def test_a_system_without_these_files_is_no_error(tmp_path: Path) -> None:
    assert linux_power(tmp_path / "nothing") == Power(False, None, None)


def test_this_machine_answers_and_a_driver_that_fails_costs_the_answer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(read_power(), Power)

    def fail(*_: object) -> Power:
        raise ArithmeticError

    monkeypatch.setattr(power, "linux_power", fail)
    assert read_power() == Power()


# ---- Windows -------------------------------------------------------------------------------------

BALANCED = "00000000-0000-0000-0000-000000000000"
BALANCED_PLAN = "381b4222-f694-41f0-9685-ff5bb260df2e"


def guid(text: str) -> Guid:
    parts = text.split("-")
    tail = bytes.fromhex(parts[3] + parts[4])
    return Guid(int(parts[0], 16), int(parts[1], 16), int(parts[2], 16), (ctypes.c_uint8 * 8)(*tail))


class Kernel32:
    """GetSystemPowerStatus with a told answer; counts what LocalFree gets."""

    def __init__(self, line: int, flag: int, percent: int, saver: int, is_answering: bool = True) -> None:
        self._told = (line, flag, percent, saver)
        self._is_answering = is_answering
        self.freed: list[int | None] = []

    def GetSystemPowerStatus(self, place: Any) -> int:
        if not self._is_answering:
            return 0
        status: SystemPowerStatus = place._obj
        status.ac_line_status, status.battery_flag, status.battery_life_percent, status.system_status_flag = self._told
        return 1

    def LocalFree(self, pointer: ctypes.c_void_p) -> int:
        self.freed.append(pointer.value)
        return 0


class PowrProf:
    """The plan, and the mode where this Windows knows modes."""

    def __init__(self, plan: str | None, mode: str | None) -> None:
        self._plan = None if plan is None else guid(plan)
        if mode is not None:
            self.PowerGetEffectiveOverlayScheme = lambda place: self._put(place, guid(mode))

    @staticmethod
    def _put(place: Any, value: Guid) -> int:
        ctypes.memmove(ctypes.addressof(place._obj), ctypes.addressof(value), ctypes.sizeof(Guid))
        return 0

    def PowerGetActiveScheme(self, _: None, place: Any) -> int:
        if self._plan is None:
            return 5
        place._obj.contents = self._plan
        return 0


def test_guids_are_written_as_windows_writes_them() -> None:
    assert ctypes.sizeof(Guid) == 16
    assert ctypes.sizeof(SystemPowerStatus) == 12
    assert {str(guid(text)) for text in (BEST_EFFICIENCY, BALANCED_PLAN)} == {BEST_EFFICIENCY, BALANCED_PLAN}


@pytest.mark.parametrize(
    ("line", "flag", "percent", "is_on_battery", "ratio"),
    [
        (1, 8, 55, False, 0.55),
        (0, 1, 90, True, 0.9),
        (0, 4, 3, True, 0.03),
        (1, 128, 255, False, None),
        (0, 128, 255, False, None),
        (255, 255, 255, None, None),
        (1, 1, 255, False, None),
    ],
)
def test_windows_tells_mains_and_charge(
    line: int, flag: int, percent: int, is_on_battery: bool | None, ratio: float | None
) -> None:
    told = windows_power(Kernel32(line, flag, percent, 0), PowrProf(BALANCED_PLAN, BALANCED))
    assert (told.is_on_battery, told.battery_ratio) == (is_on_battery, ratio)


@pytest.mark.parametrize(
    ("saver", "plan", "mode", "is_saving"),
    [
        (0, BALANCED_PLAN, BALANCED, False),
        (1, BALANCED_PLAN, BALANCED, True),
        (0, BALANCED_PLAN, BEST_EFFICIENCY, True),
        (0, POWER_SAVER_PLAN, BALANCED, True),
        (0, POWER_SAVER_PLAN, None, True),
        (0, BALANCED_PLAN, None, False),
        (0, None, None, None),
        (1, None, None, True),
    ],
)
def test_windows_tells_power_saving(saver: int, plan: str | None, mode: str | None, is_saving: bool | None) -> None:
    kernel = Kernel32(1, 1, 80, saver)
    assert windows_power(kernel, PowrProf(plan, mode)).is_power_saving is is_saving
    # What PowerGetActiveScheme allocated is given back, once.
    assert len(kernel.freed) == (plan is not None and not saver)
    assert all(kernel.freed)


def test_a_windows_that_does_not_answer_is_not_known() -> None:
    silent = Kernel32(0, 0, 0, 0, is_answering=False)
    assert windows_power(silent, PowrProf(BALANCED_PLAN, BALANCED)) == Power(None, None, False)


# ---- macOS ---------------------------------------------------------------------------------------


class Objc:
    """libobjc with one class, whose methods are numbered by their names."""

    def __init__(self, names: dict[str, Callable[[int], int]], has_class: bool = True) -> None:
        numbers: dict[bytes, int] = {}

        def register(name: bytes) -> int:
            return numbers.setdefault(name, len(numbers) + 1)

        def send(receiver: int, selector: int, argument: int) -> int:
            name = next(name for name, number in numbers.items() if number == selector).decode()
            return names[name](argument)

        known = {name for name in names if name != "respondsToSelector:"}
        names.setdefault(
            "respondsToSelector:",
            lambda number: int(any(numbers[name] == number for name in numbers if name.decode() in known)),
        )
        self.objc_getClass = _Function(lambda name: 77 if has_class and name == b"NSProcessInfo" else None)
        self.sel_registerName = _Function(register)
        kind = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_size_t)
        self.objc_msgSend = kind(send)


class _Function:
    def __init__(self, call: Callable[[bytes], int | None]) -> None:
        self._call = call
        self.restype: Any = None
        self.argtypes: Any = None

    def __call__(self, name: bytes) -> int | None:
        assert self.restype is ctypes.c_void_p, "a pointer would be cut to 32 bits"
        return self._call(name)


PLUGGED = SimpleNamespace(percent=64.0, power_plugged=True)


@pytest.mark.parametrize("is_saving", [True, False])
def test_a_mac_tells_its_low_power_mode(is_saving: bool) -> None:
    objc = Objc({"processInfo": lambda _: 88, "isLowPowerModeEnabled": lambda _: int(is_saving)})
    assert mac_power(PLUGGED, objc) == Power(False, 0.64, is_saving)


def test_a_mac_before_that_mode_does_not_know() -> None:
    assert mac_power(PLUGGED, Objc({"processInfo": lambda _: 88})).is_power_saving is None
    assert mac_power(PLUGGED, Objc({"processInfo": lambda _: 0})).is_power_saving is None
    assert mac_power(PLUGGED, Objc({}, has_class=False)).is_power_saving is None


@pytest.mark.parametrize(
    ("battery", "is_on_battery", "ratio"),
    [
        (None, False, None),
        (SimpleNamespace(percent=20, power_plugged=False), True, 0.2),
        (SimpleNamespace(percent=100, power_plugged=None), None, 1.0),
    ],
)
def test_a_mac_tells_mains_and_charge(battery: Any, is_on_battery: bool | None, ratio: float | None) -> None:
    told = mac_power(battery, Objc({}, has_class=False))
    assert (told.is_on_battery, told.battery_ratio) == (is_on_battery, ratio)
