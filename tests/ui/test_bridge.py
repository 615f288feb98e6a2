from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from app.usecases.state import DeskState
from tests.ui import fakes
from tests.ui.fakes import FakeDesk, change
from ui.bridge import Bridge


def test_burst_from_another_thread_becomes_the_newest_state_in_the_gui_thread(qtbot: QtBot) -> None:
    desk = FakeDesk(fakes.off_air())
    bridge = Bridge(desk)
    seen: list[tuple[DeskState, bool]] = []
    bridge.state_changed.connect(lambda state: seen.append((state, QThread.currentThread() is bridge.thread())))
    states = [change(fakes.off_air(), default_title=str(number)) for number in range(500)]
    thread = threading.Thread(target=lambda: [desk.push(state) for state in states], name="test-io")
    thread.start()
    thread.join(5)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1][0] is states[-1], timeout=2000)
    assert all(is_gui for _, is_gui in seen)
    assert bridge.states_in == 500
    assert bridge.states_out == len(seen) < 500
    bridge.close()


def test_nothing_comes_after_closing(qtbot: QtBot) -> None:
    desk = FakeDesk(fakes.off_air())
    bridge = Bridge(desk)
    seen: list[DeskState] = []
    bridge.state_changed.connect(seen.append)
    desk.push(fakes.on_air())
    bridge.close()
    qtbot.wait(20)
    assert seen == []
    assert desk.subscribers == 0


SOAK = """
import gc, sys
from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
class Sender(QObject):
    said = Signal(object, bool, int)
class Receiver(QObject):
    count = 0
    @Slot(object, bool, int)
    def take(self, value, flag, number):
        Receiver.count += 1
application = QCoreApplication([])
sender, receiver = Sender(), Receiver()
sender.said.connect(receiver.take)
before = (sys.getrefcount(None), sys.getrefcount(True))
for number in range(5000):
    sender.said.emit(None, True, number)
after = (sys.getrefcount(None), sys.getrefcount(True))
gc.collect()
assert Receiver.count == 5000, Receiver.count
assert abs(after[0] - before[0]) < 1000 and abs(after[1] - before[1]) < 1000, (before, after)
print("ok")
"""


def test_five_thousand_signals_on_the_pinned_qt() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SOAK],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr


def test_delivery_in_a_foreign_thread_is_a_bug(qtbot: QtBot) -> None:
    bridge = Bridge(FakeDesk(fakes.off_air()))
    found: list[BaseException] = []

    def call() -> None:
        try:
            bridge._deliver()
        except RuntimeError as problem:
            found.append(problem)

    thread = threading.Thread(target=call, name="test-foreign")
    thread.start()
    thread.join(5)
    bridge.close()
    assert len(found) == 1
    with pytest.raises(RuntimeError):
        raise found[0]
