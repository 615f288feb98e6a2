"""Sessions of ffmpeg, nginx-rtmp and OBS, recorded by tools/capture_rtmp_fixture.py, replayed in any pieces."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from app.rtmp import (
    ConnectRequested,
    PublishRequested,
    ServerConnection,
    ServerEvent,
    TagKind,
    TagReceived,
    Unpublished,
    amf0,
    flv,
)
from tests.unit.rtmp.pair import NOISE, in_pieces

FOLDER = Path(__file__).parents[2] / "fixtures" / "rtmp"
VERSIONS = {
    "ffmpeg": "FMLE/3.0 (compatible; Lavf59.27.100)",
    "nginx": "LNX.11,1,102,55",
    "obs": "FMLE/3.0 (compatible; FMSc/1.0)",
}


def replay(name: str, piece_bytes: int) -> list[ServerEvent]:
    server = ServerConnection(noise=NOISE)
    events: list[ServerEvent] = []
    for piece in in_pieces([piece_bytes])((FOLDER / f"{name}.bin").read_bytes()):
        found = server.receive(piece)
        while found:
            events += found
            if isinstance(found[-1], ConnectRequested):
                server.accept_connect()
            elif isinstance(found[-1], PublishRequested):
                server.accept_publish()
            server.data_to_send()
            found = server.receive(b"")
    return events


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_the_session_is_understood(name: str) -> None:
    connect, publish, *rest = replay(name, 1500)
    assert isinstance(connect, ConnectRequested)
    assert (connect.app, connect.flash_ver) == ("live", VERSIONS[name])
    assert isinstance(publish, PublishRequested)
    assert publish.key == "test-key"
    assert publish.query == ("sign=1" if name == "ffmpeg" else "")
    tags = [event for event in rest if isinstance(event, TagReceived)]
    about = amf0.decode(tags[0].payload)
    assert about[0] == "onMetaData"
    assert isinstance(about[1], dict)
    assert about[1]["videocodecid"] == 7
    video = [(tag.timestamp_ms, flv.parse_video(tag.payload)) for tag in tags if tag.kind is TagKind.VIDEO]
    audio = [(tag.timestamp_ms, flv.parse_audio(tag.payload)) for tag in tags if tag.kind is TagKind.AUDIO]
    assert video[0][1].is_config
    assert flv.parse_avc_config(video[0][1].body).length_bytes == 4
    assert video[1][1].is_keyframe
    assert len(video) > 50
    for _, frame in video[1:]:
        if frame.packet_type is flv.VideoPacket.FRAMES:
            assert flv.avcc_units(frame.body)
    config = next(tag for _, tag in audio if tag.is_config)
    assert flv.parse_aac_config(config.body).channels == 2
    for track in (video, audio):
        assert all(earlier <= later for (earlier, _), (later, _) in pairwise(track))
        assert track[-1][0] < 60_000
    steps = Counter(later - earlier for (earlier, _), (later, _) in pairwise(video[2:]))
    assert set(steps) <= {0, 66, 67}, "15 pictures a second (0: the end marker)"


def test_ffmpeg_says_goodbye() -> None:
    assert replay("ffmpeg", 1000)[-1] == Unpublished()


@pytest.mark.parametrize("name", sorted(VERSIONS))
@pytest.mark.parametrize("piece_bytes", [7, 128, 1_000_000])
def test_pieces_make_no_difference(name: str, piece_bytes: int) -> None:
    tags = [event for event in replay(name, piece_bytes) if isinstance(event, TagReceived)]
    assert tags == [event for event in replay(name, 1500) if isinstance(event, TagReceived)]
