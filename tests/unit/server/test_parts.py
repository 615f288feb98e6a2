"""The small pure parts: text, buckets, coalescing, frames, masks, origins, launch."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.events import MAX_FRAME_BYTES, Envelope, decode
from app.errors import StorageError
from app.runtime.clock import ManualClock
from app.runtime.launch import ServiceLaunch
from server.config import ServiceConfig
from server.guard import host_name, is_same_origin
from server.limits import Buckets
from server.messages import language_of
from server.rooms.coalesce import IDLE_S, PER_FACT_S, TICK_S, Coalescer
from server.rooms.hub import frames_of
from server.rooms.outbox import Outbox
from server.secrets import FieldCipher, masked_phone
from server.text import plain_text


@given(st.text())
def test_plain_text_is_one_safe_line(text: str) -> None:
    plain = plain_text(text)
    assert plain == plain_text(plain)
    assert not set(plain) & set("\x00\n\r\t\u202e\u2066\u200b\u2028")
    assert plain == plain.strip()
    plain.encode()


def test_plain_text_keeps_what_people_write() -> None:
    assert plain_text(" 你好，\n world  👩\u200d💻 ") == "你好， world 👩\u200d💻"


def test_a_bucket_refills() -> None:
    clock = ManualClock()
    buckets = Buckets(clock, 2, 0.5)
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, 2.0]
    assert buckets.take("b") == 0.0
    clock.advance(2.0)
    assert buckets.take("a") == 0.0
    assert buckets.take("a") == pytest.approx(2.0)
    assert buckets.refused == 2


def test_buckets_are_bounded() -> None:
    buckets = Buckets(ManualClock(), 1, 0.001, max_keys=2)
    assert buckets.take("a") == 0.0
    for key in ("b", "c"):
        buckets.take(key)
    assert buckets.take("a") == 0.0, "the oldest was forgotten"


@given(st.lists(st.tuples(st.floats(0.0, 0.5), st.integers(1, 50)), min_size=1, max_size=40))
def test_facts_wait_at_most_a_tick(gaps: list[tuple[float, int]]) -> None:
    coalescer, sent_s, pause_s = Coalescer(), [float("-inf")], 0.0
    due_s: float | None = None
    now_s = 10.0
    for gap_s, count in gaps:
        now_s += gap_s
        if due_s is not None and due_s <= now_s:
            coalescer.sent(due_s, count)
            sent_s.append(due_s)
            pause_s = coalescer.delay_s(due_s)
            assert IDLE_S <= pause_s <= TICK_S + 1e-9, "after many facts a tick, after one a moment"
            due_s = None
        if due_s is None:
            delay_s = coalescer.delay_s(now_s)
            assert 0.0 <= delay_s <= TICK_S + 1e-9
            assert (delay_s == 0.0) == coalescer.is_idle(now_s)
            due_s = now_s + delay_s
    assert all(later - earlier >= IDLE_S - 1e-9 for earlier, later in itertools.pairwise(sent_s))


def test_the_pause_grows_with_what_was_sent() -> None:
    pauses_s = []
    for count in (1, 2, 4, 100):
        coalescer = Coalescer()
        coalescer.sent(10.0, count)
        pauses_s.append(round(coalescer.delay_s(10.0), 3))
    assert pauses_s == [IDLE_S, 2 * PER_FACT_S, 4 * PER_FACT_S, TICK_S]


@given(st.lists(st.text(max_size=400), max_size=300))
def test_frames_hold_everything_in_order_within_the_limit(texts: list[str]) -> None:
    envelopes = [Envelope(t="x", seq=number, d={"text": text}) for number, text in enumerate(texts)]
    frames = frames_of(envelopes)
    assert all(len(frame.encode()) <= MAX_FRAME_BYTES for frame in frames)
    assert [one for frame in frames for one in decode(frame)] == envelopes


def test_long_histories_are_split() -> None:
    envelopes = [Envelope(t="x", seq=number, d={"text": "字" * 200}) for number in range(500)]
    assert len(frames_of(envelopes)) > 4


def test_an_outbox_is_bounded() -> None:
    async def scene() -> None:
        outbox = Outbox(max_frames=2, max_bytes=10)
        assert outbox.put(b"12345")
        assert not outbox.put(b"123456")
        assert outbox.put(b"12345")
        assert not outbox.put(b"")
        assert outbox.waiting_bytes == 10
        assert [await outbox.get(), await outbox.get()] == [b"12345", b"12345"]
        assert outbox.waiting_bytes == 0
        assert not outbox.is_through, "the last is not known to be sent"
        sender = asyncio.create_task(outbox.get())
        await asyncio.sleep(0)
        assert outbox.is_through
        assert outbox.put(b"1")
        assert not outbox.is_through
        assert await sender == b"1"

    asyncio.run(scene())


def test_personal_fields_need_their_key() -> None:
    cipher = FieldCipher(b"k" * 32)
    sealed = cipher.seal("13800138000")
    assert "13800138000" not in sealed
    assert sealed != cipher.seal("13800138000")
    again = FieldCipher(b"k" * 32)
    assert again.open(sealed) == "13800138000"
    assert again.lookup("phone", "1") == cipher.lookup("phone", "1") != cipher.lookup("code", "1")
    for other in (sealed, sealed.partition(".")[2]):
        with pytest.raises(StorageError):
            FieldCipher(b"other").open(other)


def test_phones_are_masked() -> None:
    assert masked_phone("13800138000") == "138****8000"
    assert masked_phone("") == ""


@pytest.mark.parametrize(
    ("origin", "host", "public", "expected"),
    [
        ("http://a:80", "a", "", True),
        ("https://a", "a:443", "", True),
        ("http://a:8000", "a:8000", "", True),
        ("http://A:8000", "a:8000", "", True),
        ("http://a:8001", "a:8000", "", False),
        ("http://b", "a", "", False),
        ("null", "a", "", False),
        ("http://b", "a", "http://b", True),
        ("https://b", "a", "http://b", False),
        ("http://a:x", "a", "", False),
        ("file://a", "a", "", False),
    ],
)
def test_origins(origin: str, host: str, public: str, expected: bool) -> None:
    assert is_same_origin(origin, host, public) is expected


@given(st.text(max_size=80))
def test_any_host_header_has_a_name_or_none(header: str) -> None:
    assert isinstance(host_name(header), str)
    assert isinstance(is_same_origin(header, header, header), bool)
    assert language_of(header) in {"zh", "en"}


def test_hosts_follow_the_bound_address() -> None:
    def hosts(host: str, **more: object) -> frozenset[str]:
        launch = ServiceLaunch(
            data_dir="d",
            log_dir="l",
            host=host,
            hook_secret="h",
            media_secret="m",
            ingest_http_url="",
            ingest_public_http_url="",
            ingest_public_rtmp_url="",
            **more,  # type: ignore[arg-type]
        )
        return ServiceConfig.from_launch(launch).hosts

    loopback = {"127.0.0.1", "localhost", "::1"}
    assert hosts("127.0.0.1") == loopback
    assert hosts("0.0.0.0", allowed_hosts=("Desk.lan",)) == loopback | {"desk.lan"}
    assert hosts("192.168.1.5", public_url="https://live.example.org") == {"192.168.1.5", "live.example.org"}


def test_databases_are_named_by_address(tmp_path: Path) -> None:
    plain = ServiceConfig(data_dir=tmp_path, log_dir=tmp_path, hook_secret="h", media_secret="m")
    assert plain.url.startswith("sqlite:///")
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        config = ServiceConfig(
            data_dir=tmp_path, log_dir=tmp_path, hook_secret="h", media_secret="m", database_url=f"{scheme}://u@h/d"
        )
        assert config.url == "postgresql+psycopg://u@h/d"
    assert "hook_secret" not in repr(plain)
