"""Who a device is, read from Linux' sysfs: what stays the same when it is plugged in again or the machine restarts.

A number such as /dev/video0 or card 1 says only which device was found first. Pure but for reading files; any thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_UNKNOWN_SERIALS = ("", "0", "0000", "00000000", "0001", "1", "SN0001")
"""What makers put in who number nothing."""
_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]")


@dataclass(frozen=True)
class Identity:
    """``base`` is the device's own; ``place`` the socket that it is in, which tells two alike apart."""

    base: str
    place: str


def identity_of(node: Path) -> Identity | None:
    """For a class node such as /sys/class/video4linux/video0 or /sys/class/sound/card1; None when it has no device.

    USB: ``usb:046d:082d:5B3F2A1C:00`` (maker, model, serial number, function), else ``bus:<name in the bus>``.
    """
    try:
        device = (node / "device").resolve(strict=True)
    except OSError:
        return None
    function = _read(device / "bInterfaceNumber")
    for folder in (device, *device.parents):
        vendor, product = _read(folder / "idVendor"), _read(folder / "idProduct")
        if vendor and product:
            serial = re.sub(r"[^0-9A-Za-z_.-]", "_", _read(folder / "serial"))
            serial = "" if serial in _UNKNOWN_SERIALS else serial
            return Identity(f"usb:{vendor}:{product}:{serial}:{function or '00'}", _place(folder))
        if folder.name == "devices":
            break
    return Identity(f"bus:{device.name}", device.name)


def _place(usb_device: Path) -> str:
    """Controller and chain of ports: unlike the bus number they do not depend on what was found first."""
    ports = _read(usb_device / "devpath") or usb_device.name.partition("-")[2]
    controllers = [folder.name for folder in usb_device.parents if _PCI.fullmatch(folder.name)]
    if not controllers:
        # A controller without PCI, as on small boards: the folder above the root hub.
        hubs = [folder for folder in usb_device.parents if re.fullmatch(r"usb\d+", folder.name)]
        controllers = [hubs[-1].parent.name] if hubs else []
    return f"{controllers[0] if controllers else 'usb'}-{ports}"


def ids_of(found: list[tuple[Identity, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """The id of each device, and its other names, in the order given; ``found`` has identity and kernel's name.

    Alone, a device is known by what it is, wherever it is plugged in. Of several alike each is known by its place;
    the first of them is also the one that was meant when it was alone.
    """
    alike: dict[str, list[int]] = {}
    for number, (identity, _) in enumerate(found):
        alike.setdefault(identity.base, []).append(number)
    ids: list[tuple[str, tuple[str, ...]]] = []
    for number, (identity, kernel_name) in enumerate(found):
        group = sorted(alike[identity.base], key=lambda other: (found[other][0].place, other))
        placed = f"{identity.base}@{identity.place}"
        if len(group) == 1:
            ids.append((identity.base, (placed, kernel_name)))
            continue
        # Two functions of one device that share a number, or places that could not be read, go by their order.
        same_place = [other for other in group if found[other][0].place == identity.place]
        own = placed if len(same_place) == 1 else f"{placed}.{same_place.index(number)}"
        first = (identity.base,) if group[0] == number else ()
        ids.append((own, (*first, kernel_name)))
    return ids


def read_line(path: Path) -> str:
    """The file's text without spaces around it; empty when it cannot be read."""
    return _read(path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
