"""A session's hub: what a viewer gets first, what goes on across publishers, and what is refused."""

from __future__ import annotations

import pytest

from app.rtmp import RtmpError, TagKind, amf0
from app.rtmp.flv import video_tag
from server.ingest.hub import PROMISE_MS, TRACKS_CHANGED, MediaInvalid, SessionHub
from server.ingest.viewer import Reader
from tests.unit.ingest.media import (
    AUDIO_CONFIG,
    OTHER_VIDEO_CONFIG,
    SOUND,
    VIDEO_CONFIG,
    configure,
    kinds,
    picture,
    play,
    tags_of,
)


def a_hub(gop_bytes: int = 1 << 20) -> SessionHub:
    hub = SessionHub("s1", gop_bytes)
    hub.begin()
    return hub


def a_reader(max_bytes: int = 1 << 20, max_ms: int = 100_000) -> Reader:
    return Reader("viewer", max_bytes, max_ms, lambda: None)


def test_nothing_is_sent_before_the_first_key_frame_with_its_configuration() -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    assert not hub.publish(TagKind.VIDEO, 0, picture(True))
    hub.publish(TagKind.AUDIO, 0, SOUND)
    configure(hub)
    assert not hub.publish(TagKind.VIDEO, 40, picture(False))
    assert hub.publish(TagKind.VIDEO, 80, picture(True))
    assert not hub.publish(TagKind.VIDEO, 120, picture(True))
    assert kinds(tags_of(reader.take())) == "MVAKK"


def test_who_joins_gets_configurations_and_the_running_group_at_once() -> None:
    hub, reader = a_hub(), a_reader()
    configure(hub)
    play(hub, 8)
    hub.join(reader)
    assert kinds(tags_of(reader.take())) == "MVAKspsps"
    hub.publish(TagKind.VIDEO, 320, picture(False))
    # The header was sent with what was taken first.
    assert reader.take()[0] == TagKind.VIDEO


def test_a_group_that_is_too_long_is_not_kept() -> None:
    hub, reader = a_hub(gop_bytes=1000), a_reader()
    configure(hub)
    play(hub, 12, gop=12)
    hub.join(reader)
    assert not reader.is_waiting
    hub.publish(TagKind.VIDEO, 480, picture(True))
    assert kinds(tags_of(reader.take())) == "MVAK"


def test_a_returning_publisher_goes_on_without_new_configurations() -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    configure(hub)
    play(hub, 5, from_ms=777_000)
    hub.leave()
    late = a_reader()
    hub.join(late)
    hub.begin()
    configure(hub)
    hub.publish(TagKind.VIDEO, 10, picture(False))
    play(hub, 2)
    tags = tags_of(reader.take())
    assert kinds(tags) == "MVA" + "Ks" + "ps" * 4 + "Ksps"
    video_ms = [tag.timestamp_ms for tag in tags if tag.kind is TagKind.VIDEO][1:]
    assert video_ms == [0, 40, 80, 120, 160, 205, 245]
    assert kinds(tags_of(late.take())) == "MVAKsps"


def test_another_encoder_brings_its_configuration_in_front_of_its_key_frame() -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    configure(hub)
    play(hub, 1)
    hub.begin()
    configure(hub, OTHER_VIDEO_CONFIG)
    play(hub, 1)
    tags = tags_of(reader.take())
    assert kinds(tags) == "MVAKsVKs"
    assert tags[5].payload == OTHER_VIDEO_CONFIG


def video_only(hub: SessionHub, frames: int = 3, from_ms: int = 0) -> None:
    hub.publish(TagKind.VIDEO, from_ms, VIDEO_CONFIG)
    for number in range(frames):
        hub.publish(TagKind.VIDEO, from_ms + number * 40, picture(number == 0))


@pytest.mark.parametrize(("has_sound", "flags"), [(True, 0b101), (False, 0b001)])
def test_the_header_promises_only_what_there_is(has_sound: bool, flags: int) -> None:
    hub, waiting, late = a_hub(), a_reader(), a_reader()
    hub.join(waiting)
    assert not waiting.is_waiting
    if has_sound:
        configure(hub)
        play(hub, 3)
    else:
        video_only(hub)
    hub.join(late)
    first = waiting.take()
    assert first == late.take()
    assert (first[:4], first[4]) == (b"FLV\x01", flags)


