"""Folders as Linux' sysfs lays them out for cameras and sound cards."""

from __future__ import annotations

from pathlib import Path

CONTROLLER = "pci0000:00/0000:00:14.0"


class Tree:
    """Below one folder: ``classes`` for /sys/class/video4linux, ``cards`` for /sys/class/sound, ``dev`` for /dev."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.classes, self.cards, self.dev = root / "class/video4linux", root / "class/sound", root / "dev"
        for folder in (self.classes, self.cards, self.dev):
            folder.mkdir(parents=True)

    def usb(self, ports: str, vendor: str, product: str, serial: str = "", *, bus: int = 1) -> Path:
        """A USB device in a chain of ports such as 1.2; its folder."""
        folder = self.root / f"devices/{CONTROLLER}/usb{bus}/{bus}-{ports}"
        folder.mkdir(parents=True)
        self._write(folder, idVendor=vendor, idProduct=product, devpath=ports)
        if serial:
            self._write(folder, serial=serial)
        return folder

    def camera(
        self,
        number: int,
        name: str,
        device: Path | None,
        *,
        index: int = 0,
        function: str = "00",
    ) -> Path:
        """A video node of a USB device, or of a program when there is no device; its node in /dev."""
        node = f"video{number}"
        if device is None:
            folder = self.root / f"devices/virtual/video4linux/{node}"
        else:
            is_usb = (device / "idVendor").exists()
            owner = device / f"{device.name}:1.{int(function, 16)}" if is_usb else device
            folder = owner / f"video4linux/{node}"
            owner.mkdir(exist_ok=True)
            if is_usb:
                self._write(owner, bInterfaceNumber=function)
        folder.mkdir(parents=True)
        self._write(folder, name=name, index=str(index))
        if device is not None:
            (folder / "device").symlink_to(folder.parent.parent)
        (self.classes / node).symlink_to(folder)
        (self.dev / node).touch()
        return self.dev / node

    def platform(self, name: str) -> Path:
        folder = self.root / f"devices/platform/{name}"
        folder.mkdir(parents=True)
        return folder

    def unplug(self, number: int) -> None:
        (self.classes / f"video{number}").unlink()
        (self.dev / f"video{number}").unlink()

    def card(self, number: int, device: Path, function: str = "02") -> None:
        """A sound card of a USB device."""
        interface = device / f"{device.name}:1.{int(function, 16)}"
        interface.mkdir(exist_ok=True)
        self._write(interface, bInterfaceNumber=function)
        folder = interface / f"sound/card{number}"
        folder.mkdir(parents=True)
        (folder / "device").symlink_to(interface)
        (self.cards / f"card{number}").symlink_to(folder)

    @staticmethod
    def _write(folder: Path, **files: str) -> None:
        for name, text in files.items():
            (folder / name).write_text(text + "\n")
