"""Battery, mains and power saving of this machine. Any thread; some files or calls of the system, under a millisecond.

psutil's battery of Linux will not do: it takes the battery of a wireless mouse for the computer's, knows one battery of
two, and of power saving it knows nothing anywhere.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Power:
    """None for what this system does not tell. A machine without a battery is not on battery."""

    is_on_battery: bool | None = None
    battery_ratio: float | None = None
    """Charge of all batteries together, 0 … 1."""
    is_power_saving: bool | None = None


def read_power() -> Power:
    """As it is now; never raises."""
    try:
        if sys.platform == "win32":
            return windows_power(ctypes.windll.kernel32, ctypes.windll.powrprof)
        if sys.platform == "darwin":
            # Loading Foundation is what makes its classes known to the runtime.
            ctypes.CDLL("/System/Library/Frameworks/Foundation.framework/Foundation")
            return mac_power(psutil.sensors_battery(), ctypes.CDLL("/usr/lib/libobjc.A.dylib"))
        return linux_power(Path("/sys"))
    except Exception:
        # A driver with unheard-of values, a library without a function: not known, and the rest is measured.
        _LOG.exception("the power supply could not be read")
        return Power()


# ---- Linux ---------------------------------------------------------------------------------------

_OWN_GOVERNED = frozenset({"intel_pstate", "amd-pstate", "amd-pstate-epp", "amd_pstate_epp"})
"""With these drivers the governor "powersave" is the ordinary one, which follows the load; with others it pins the
lowest clock (Documentation/admin-guide/pm/cpufreq.rst, intel_pstate.rst, amd-pstate.rst)."""


def linux_power(root: Path) -> Power:
    """``root`` is /sys: Documentation/ABI/testing/sysfs-class-power and sysfs-platform_profile."""
    supplies = [supply for supply in _folders(root / "class/power_supply") if _word(supply / "scope") != "device"]
    batteries = [supply for supply in supplies if _word(supply / "type") == "battery" and _is_present(supply)]
    mains = [online for supply in supplies if (online := _number(supply / "online")) is not None]
    return Power(_is_on_battery(batteries, mains), _charge(batteries), _linux_is_saving(root))


def _is_present(battery: Path) -> bool:
    return _number(battery / "present") != 0


def _is_on_battery(batteries: list[Path], mains: list[float]) -> bool | None:
    if not batteries or any(online >= 1 for online in mains):
        return False
    said = {_word(battery / "status") for battery in batteries}
    if "discharging" in said:
        return True
    if mains:
        # Firmware that says "unknown" or "not charging" while the plug is out.
        return True
    return False if said & {"charging", "full", "not charging"} else None


def _charge(batteries: list[Path]) -> float | None:
    """By energy or charge where all tell them, as batteries differ in size; otherwise the mean of their percents."""
    for kind in ("energy", "charge"):
        held = [(_number(one / f"{kind}_now"), _number(one / f"{kind}_full")) for one in batteries]
        known = [(now, full) for now, full in held if now is not None and full]
        if known and len(known) == len(batteries):
            return _clamped(sum(now for now, _ in known) / sum(full for _, full in known))
    percents = [percent for one in batteries if (percent := _number(one / "capacity")) is not None]
    return _clamped(sum(percents) / len(percents) / 100) if percents else None


def _linux_is_saving(root: Path) -> bool | None:
    """Whether any of what saves power is on: the firmware's profile, the processor's preference, a pinned clock.

    power-profiles-daemon and TLP set these; asking their files needs no bus and works without them.
    """
    profiles = [root / "firmware/acpi/platform_profile"]
    profiles += [one / "profile" for one in _folders(root / "class/platform-profile")]
    told = [profile == "low-power" for path in profiles if (profile := _word(path))]
    for policy in _folders(root / "devices/system/cpu/cpufreq"):
        if preference := _word(policy / "energy_performance_preference"):
            told.append(preference == "power")
        if governor := _word(policy / "scaling_governor"):
            told.append(governor == "powersave" and _word(policy / "scaling_driver") not in _OWN_GOVERNED)
    return any(told) if told else None


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(parent.iterdir())
    except OSError:
        return []


def _word(path: Path) -> str:
    """A file's line in small letters; empty when it is not there. Drivers answer with EIO or ENODEV at times."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip().lower()
    except OSError:
        return ""


def _number(path: Path) -> float | None:
    try:
        return float(_word(path))
    except ValueError:
        return None


def _clamped(ratio: float) -> float:
    return max(0.0, min(1.0, ratio))


# ---- Windows -------------------------------------------------------------------------------------

_ON_BATTERY, _ON_MAINS = 0, 1
_NO_BATTERY = 128
_UNKNOWN = 255
_SAVER_ON = 1