def test_sound_that_is_configured_later_makes_readers_join_again() -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    video_only(hub)
    hub.publish(TagKind.AUDIO, 90, AUDIO_CONFIG)
    hub.publish(TagKind.AUDIO, 90, SOUND)
    assert reader.end_code == TRACKS_CHANGED
    assert hub.readers == ()
    again = a_reader()
    hub.join(again)
    data = again.take()
    assert data[4] == 0b101
    assert kinds(tags_of(data)) == "VAKpps"


def test_another_publisher_without_sound_is_not_announced_with_the_sound_of_the_one_before() -> None:
    hub, reader, waiting = a_hub(), a_reader(), a_reader()
    configure(hub)
    hub.join(waiting)
    hub.begin()
    configure(hub)
    play(hub, 2)
    hub.join(reader)
    hub.leave()
    hub.begin()
    video_only(hub)
    # Who was promised sound would wait for it.
    assert (reader.end_code, waiting.end_code) == (TRACKS_CHANGED, TRACKS_CHANGED)
    late = a_reader()
    hub.join(late)
    data = late.take()
    assert data[4] == 0b001
    assert kinds(tags_of(data)) == "VKpp"


def announced(**about: amf0.Value) -> bytes:
    return amf0.encode("onMetaData", amf0.EcmaArray(about))


@pytest.mark.parametrize("about", [{"audiocodecid": 10.0}, {"audiocodecid": "mp4a"}, {"hasAudio": True}])
def test_sound_that_the_metadata_announces_may_come_behind_the_picture(about: dict[str, amf0.Value]) -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    hub.publish(TagKind.DATA, 0, announced(**about))
    video_only(hub)
    hub.publish(TagKind.AUDIO, 90, AUDIO_CONFIG)
    hub.publish(TagKind.AUDIO, 90, SOUND)
    data = reader.take()
    assert data[4] == 0b101
    assert kinds(tags_of(data)) == "MVKppAs"
    assert not reader.end_code


def test_announced_sound_is_not_waited_for_for_ever() -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    hub.publish(TagKind.DATA, 0, announced(audiocodecid=10.0))
    video_only(hub)
    for moment_ms in range(120, PROMISE_MS + 1, 40):
        hub.publish(TagKind.VIDEO, moment_ms, picture(False))
    assert not reader.end_code
    hub.publish(TagKind.VIDEO, PROMISE_MS + 40, picture(False))
    assert reader.end_code == TRACKS_CHANGED
    again = a_reader()
    hub.join(again)
    assert again.take()[4] == 0b001


@pytest.mark.parametrize("metadata", [announced(audiocodecid=0.0), announced(width=1.0), announced(a="b")[:-4]])
def test_metadata_that_announces_no_sound_promises_none(metadata: bytes) -> None:
    hub, reader = a_hub(), a_reader()
    hub.join(reader)
    hub.publish(TagKind.DATA, 0, metadata)
    video_only(hub)
    assert reader.take()[4] == 0b001


def test_the_worker_is_no_viewer() -> None:
    hub, worker, viewer = a_hub(), Reader("", 1 << 20, 1000, lambda: None), a_reader()
    hub.join(worker)
    hub.join(viewer)
    assert hub.viewers == (viewer,)


def test_closing_ends_readers_and_takes_no_more() -> None:
    hub, reader, late = a_hub(), a_reader(), a_reader()
    configure(hub)
    hub.join(reader)
    hub.close("ended")
    assert reader.end_code == "ended"
    hub.join(late)
    assert late.end_code == "ended"
    assert not hub.publish(TagKind.VIDEO, 0, picture(True))
    assert hub.readers == ()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (TagKind.VIDEO, b"\x12" + bytes(8)),
        (TagKind.AUDIO, b"\x62" + bytes(8)),
        (TagKind.VIDEO, bytes((0x17, 0)) * 40000),
    ],
)
def test_media_that_nobody_plays_is_refused(kind: TagKind, payload: bytes) -> None:
    with pytest.raises(MediaInvalid):
        a_hub().publish(kind, 0, payload)


def test_a_cut_tag_is_refused() -> None:
    with pytest.raises(RtmpError):
        a_hub().publish(TagKind.VIDEO, 0, video_tag(b"", True)[:3])
