"""AMF0: values survive the way there and back; nothing but RtmpError for what is broken."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rtmp import Limits, RtmpError, amf0

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.builds(amf0.AmfDate, st.floats(allow_nan=False)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4).map(amf0.EcmaArray),
    ),
    max_leaves=12,
)
ROOMY = Limits(max_amf_depth=64, max_amf_items=10_000)


@given(st.lists(values, max_size=4))
def test_round_trip(given_values: list[amf0.Value]) -> None:
    assert amf0.decode(amf0.encode(*given_values), ROOMY) == given_values


@given(st.binary(max_size=300))
def test_random_bytes_give_values_or_rtmp_error(data: bytes) -> None:
    try:
        amf0.decode(data)
    except RtmpError:
        pass


def test_known_bytes() -> None:
    assert amf0.encode("connect", 1) == bytes.fromhex("020007636f6e6e656374003ff0000000000000")
    assert amf0.encode(None, True, {"a": "b"}) == bytes.fromhex("05 0101 03 0001 61 020001 62 000009")
    assert amf0.encode(amf0.EcmaArray(a=False)) == bytes.fromhex("08 00000001 0001 61 0100 000009")


def test_long_string_and_int() -> None:
    text = "长" * 30_000
    assert amf0.decode(amf0.encode(text, 7)) == [text, 7.0]


def test_what_only_others_send() -> None:
    assert amf0.decode(b"\x06\x0d") == [None, None]
    assert amf0.decode(b"\x0f\x00\x00\x00\x03<x>") == ["<x>"]
    assert amf0.decode(b"\x10\x00\x01C\x00\x01a\x05\x00\x00\x09") == [{"a": None}]
    wrong_count = b"\x08\x00\x00\x00\x00\x00\x01a\x05\x00\x00\x09"
    assert amf0.decode(wrong_count) == [{"a": None}]
    [number] = amf0.decode(amf0.encode(math.nan))
    assert isinstance(number, float)
    assert math.isnan(number)


@pytest.mark.parametrize(
    "data",
    [b"\x00\x00", b"\x02\x00\x05ab", b"\x03\x00\x01a", b"\x0a\xff\xff\xff\xff\x05", b"\x07\x00\x01", b"\x11", b"\x01"],
    ids=["number", "string", "object", "array", "reference", "amf3", "boolean"],
)
def test_broken_values_are_refused(data: bytes) -> None:
    with pytest.raises(RtmpError) as caught:
        amf0.decode(data)
    assert caught.value.code == "rtmp_invalid"


def test_depth_and_number_of_values_are_bounded() -> None:
    with pytest.raises(RtmpError) as deep:
        amf0.decode(b"\x0a\x00\x00\x00\x01" * 5000 + b"\x05")
    with pytest.raises(RtmpError) as many:
        amf0.decode(b"\x05" * 2000)
    assert deep.value.code == many.value.code == "rtmp_too_large"


def test_what_amf0_has_not() -> None:
    for value in (b"bytes", {1, 2}, object()):
        with pytest.raises(TypeError):
            amf0.encode(value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="key"):
        amf0.encode({"": 1})
