"""H.264 and AAC as FLV and MP4 carry them: configuration records, Annex B to length prefixes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.rtmp.errors import invalid

_SAMPLE_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_LC = 2
_NAL_IDR, _NAL_SPS, _NAL_PPS, _NAL_AUD = 5, 7, 8, 9


def split_annexb(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B stream, without start codes and the zeros before them."""
    units: list[bytes] = []
    start = data.find(b"\x00\x00\x01")
    while start >= 0:
        begin = start + 3
        start = data.find(b"\x00\x00\x01", begin)
        unit = (data[begin:] if start < 0 else data[begin:start]).rstrip(b"\x00")
        if unit:
            units.append(unit)
    return units


def annexb_to_avcc(data: bytes) -> bytes:
    """Annex B to 4-byte lengths, without parameter sets and delimiters (those are in the configuration)."""
    out = bytearray()
    for unit in split_annexb(data):
        if unit[0] & 0x1F not in (_NAL_SPS, _NAL_PPS, _NAL_AUD):
            out += len(unit).to_bytes(4, "big") + unit
    return bytes(out)


def avcc_units(data: bytes, length_bytes: int = 4) -> list[bytes]:
    """The NAL units of a length-prefixed frame. Raises RtmpError when a length runs over the end."""
    units: list[bytes] = []
    offset = 0
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + length_bytes], "big")
        offset += length_bytes
        if offset + size > len(data):
            raise invalid("a NAL unit is cut short")
        units.append(data[offset : offset + size])
        offset += size
    return units


def avc_config(sps: bytes, pps: bytes) -> bytes:
    """An AVCDecoderConfigurationRecord (avcC) with 4-byte lengths; ``sps`` and ``pps`` without start codes."""
    if len(sps) < 4 or not pps:
        raise ValueError("parameter sets are missing")
    head = bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1))
    record = head + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps
    if sps[1] in (100, 110, 122, 144):
        # High profiles add chroma format (4:2:0) and bit depths (8); all we encode is that.
        record += bytes((0xFC | 1, 0xF8, 0xF8, 0))
    return record


def avc_config_from_annexb(data: bytes) -> bytes:
    """avcC from an encoder's Annex B extradata or first key frame. Raises ValueError without parameter sets."""
    sets = {unit[0] & 0x1F: unit for unit in reversed(split_annexb(data))}
    return avc_config(sets.get(_NAL_SPS, b""), sets.get(_NAL_PPS, b""))


@dataclass(frozen=True, slots=True)
class AvcConfig:
    """What is in an avcC."""

    profile: int
    level: int
    length_bytes: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]


def parse_avc_config(record: bytes) -> AvcConfig:
    """Take an avcC apart. Raises RtmpError."""
    if len(record) < 7 or record[0] != 1:
        raise invalid("this is no avcC")
    offset = 5
    sets: list[tuple[bytes, ...]] = []
    for mask in (0x1F, 0xFF):
        if offset >= len(record):
            raise invalid("an avcC is cut short")
        units: list[bytes] = []
        count = record[offset] & mask
        offset += 1
        for _ in range(count):
            size = int.from_bytes(record[offset : offset + 2], "big")
            unit = record[offset + 2 : offset + 2 + size]
            if size == 0 or len(unit) < size:
                raise invalid("an avcC is cut short")
            units.append(unit)
            offset += 2 + size
        sets.append(tuple(units))
    return AvcConfig(record[1], record[3], (record[4] & 3) + 1, sets[0], sets[1])


def aac_config(sample_rate_hz: int, channels: int, object_type: int = _AAC_LC) -> bytes:
    """An AudioSpecificConfig of two bytes. ValueError for a rate or channel count that it cannot say."""
    if sample_rate_hz not in _SAMPLE_RATES_HZ or not 1 <= channels <= 7 or not 1 <= object_type < 31:
        raise ValueError("AAC has no such rate, channel count or object type")
    bits = object_type << 11 | _SAMPLE_RATES_HZ.index(sample_rate_hz) << 7 | channels << 3
    return bits.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class AacConfig:
    """What is in an AudioSpecificConfig."""

    object_type: int
    sample_rate_hz: int
    channels: int


def parse_aac_config(config: bytes) -> AacConfig:
    """Take an AudioSpecificConfig apart (no escape values). Raises RtmpError."""
    if len(config) < 2:
        raise invalid("an AAC configuration is cut short")
    bits = int.from_bytes(config[:2], "big")
    index = bits >> 7 & 0xF
    if index >= len(_SAMPLE_RATES_HZ) or bits >> 11 == 31:
        raise invalid("an AAC configuration that nobody knows")
    return AacConfig(bits >> 11, _SAMPLE_RATES_HZ[index], bits >> 3 & 0xF)
