"""A slow reader: bounded, skips to a key frame, gets what it needs to go on."""

from __future__ import annotations

from app.rtmp import TagKind
from server.ingest.hub import SessionHub
from server.ingest.viewer import Reader
from tests.unit.ingest.media import (
    FLV_HEADER,
    OTHER_VIDEO_CONFIG,
    SOUND,
    configure,
    kinds,
    picture,
    play,
    tags_of,
)


def joined(hub: SessionHub, max_bytes: int, max_ms: int = 100_000) -> tuple[Reader, list[int]]:
    woken: list[int] = []
    reader = Reader("viewer", max_bytes, max_ms, lambda: woken.append(1))
    hub.join(reader)
    return reader, woken


def a_hub() -> SessionHub:
    hub = SessionHub("s1", 1 << 20)
    hub.begin()
    configure(hub)
    return hub


def test_a_reader_that_keeps_up_loses_nothing() -> None:
    hub = a_hub()
    reader, woken = joined(hub, 2000)
    data = reader.take()
    for number in range(100):
        hub.publish(TagKind.VIDEO, number * 40, picture(number % 25 == 0))
        data += reader.take()
    assert kinds(tags_of(data)) == "MVA" + ("K" + "p" * 24) * 4
    assert reader.skips == reader.tags_skipped == 0
    assert len(woken) >= 100


def test_too_many_bytes_skip_to_the_next_key_frame() -> None:
    hub = a_hub()
    reader, _ = joined(hub, 1500)
    assert not reader.is_waiting
    hub.publish(TagKind.VIDEO, 0, picture(True))
    reader.take()
    for number in range(1, 40):
        hub.publish(TagKind.VIDEO, number * 40, picture(number == 30))
        assert reader.waiting_bytes <= 1500
    tags = tags_of(FLV_HEADER + reader.take())
    assert kinds(tags) == "K" + "p" * 9
    assert tags[0].timestamp_ms == 1200
    assert reader.skips == 1
    assert reader.tags_skipped == 29


def test_too_old_media_is_skipped_though_small() -> None:
    hub = a_hub()
    reader, _ = joined(hub, 1 << 20, max_ms=1000)
    play(hub, 60, gop=50)
    # Two seconds did not fit; the key frame at 2.0 s and what followed it do.
    assert [tag.timestamp_ms for tag in tags_of(reader.take())][-1] == 59 * 40 + 5
    assert reader.skips >= 1


def test_a_configuration_that_changed_meanwhile_comes_with_the_key_frame() -> None:
    hub = a_hub()
    reader, _ = joined(hub, 1500)
    hub.publish(TagKind.VIDEO, 0, picture(True))
    reader.take()
    for number in range(1, 20):
        hub.publish(TagKind.VIDEO, number * 40, picture(False))
    hub.publish(TagKind.VIDEO, 800, OTHER_VIDEO_CONFIG)
    hub.publish(TagKind.VIDEO, 800, picture(True))
    tags = tags_of(FLV_HEADER + reader.take())
    assert kinds(tags) == "VK"
    assert tags[0].payload == OTHER_VIDEO_CONFIG


def test_a_configuration_that_changes_while_running_comes_though_sound_is_in_between() -> None:
    hub = a_hub()
    reader, _ = joined(hub, 1 << 20)
    play(hub, 2)
    reader.take()
    hub.publish(TagKind.VIDEO, 100, OTHER_VIDEO_CONFIG)
    hub.publish(TagKind.AUDIO, 105, SOUND)
    hub.publish(TagKind.VIDEO, 120, picture(False))
    hub.publish(TagKind.VIDEO, 140, picture(True))
    tags = tags_of(FLV_HEADER + reader.take())
    assert kinds(tags) == "spVK"
    assert tags[2].payload == OTHER_VIDEO_CONFIG
    hub.publish(TagKind.VIDEO, 180, picture(True))
    assert kinds(tags_of(FLV_HEADER + reader.take())) == "K"


def test_configurations_that_were_skipped_unsent_come_again() -> None:
    hub = a_hub()
    reader, _ = joined(hub, 1500)
    reader.take()
    for number in range(40):
        hub.publish(TagKind.VIDEO, number * 40, picture(number in (0, 30)))
    assert kinds(tags_of(reader.take())).startswith("MVAK")


def test_the_first_group_may_be_larger_than_the_queue() -> None:
    hub = a_hub()
    play(hub, 25, gop=25)
    reader, _ = joined(hub, 1000)
    hub.publish(TagKind.VIDEO, 1000, picture(False))
    assert kinds(tags_of(reader.take())).count("p") == 25
    assert reader.skips == 0


def test_what_waits_is_still_taken_after_the_end() -> None:
    hub = a_hub()
    reader, _ = joined(hub, 10_000)
    play(hub, 1)
    hub.close("ended")
    assert reader.is_waiting
    assert kinds(tags_of(reader.take())) == "MVAKs"
    assert not reader.is_waiting


def test_no_more_is_taken_than_asked_for_and_tags_stay_whole() -> None:
    hub = a_hub()
    play(hub, 10, gop=10)
    reader, _ = joined(hub, 1 << 20)
    data, pieces = b"", 0
    while reader.is_waiting:
        piece = reader.take(300)
        assert len(piece) < 300 + 120
        data, pieces = data + piece, pieces + 1
    assert pieces > 3
    assert kinds(tags_of(data)) == "MVAK" + "s" + "ps" * 9
    assert reader.waiting_bytes == 0


def test_nothing_that_waits_is_given_to_a_reader_that_was_cut() -> None:
    hub = a_hub()
    play(hub, 10)
    reader, woken = joined(hub, 1 << 20)
    hub.publish(TagKind.VIDEO, 400, picture(True))
    before = len(woken)
    reader.cut("forbidden")
    assert (reader.end_code, reader.is_cut, reader.is_waiting, reader.waiting_bytes) == ("forbidden", True, False, 0)
    assert len(woken) > before
    hub.publish(TagKind.VIDEO, 440, picture(True))
    assert not reader.is_waiting
