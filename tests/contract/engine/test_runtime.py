"""Loop, lock and worker: what holds when what they run fails or hangs."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from app.runtime.instance import InstanceLock
from app.runtime.ioloop import IoLoop
from capture.worker import Worker

pytestmark = pytest.mark.slow


def is_alive(name: str) -> bool:
    return any(thread.name == name for thread in threading.enumerate())


# ---- IoLoop --------------------------------------------------------------------------------------


def test_closing_runs_the_last_work_and_cancels_what_is_left() -> None:
    loop = IoLoop("test-io")
    loop.start()
    happened: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            happened.append("cancelled")
            raise

    tasks: list[asyncio.Task[None]] = []
    loop.post(lambda: tasks.append(asyncio.ensure_future(forever())))

    async def last() -> None:
        happened.append("last")

    loop.close(last())
    assert happened == ["last", "cancelled"]
    assert not is_alive("test-io")
    loop.post(lambda: happened.append("too late"))
    assert happened == ["last", "cancelled"]


def test_last_work_that_fails_ends_the_loop_all_the_same() -> None:
    loop = IoLoop("test-io")
    loop.start()

    async def last() -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        loop.close(last())
    assert not is_alive("test-io")


def test_last_work_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.runtime.ioloop.JOIN_S", 0.2)
    loop = IoLoop("test-io")
    loop.start()
    cancelled: list[int] = []

    async def last() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    began_s = time.monotonic()
    loop.close(last())
    assert time.monotonic() - began_s < 2.0
    assert cancelled
    assert not is_alive("test-io")


# ---- InstanceLock --------------------------------------------------------------------------------


def test_the_second_is_told_and_comes_in_after_the_first(tmp_path: Path) -> None:
    path = tmp_path / "data" / "lock"
    first, second = InstanceLock(path), InstanceLock(path)
    assert first.acquire()
    assert not second.acquire()
    assert not second.acquire(), "and nothing is left open by trying"
    second.release()
    assert not second.acquire(), "who does not hold it cannot give it up"
    first.release()
    assert second.acquire()
    second.release()


def test_only_this_user_may_touch_it(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path / "lock")
    assert lock.acquire()
    assert (tmp_path / "lock").stat().st_mode & 0o077 == 0
    lock.release()


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        InstanceLock(tmp_path / "file" / "lock").acquire()


# ---- Worker --------------------------------------------------------------------------------------


def test_the_worker_does_one_after_the_other_and_outlives_what_fails() -> None:
    worker = Worker("test-worker")
    worker.start()
    done: list[int] = []
    finished = threading.Event()

    def fail() -> None:
        raise ArithmeticError

    assert worker.submit(lambda: done.append(1))
    assert worker.submit(fail)
    assert worker.submit(lambda: done.append(2))
    assert worker.submit(finished.set)
    assert finished.wait(5)
    assert done == [1, 2]
    assert worker.close()


def test_a_driver_that_hangs_refuses_the_next_and_does_not_hold_up_the_end() -> None:
    worker = Worker("test-worker")
    worker.start()
    hanging, may_go_on = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        may_go_on.wait(30)

    assert worker.submit(hang)
    assert hanging.wait(5)
    taken = sum(worker.submit(lambda: None) for _ in range(100))
    assert taken == 16
    began_s = time.monotonic()
    assert not worker.close(0.2)
    assert time.monotonic() - began_s < 2.0
    may_go_on.set()
    deadline_s = time.monotonic() + 5
    while is_alive("test-worker"):
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
