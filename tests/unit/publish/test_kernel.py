"""What each system answers about a socket, read from answers laid out as its headers say; and this system's own."""

from __future__ import annotations

import socket
import struct
import sys

import pytest

from capture.publish.kernel import Kernel, LinuxKernel, MacKernel, UnknownKernel, WindowsKernel, kernel_of


def refuse(number: int) -> bytes:
    raise OSError(22, "invalid")


def linux(outq: int, rtt_us: int) -> Kernel:
    info = bytearray(72)
    struct.pack_into("=I", info, 68, rtt_us)
    return LinuxKernel({0x5411: struct.pack("=i", outq)}.__getitem__, {11: bytes(info)}.__getitem__)


def mac(nwrite: int, srtt_ms: int) -> Kernel:
    info = struct.pack("=4B10I", 4, 6, 6, 0, 0, 0, 250, 1448, 0, 0, 0, 0, 0, 99) + struct.pack("=II", srtt_ms, 3)
    return MacKernel({0x1024: struct.pack("=i", nwrite)}.__getitem__, {0x106: info}.__getitem__)


def windows(in_flight: int, out: int, rtt_us: int) -> Kernel:
    # State, Mss, ConnectionTimeMs, TimestampsEnabled, RttUs, MinRttUs, BytesInFlight, four windows, BytesOut, BytesIn.
    info = struct.pack("<IIQB3xII5IQQ", 4, 1460, 60_000, 0, rtt_us, 9, in_flight, 1, 2, 3, 4, out, 5)
    return WindowsKernel({0xD8000027: info + bytes(88 - len(info))}.__getitem__)


def test_linux() -> None:
    assert linux(4711, 25_300).unsent_bytes(9) == 4711
    assert linux(4711, 25_300).rtt_ms() == pytest.approx(25.3)


def test_macos() -> None:
    assert mac(815, 31).unsent_bytes(9) == 815
    assert mac(815, 31).rtt_ms() == 31


@pytest.mark.parametrize(
    ("taken", "out", "in_flight", "expected"),
    [(10_000, 10_000, 0, 0), (10_000, 7_000, 2_000, 5_000), (10_000, 10_400, 300, 300)],
)
def test_windows(taken: int, out: int, in_flight: int, expected: int) -> None:
    kernel = windows(in_flight, out, 25_300)
    assert kernel.unsent_bytes(taken) == expected
    assert kernel.rtt_ms() == pytest.approx(25.3)


@pytest.mark.parametrize("ask", [refuse, lambda number: b"", lambda number: bytes(3)])
def test_no_answer_is_not_an_empty_queue(ask) -> None:  # type: ignore[no-untyped-def]
    for kernel in (LinuxKernel(ask, ask), MacKernel(ask, ask), WindowsKernel(ask), UnknownKernel()):
        assert kernel.unsent_bytes(100) is None
        assert kernel.rtt_ms() == 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="the answers of Linux")
def test_this_system_tells_what_the_peer_has_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with socket.create_connection(server.getsockname()) as sock, server.accept()[0]:
            kernel = kernel_of(sock)
            assert kernel.unsent_bytes(0) == 0
            sock.setblocking(False)
            for _ in range(1000):
                try:
                    sock.send(bytes(4096))
                except BlockingIOError:
                    break
            unsent_bytes = kernel.unsent_bytes(0)
            assert unsent_bytes is not None and unsent_bytes > 10_000
            assert kernel.rtt_ms() > 0
    assert kernel.unsent_bytes(0) is None, "the socket is closed"
