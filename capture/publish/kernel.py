"""What the system's TCP says of a socket: bytes that wait or are on their way, and the round-trip time.

Each system has its own question for it. Publisher's thread; a question costs a few microseconds. One that is not
answered reads as unknown, never as an error: the figures are for the health sentence and the deadline only.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable
from typing import Protocol

Ask = Callable[[int], bytes]
"""The number of a question → the answer's bytes. Raises OSError."""


class Kernel(Protocol):
    """One socket's."""

    def unsent_bytes(self, taken_bytes: int) -> int | None:
        """Not acknowledged by the peer; ``taken_bytes`` is all that the socket has ever taken. None: not known."""

    def rtt_ms(self) -> float:
        """Smoothed; 0 when it is not known."""


class LinuxKernel:
    """SIOCOUTQ, and struct tcp_info (linux/tcp.h)."""

    OUTQ = 0x5411
    TCP_INFO = 11
    _RTT_AT = 68
    """tcpi_rtt, u32, microseconds."""

    def __init__(self, ask_ioctl: Ask, ask_option: Ask) -> None:
        self._ask_ioctl, self._ask_option = ask_ioctl, ask_option

    def unsent_bytes(self, taken_bytes: int) -> int | None:
        answer = _asked(self._ask_ioctl, self.OUTQ)
        return _i32(answer, 0)

    def rtt_ms(self) -> float:
        return (_u32(_asked(self._ask_option, self.TCP_INFO), self._RTT_AT) or 0) / 1000


class MacKernel:
    """SO_NWRITE (sys/socket.h), and struct tcp_connection_info (netinet/tcp.h)."""

    SO_NWRITE = 0x1024
    TCP_CONNECTION_INFO = 0x106
    _SRTT_AT = 44
    """tcpi_srtt, u32, milliseconds: after four u8 and ten u32."""

    def __init__(self, ask_socket: Ask, ask_tcp: Ask) -> None:
        self._ask_socket, self._ask_tcp = ask_socket, ask_tcp

    def unsent_bytes(self, taken_bytes: int) -> int | None:
        return _i32(_asked(self._ask_socket, self.SO_NWRITE), 0)

    def rtt_ms(self) -> float:
        return float(_u32(_asked(self._ask_tcp, self.TCP_CONNECTION_INFO), self._SRTT_AT) or 0)


class WindowsKernel:
    """SIO_TCP_INFO with TCP_INFO_v0 (mstcpip.h), Windows 10 1703 and newer."""

    SIO_TCP_INFO = 0xD8000027
    INFO_BYTES = 88
    _RTT_AT, _IN_FLIGHT_AT, _OUT_AT = 20, 28, 48
    """RttUs and BytesInFlight, u32; BytesOut, u64."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def unsent_bytes(self, taken_bytes: int) -> int | None:
        answer = _asked(self._ask, self.SIO_TCP_INFO)
        in_flight = _u32(answer, self._IN_FLIGHT_AT)
        if in_flight is None or len(answer) < self._OUT_AT + 8:
            return None
        (out_bytes,) = struct.unpack_from("<Q", answer, self._OUT_AT)
        # What was taken and has not gone out waits in the kernel; TLS sends more than it took.
        return in_flight + max(0, taken_bytes - int(out_bytes))

    def rtt_ms(self) -> float:
        return (_u32(_asked(self._ask, self.SIO_TCP_INFO), self._RTT_AT) or 0) / 1000


class UnknownKernel:
    """Any other system."""

    def unsent_bytes(self, taken_bytes: int) -> int | None:
        return None

    def rtt_ms(self) -> float:
        return 0.0


def kernel_of(sock: socket.socket) -> Kernel:
    """What can be asked on this system."""
    if sys.platform == "linux":
        import fcntl

        return LinuxKernel(
            lambda number: fcntl.ioctl(sock.fileno(), number, bytes(4)),
            lambda number: sock.getsockopt(socket.IPPROTO_TCP, number, LinuxKernel._RTT_AT + 4),
        )
    if sys.platform == "darwin":
        return MacKernel(
            lambda number: sock.getsockopt(socket.SOL_SOCKET, number, 4),
            lambda number: sock.getsockopt(socket.IPPROTO_TCP, number, 256),
        )
    if sys.platform == "win32":
        return WindowsKernel(lambda number: _windows_ioctl(sock, number))
    return UnknownKernel()


def _windows_ioctl(sock: socket.socket, number: int) -> bytes:
    # socket.ioctl knows three numbers only, and this is none of them.
    if sys.platform != "win32":
        raise OSError("a question for Windows")
    import ctypes

    version, answer, filled = ctypes.c_uint32(0), ctypes.create_string_buffer(256), ctypes.c_uint32(0)
    failed = ctypes.WinDLL("ws2_32").WSAIoctl(
        ctypes.c_size_t(sock.fileno()),
        ctypes.c_uint32(number),
        ctypes.byref(version),
        ctypes.c_uint32(ctypes.sizeof(version)),
        answer,
        ctypes.c_uint32(WindowsKernel.INFO_BYTES),
        ctypes.byref(filled),
        None,
        None,
    )
    if failed:
        raise OSError("SIO_TCP_INFO")
    return answer.raw[: filled.value]


def _asked(ask: Ask, number: int) -> bytes:
    try:
        return ask(number)
    except (OSError, ValueError):
        return b""


def _u32(answer: bytes, at: int) -> int | None:
    return int(struct.unpack_from("=I", answer, at)[0]) if len(answer) >= at + 4 else None


def _i32(answer: bytes, at: int) -> int | None:
    return max(0, int(struct.unpack_from("=i", answer, at)[0])) if len(answer) >= at + 4 else None
