"""AMF0, the value format of RTMP commands and FLV metadata. Pure, bounded, no I/O.

Python side: float, bool, str, None, dict (object), EcmaArray (a dict that is sent as associative array), list
(strict array), AmfDate. An int is sent as number and comes back as float. Undefined and unsupported come back as
None, typed objects as dict, XML as str. References and AMF3 are refused: no encoder sends them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.rtmp.errors import invalid, too_large
from app.rtmp.limits import Limits


class EcmaArray(dict[str, "Value"]):
    """An associative array; what ``onMetaData`` is sent as."""


@dataclass(frozen=True, slots=True)
class AmfDate:
    """UTC milliseconds since 1970; the time zone field is obsolete and always 0."""

    utc_ms: float


Value = float | int | bool | str | None | AmfDate | Mapping[str, "Value"] | Sequence["Value"]

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED = 0, 1, 2, 3, 5, 6
_ECMA_ARRAY, _OBJECT_END, _STRICT_ARRAY, _DATE, _LONG_STRING, _UNSUPPORTED = 8, 9, 10, 11, 12, 13
_XML, _TYPED_OBJECT = 15, 16

_F64 = struct.Struct(">d")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_MAX_SHORT = 0xFFFF


def encode(*values: Value) -> bytes:
    """The values one after the other. Raises TypeError for a type that AMF0 has not, ValueError for a key too long."""
    out = bytearray()
    for value in values:
        _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: Value) -> None:
    match value:
        case None:
            out.append(_NULL)
        case bool():
            out += bytes((_BOOLEAN, int(value)))
        case int() | float():
            out.append(_NUMBER)
            out += _F64.pack(value)
        case str():
            text = value.encode("utf-8", "replace")
            if len(text) <= _MAX_SHORT:
                out.append(_STRING)
                out += _U16.pack(len(text))
            else:
                out.append(_LONG_STRING)
                out += _U32.pack(len(text))
            out += text
        case AmfDate():
            out.append(_DATE)
            out += _F64.pack(value.utc_ms) + b"\x00\x00"
        case Mapping():
            if isinstance(value, EcmaArray):
                out.append(_ECMA_ARRAY)
                out += _U32.pack(len(value))
            else:
                out.append(_OBJECT)
            for key, item in value.items():
                name = key.encode("utf-8", "replace")
                if not name or len(name) > _MAX_SHORT:
                    raise ValueError("an AMF0 key has 1 to 65535 bytes")
                out += _U16.pack(len(name)) + name
                _write(out, item)
            out += b"\x00\x00\x09"
        case bytes() | bytearray() | memoryview():
            raise TypeError("AMF0 has no byte string")
        case Sequence():
            out.append(_STRICT_ARRAY)
            out += _U32.pack(len(value))
            for item in value:
                _write(out, item)
        case _:
            raise TypeError(f"AMF0 has no {type(value).__name__}")


def decode(data: bytes, limits: Limits | None = None) -> list[Value]:
    """Every value in ``data``. Raises RtmpError when it is malformed or beyond the limits."""
    reader = Reader(data, limits or Limits())
    values: list[Value] = []
    while not reader.is_at_end:
        values.append(reader.read())
    return values


class Reader:
    """Reads values one by one; ``offset`` is where the next one begins."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._data = data
        self._limits = limits
        self._items = 0
        self.offset = 0

    @property
    def is_at_end(self) -> bool:
        return self.offset >= len(self._data)

    def read(self) -> Value:
        """The next value."""
        return self._value(0)

    def _take(self, count: int) -> bytes:
        end = self.offset + count
        if end > len(self._data):
            raise invalid("AMF0 value is cut short")
        piece = self._data[self.offset : end]
        self.offset = end
        return piece

    def _u16(self) -> int:
        return int(_U16.unpack(self._take(2))[0])

    def _u32(self) -> int:
        return int(_U32.unpack(self._take(4))[0])

    def _number(self) -> float:
        return float(_F64.unpack(self._take(8))[0])

    def _text(self, count: int) -> str:
        return self._take(count).decode("utf-8", "replace")

    def _value(self, depth: int) -> Value:
        self._items += 1
        if self._items > self._limits.max_amf_items:
            raise too_large("AMF0 has too many values")
        if depth > self._limits.max_amf_depth:
            raise too_large("AMF0 is nested too deeply")
        marker = self._take(1)[0]
        match marker:
            case 0:
                return self._number()
            case 1:
                return self._take(1) != b"\x00"
            case 2:
                return self._text(self._u16())
            case 3:
                return self._members({}, depth)
            case 5 | 6 | 13:
                return None
            case 8:
                # The count is a hint that encoders get wrong (0 is common); the end marker decides.
                self._u32()
                return self._members(EcmaArray(), depth)
            case 10:
                count = self._u32()
                if count > len(self._data) - self.offset:
                    raise invalid("AMF0 array is cut short")
                return [self._value(depth + 1) for _ in range(count)]
            case 11:
                moment = AmfDate(self._number())
                self._take(2)
                return moment
            case 12 | 15:
                return self._text(self._u32())
            case 16:
                self._text(self._u16())
                return self._members({}, depth)
            case _:
                raise invalid(f"AMF0 marker {marker} is not understood")

    def _members(self, into: dict[str, Value], depth: int) -> dict[str, Value]:
        while True:
            length = self._u16()
            if length == 0 and self._data[self.offset : self.offset + 1] == b"\x09":
                self.offset += 1
                return into
            key = self._text(length)
            into[key] = self._value(depth + 1)
