"""The recording's queue: its bound, and that what comes out can always be decoded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capture.packets import EncodedPacket
from capture.record.queue import RecordQueue

MAX_BYTES = 1000


def video(at_ms: int, size_bytes: int, is_keyframe: bool = False) -> EncodedPacket:
    return EncodedPacket("video", at_ms, at_ms, is_keyframe, bytes(size_bytes))


def sound(at_ms: int, size_bytes: int = 20) -> EncodedPacket:
    return EncodedPacket("audio", at_ms, at_ms, False, bytes(size_bytes))


def drain(queue: RecordQueue) -> list[EncodedPacket]:
    packets: list[EncodedPacket] = []
    while (packet := queue.pop()) is not None:
        packets.append(packet)
    return packets


def test_first_in_first_out() -> None:
    queue = RecordQueue(MAX_BYTES)
    packets = [video(0, 100, True), sound(0), video(33, 50)]
    for packet in packets:
        queue.push(packet)
    assert (queue.bytes, len(queue)) == (170, 3)
    assert drain(queue) == packets
    assert (queue.bytes, queue.dropped_packets) == (0, 0)


def test_when_it_is_full_pictures_wait_for_a_key_frame_and_half_the_room() -> None:
    queue = RecordQueue(MAX_BYTES)
    queue.push(video(0, 600, True))
    queue.push(video(33, 350))
    queue.push(video(66, 100))
    # It would fit, but leans on the one before.
    queue.push(video(100, 10))
    queue.push(sound(100))
    # A key frame that fits, but leaves no room for those behind it.
    assert queue.pop() is not None
    queue.push(video(1000, 200, True))
    queue.push(video(1033, 10))
    assert queue.dropped_packets == 4
    assert queue.pop() is not None
    queue.push(video(2000, 200, True))
    queue.push(video(2033, 10))
    assert [packet.pts_ms for packet in drain(queue)] == [100, 2000, 2033]
    assert queue.dropped_packets == 4


def test_sound_has_an_eighth_more_and_then_goes_too() -> None:
    queue = RecordQueue(MAX_BYTES)
    queue.push(video(0, 990, True))
    for number in range(10):
        queue.push(sound(number, 20))
    assert queue.bytes == 990 + 6 * 20
    assert queue.dropped_packets == 4


def test_what_nobody_will_write_is_counted() -> None:
    queue = RecordQueue(MAX_BYTES)
    queue.push(video(0, 10, True))
    queue.push(sound(0))
    queue.drop_all()
    assert (queue.dropped_packets, queue.bytes, queue.pop()) == (2, 0, None)


@given(st.lists(st.tuples(st.sampled_from(["key", "video", "audio", "pop"]), st.integers(1, 400)), max_size=200))
def test_the_bound_holds_and_no_picture_lacks_the_one_before(steps: list[tuple[str, int]]) -> None:
    queue = RecordQueue(MAX_BYTES)
    pushed = 0
    taken: list[EncodedPacket] = []
    for number, (step, size_bytes) in enumerate(steps):
        if step == "pop":
            packet = queue.pop()
            taken += [packet] if packet is not None else []
        else:
            pushed += 1
            is_video = step != "audio"
            # The time tells which picture it is.
            at = sum(one in ("key", "video") for one, _ in steps[:number])
            queue.push(video(at, size_bytes, step == "key") if is_video else sound(at, size_bytes))
        assert queue.bytes <= MAX_BYTES * 9 // 8
    taken += drain(queue)
    assert queue.dropped_packets + len(taken) == pushed
    previous = -1
    for packet in taken:
        if packet.is_video:
            assert packet.is_keyframe or packet.pts_ms == previous + 1
            previous = packet.pts_ms
