"""The queue of one publisher: what is dropped when the network is too slow."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from capture.packets import EncodedPacket
from capture.publish.queue import PacketQueue


def picture(at_ms: int, is_keyframe: bool = False) -> EncodedPacket:
    return EncodedPacket("video", at_ms, at_ms, is_keyframe, b"v" * 10)


def sound(at_ms: int) -> EncodedPacket:
    return EncodedPacket("audio", at_ms, at_ms, False, b"a")


def drain(queue: PacketQueue) -> list[EncodedPacket]:
    packets = []
    while (packet := queue.pop()) is not None:
        packets.append(packet)
    return packets


def test_in_order_and_nothing_dropped_below_the_bound() -> None:
    queue = PacketQueue(1000)
    given_packets = [picture(0, True), sound(5), picture(33), sound(26)]
    for packet in given_packets:
        queue.push(packet)
    assert queue.bytes == 22
    assert drain(queue) == given_packets
    assert (queue.bytes, queue.dropped_frames, queue.span_ms) == (0, 0, 0)


def test_full_queue_loses_the_pictures_before_the_newest_key_frame() -> None:
    queue = PacketQueue(1000)
    for at_ms in range(0, 1300, 100):
        queue.push(picture(at_ms, at_ms in (0, 800)))
        queue.push(sound(at_ms))
    left = drain(queue)
    assert [p.dts_ms for p in left if p.is_video] == [0, 800, 900, 1000, 1100, 1200]
    assert [p.dts_ms for p in left if not p.is_video] == list(range(0, 1300, 100))
    assert queue.dropped_frames == 7
    assert queue.dropped_sounds == 0
    assert not queue.wants_keyframe


def test_without_a_newer_key_frame_pictures_are_skipped_until_one_comes() -> None:
    queue = PacketQueue(1000)
    for at_ms in range(0, 1300, 100):
        queue.push(picture(at_ms, at_ms == 0))
    assert queue.wants_keyframe
    queue.wants_keyframe = False
    queue.push(picture(1300))
    queue.push(picture(1400, True))
    queue.push(picture(1500))
    assert not queue.wants_keyframe, "asked for once, not for every picture"
    assert [p.dts_ms for p in drain(queue)] == [0, 1400, 1500]
    assert queue.dropped_frames == 13


def test_key_frames_and_sound_go_only_beyond_twice_the_bound() -> None:
    queue = PacketQueue(1000)
    for at_ms in range(0, 2000, 500):
        queue.push(picture(at_ms, True))
        queue.push(sound(at_ms))
    assert queue.dropped_frames == queue.dropped_sounds == 0
    queue.push(sound(2600))
    assert (queue.dropped_frames, queue.dropped_sounds) == (2, 2)
    assert queue.span_ms <= 2000


def test_clear_counts_only_what_was_meant_to_be_sent() -> None:
    queue = PacketQueue(1000)
    queue.push(picture(0, True))
    queue.clear(is_counted=False)
    assert queue.dropped_frames == 0
    queue.push(picture(0, True))
    queue.clear(is_counted=True)
    assert (queue.dropped_frames, len(queue), queue.bytes) == (1, 0, 0)


@given(st.lists(st.tuples(st.sampled_from("kpa"), st.integers(1, 200), st.integers(0, 2)), max_size=200))
def test_bounded_counted_and_always_decodable(steps: list[tuple[str, int, int]]) -> None:
    queue = PacketQueue(500)
    at_ms, offered, out = 0, 0, []
    for number, (kind, step_ms, pops) in enumerate(steps):
        at_ms += step_ms
        is_keyframe = kind == "k" or number == 0
        queue.push(sound(at_ms) if kind == "a" and number else EncodedPacket("video", number, at_ms, is_keyframe, b"v"))
        offered += 1
        assert queue.span_ms <= 1000
        out += [packet for packet in (queue.pop() for _ in range(pops)) if packet is not None]
    out += drain(queue)
    assert len(out) + queue.dropped_frames + queue.dropped_sounds == offered
    assert queue.bytes == 0
    pictures = [packet for packet in out if packet.is_video]
    all_numbers = [number for number, (kind, _, _) in enumerate(steps) if kind != "a" or number == 0]
    follows = dict(pairwise(all_numbers))
    for earlier, later in pairwise(pictures):
        assert later.is_keyframe or follows[earlier.pts_ms] == later.pts_ms, "a picture without the one it builds on"
