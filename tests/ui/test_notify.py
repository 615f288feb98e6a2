"""Notifications on the desktop: when one is shown, what it says, where it leads; and a real session bus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractButton, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from app.contract.inbox import InboxKind, InboxMessage, LinkPlace
from app.i18n import Translator
from app.usecases.state import DeskState
from app.usecases.wishes import ChangeSettings, MarkRead
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage
from tools import notifications
from ui.notify import Notifier, TrayDesktop, make_desktop
from ui.notify_bus import BusDesktop

Open = Callable[..., Stage]
ZH = Translator("zh")
ROOT = Path(__file__).resolve().parents[2]


class FakeDesktop(QObject):
    """Keeps what was shown."""

    clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, str, str]] = []

    def show(self, key: str, title: str, body: str, open_label: str) -> None:
        self.shown.append((key, title, body))

    def close(self) -> None:
        self.shown.append(("", "closed", ""))


def arrived(number: int, *found: InboxMessage, **settings: Any) -> DeskState:
    state = way_fakes.on_the_way(fakes.off_air())
    inbox = way_fakes.inbox(*found, arrived=found, arrived_number=number)
    return replace(state, inbox=inbox, settings=msgspec.structs.replace(state.settings, **settings))


@pytest.fixture
def desktop(qtbot: QtBot) -> FakeDesktop:
    return FakeDesktop()


def test_each_lot_is_told_once(desktop: FakeDesktop) -> None:
    notifier = Notifier(desktop=desktop)
    first, second = way_fakes.message(1), way_fakes.message(2, InboxKind.APPLICATION_APPROVED)
    for state in (arrived(0), arrived(1, first), arrived(1, first), arrived(2, second, first)):
        notifier.follow(state, ZH, is_list_seen=False)
    assert [title for _, title, _ in desktop.shown] == ["申请被退回", "2 条新消息"]


def test_what_is_before_ones_eyes_or_not_wanted_is_not_told_later_either(desktop: FakeDesktop) -> None:
    notifier = Notifier(desktop=desktop)
    found = way_fakes.message(1)
    notifier.follow(arrived(1, found), ZH, is_list_seen=True)
    notifier.follow(arrived(1, found), ZH, is_list_seen=False)
    notifier.follow(arrived(2, found, is_notifying=False), ZH, is_list_seen=False)
    notifier.follow(arrived(2, found), ZH, is_list_seen=False)
    assert desktop.shown == []


def test_after_another_person_signed_in_counting_begins_anew(desktop: FakeDesktop) -> None:
    notifier = Notifier(desktop=desktop)
    found = way_fakes.message(1)
    for number in (3, 0, 1):
        notifier.follow(arrived(number, found), ZH, is_list_seen=False)
    assert len(desktop.shown) == 2


def test_a_click_carries_the_message_and_several_carry_none(qtbot: QtBot, desktop: FakeDesktop) -> None:
    notifier = Notifier(desktop=desktop)
    seen: list[object] = []
    notifier.opened.connect(lambda row: seen.append(row.id if row is not None else None))
    notifier.follow(arrived(1, way_fakes.message(1)), ZH, is_list_seen=False)
    notifier.follow(arrived(2, way_fakes.message(2), way_fakes.message(3)), ZH, is_list_seen=False)
    for key in ("1", "1", "2", "unknown"):
        desktop.clicked.emit(key)
    assert seen == ["m1", None]


def notified(open_window: Open, desktop: FakeDesktop, *found: InboxMessage) -> Stage:
    stage = open_window(arrived(0), notifier=Notifier(desktop=desktop))
    stage.push(arrived(1, *found))
    assert len(desktop.shown) == 1
    return stage


@pytest.mark.qt_log_ignore("does not support raise")
@pytest.mark.parametrize(
    ("place", "page"), [(LinkPlace.LIVE, "live"), (LinkPlace.PREPARE, "prepare"), (LinkPlace.NONE, "messages")]
)
def test_a_clicked_notification_opens_its_page(
    open_window: Open, desktop: FakeDesktop, place: LinkPlace, page: str
) -> None:
    stage = notified(open_window, desktop, way_fakes.message(1, place=place))
    stage.window.rail.buttons["settings"].click()
    desktop.clicked.emit("1")
    assert stage.window.desk_page == page
    assert stage.wishes(MarkRead) == ([MarkRead(("m1",))] if page != "messages" else [])


@pytest.mark.qt_log_ignore("does not support raise")
def test_a_click_covers_no_sheet(open_window: Open, desktop: FakeDesktop) -> None:
    stage = notified(open_window, desktop, way_fakes.message(1, place=LinkPlace.ACCOUNT))
    stage.window.rail.buttons["live"].click()
    stage.window.live.controls.main.click()
    desktop.clicked.emit("1")
    assert stage.window.desk_page == "live"
    assert stage.window.sheets.go_live.isVisible()


def test_nothing_is_told_while_the_list_is_seen(open_window: Open, desktop: FakeDesktop) -> None:
    stage = open_window(arrived(0), notifier=Notifier(desktop=desktop))
    stage.window.rail.buttons["messages"].click()
    stage.push(arrived(1, way_fakes.message(1)))
    assert desktop.shown == []
    stage.window.rail.buttons["live"].click()
    stage.push(arrived(2, way_fakes.message(2)))
    assert len(desktop.shown) == 1


def test_the_settings_switch_them_off(open_window: Open) -> None:
    stage = open_window(arrived(0))
    stage.window.rail.buttons["settings"].click()
    toggle = stage.window.settings.findChild(QAbstractButton, "settings.notifications")
    assert toggle.isChecked()
    toggle.click()
    assert stage.wishes(ChangeSettings) == [ChangeSettings({"is_notifying": False})]


@pytest.mark.qt_log_ignore("No such signal QPlatformNativeInterface")
@pytest.mark.parametrize("is_there", [False, True])
def test_other_systems_have_a_tray_icon_or_nothing(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: is_there)
    parent = QObject()
    desktop = make_desktop(parent, "win32")
    assert isinstance(desktop, TrayDesktop)
    clicked: list[str] = []
    desktop.clicked.connect(clicked.append)
    desktop.show("a", "标题", "正文", "打开")
    desktop.show("b", "标题", "正文", "打开")
    icons = desktop.findChildren(QSystemTrayIcon)
    assert len(icons) == is_there
    for icon in icons:
        icon.messageClicked.emit()
    assert clicked == ["b"] * is_there
    desktop.close()


# ---- a real bus ----------------------------------------------------------------------------------


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session bus of its own."""
    read_fd, write_fd = os.pipe()
    command = ["dbus-daemon", "--session", "--nofork", "--nosyslog", f"--print-address={write_fd}"]
    with (tmp_path / "bus.log").open("wb") as log:
        daemon = subprocess.Popen(command, pass_fds=(write_fd,), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    os.close(write_fd)
    with os.fdopen(read_fd) as pipe:
        address = pipe.readline().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    yield address
    daemon.terminate()
    daemon.wait(5)


@pytest.fixture
def service(bus: str, tmp_path: Path) -> Iterator[Path]:
    """Somebody who shows notifications; the log of what was shown."""
    path = tmp_path / "shown.jsonl"
    read_fd, write_fd = os.pipe()
    command = [sys.executable, "-m", "tools.notifications", str(path), str(write_fd)]
    stub = subprocess.Popen(command, cwd=ROOT, pass_fds=(write_fd,), stdin=subprocess.DEVNULL)
    os.close(write_fd)
    with os.fdopen(read_fd) as pipe:
        assert pipe.readline() == "ready\n"
    yield path
    stub.terminate()
    stub.wait(5)


def shown(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_the_desktops_service_shows_them_and_tells_of_the_click(qtbot: QtBot, bus: str, service: Path) -> None:
    parent = QObject()
    desktop = make_desktop(parent, "linux")
    assert isinstance(desktop, BusDesktop)
    clicked: list[str] = []
    desktop.clicked.connect(clicked.append)
    desktop.show("a", "标题", "<b>正文</b> & more", "打开")
    desktop.show("b", "第二条", "", "打开")
    qtbot.waitUntil(lambda: len(shown(service)) == 2, timeout=5000)
    first = shown(service)[0]
    assert (first["app"], first["summary"]) == ("AnchorDesk", "标题")
    assert first["body"] == "&lt;b&gt;正文&lt;/b&gt; &amp; more", "what people write is no markup"
    assert first["actions"] == ["default", "打开"]
    notifications.click(bus, 2, "no_such_action")
    notifications.click(bus, 99)
    notifications.click(bus, 1)
    qtbot.waitUntil(lambda: clicked == ["a"], timeout=5000)
    notifications.click(bus, 1)
    notifications.click(bus, 2)
    qtbot.wait(100)
    assert clicked == ["a"], "both were closed before"
    desktop.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "notify"]


def test_without_the_service_nothing_happens(qtbot: QtBot, bus: str) -> None:
    parent = QObject()
    desktop = BusDesktop(parent)
    desktop.show("a", "标题", "正文", "打开")
    qtbot.wait(200)
    desktop.show("b", "标题", "正文", "打开")
    desktop.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "notify"]
    desktop.show("c", "标题", "正文", "打开")
    assert desktop.dropped == 0


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/bus", "tcp:host=127.0.0.1,port=1", "nonsense"])
def test_without_a_bus_nothing_happens(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    if address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    else:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    parent = QObject()
    desktop = BusDesktop(parent)
    for number in range(20):
        desktop.show(str(number), "标题", "正文", "打开")
    qtbot.waitUntil(lambda: not any(thread.name == "notify" for thread in threading.enumerate()), timeout=3000)
    desktop.close()