class Guid(ctypes.Structure):
    """GUID of guiddef.h; c_ulong would have eight bytes elsewhere."""

    _fields_ = [
        ("data1", ctypes.c_uint32),
        ("data2", ctypes.c_uint16),
        ("data3", ctypes.c_uint16),
        ("data4", ctypes.c_uint8 * 8),
    ]

    def __str__(self) -> str:
        rest = bytes(self.data4).hex()
        return f"{self.data1:08x}-{self.data2:04x}-{self.data3:04x}-{rest[:4]}-{rest[4:]}"


class SystemPowerStatus(ctypes.Structure):
    """SYSTEM_POWER_STATUS of winbase.h."""

    _fields_ = [
        ("ac_line_status", ctypes.c_uint8),
        ("battery_flag", ctypes.c_uint8),
        ("battery_life_percent", ctypes.c_uint8),
        ("system_status_flag", ctypes.c_uint8),
        ("battery_life_time_s", ctypes.c_uint32),
        ("battery_full_life_time_s", ctypes.c_uint32),
    ]


BEST_EFFICIENCY = "961cc777-2547-4f9d-8174-7d86181b8a7a"
"""GUID_POWER_MODE_BEST_EFFICIENCY, "better battery" of the slider; all zero is balanced."""
POWER_SAVER_PLAN = "a1841308-3541-4fab-bc81-f71556f20b4a"
"""GUID_MAX_POWER_SAVINGS of winnt.h: the plan "power saver"."""


def windows_power(kernel32: Any, powrprof: Any) -> Power:
    """GetSystemPowerStatus, the power mode in force, and the plan. The libraries are given for tests."""
    status = SystemPowerStatus()
    if not kernel32.GetSystemPowerStatus(ctypes.byref(status)):
        return Power(is_power_saving=_is_mode_saving(kernel32, powrprof))
    has_battery = status.battery_flag == _UNKNOWN or not status.battery_flag & _NO_BATTERY
    is_percent_known = has_battery and status.battery_life_percent <= 100
    is_on_battery = {_ON_BATTERY: True, _ON_MAINS: False}.get(status.ac_line_status)
    is_saver_on = status.system_status_flag == _SAVER_ON
    return Power(
        is_on_battery if has_battery else False,
        status.battery_life_percent / 100 if is_percent_known else None,
        True if is_saver_on else _is_mode_saving(kernel32, powrprof),
    )


def _is_mode_saving(kernel32: Any, powrprof: Any) -> bool | None:
    said = [name for name in (_mode(powrprof), _plan(kernel32, powrprof)) if name is not None]
    return any(name in (BEST_EFFICIENCY, POWER_SAVER_PLAN) for name in said) if said else None


def _mode(powrprof: Any) -> str | None:
    mode = Guid()
    try:
        # Windows 10 1709 and later; exported, but in no header.
        failed = powrprof.PowerGetEffectiveOverlayScheme(ctypes.byref(mode))
    except AttributeError:
        return None
    return None if failed else str(mode)


def _plan(kernel32: Any, powrprof: Any) -> str | None:
    plan = ctypes.POINTER(Guid)()
    if powrprof.PowerGetActiveScheme(None, ctypes.byref(plan)) or not plan:
        return None
    try:
        return str(plan.contents)
    finally:
        # An int as it is would be cut to 32 bits on the way.
        kernel32.LocalFree(ctypes.cast(plan, ctypes.c_void_p))


# ---- macOS ---------------------------------------------------------------------------------------


def mac_power(battery: Any, objc: Any) -> Power:
    """psutil's battery (IOKit) and NSProcessInfo; ``objc`` is libobjc, given for tests."""
    if battery is None:
        return Power(False, None, _mac_is_saving(objc))
    is_on_battery = None if battery.power_plugged is None else not battery.power_plugged
    return Power(is_on_battery, _clamped(battery.percent / 100), _mac_is_saving(objc))


def _mac_is_saving(objc: Any) -> bool | None:
    """``[[NSProcessInfo processInfo] isLowPowerModeEnabled]`` of macOS 12 and later; None before."""
    for function in (objc.objc_getClass, objc.sel_registerName):
        function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    kind = objc.objc_getClass(b"NSProcessInfo")
    if not kind:
        return None
    info = _message(objc, ctypes.c_void_p)(kind, objc.sel_registerName(b"processInfo"))
    wanted = objc.sel_registerName(b"isLowPowerModeEnabled")
    responds = _message(objc, ctypes.c_bool, ctypes.c_void_p)
    if not info or not responds(info, objc.sel_registerName(b"respondsToSelector:"), wanted):
        return None
    return bool(_message(objc, ctypes.c_bool)(info, wanted))


def _message(objc: Any, result: Any, *arguments: Any) -> Any:
    """objc_msgSend as a function of one signature: on Apple's processors its arguments must be typed."""
    kind = ctypes.CFUNCTYPE(result, ctypes.c_void_p, ctypes.c_void_p, *arguments)
    return ctypes.cast(objc.objc_msgSend, kind)
