"""The encoders on real pictures and sound: what comes out, and that settings change what they say they change."""

from __future__ import annotations

from datetime import UTC, datetime

import av
import msgspec
import numpy as np
import pytest

from app.ports.engine import Output
from capture.encode.audio import FRAME_SAMPLES, AudioEncoder
from capture.encode.probe import probe_encoders, works
from capture.encode.video import _OPTIONS, EncoderError, VideoEncoder, threads
from capture.frames import PictureFormat
from capture.packets import EncodedPacket
from capture.sources.demo import DemoScene

OUTPUT = Output(width_px=640, height_px=360, rate_fps=30, video_kbps=1200, gop_s=1.0)


def encode(encoder: VideoEncoder, first: int, count: int, seed: int = 0) -> list[EncodedPacket]:
    scene = DemoScene(PictureFormat(OUTPUT.width_px, OUTPUT.height_px, OUTPUT.rate_fps))
    noise = np.random.default_rng(seed)
    packets = []
    for slot in range(first, first + count):
        picture = scene.paint(slot / 30, datetime(2026, 1, 1, tzinfo=UTC))
        # Grain makes the rate control work for its limit.
        picture.y[:] = np.clip(picture.y + noise.integers(0, 24, picture.y.shape), 16, 235).astype(np.uint8)
        packets += encoder.encode(slot, picture.frame())
    return packets


def kbps(packets: list[EncodedPacket], count: int) -> float:
    return sum(len(packet.payload) for packet in packets) * 8 / 1000 / (count / 30)


def test_every_picture_becomes_a_packet_at_once_and_key_frames_come_in_time() -> None:
    packets = encode(VideoEncoder(OUTPUT), 300, 65)
    assert [packet.pts_ms for packet in packets] == [round(slot * 1000 / 30) for slot in range(300, 365)]
    assert all(packet.dts_ms == packet.pts_ms for packet in packets)
    assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 30, 60]


def test_a_key_frame_comes_when_asked_for() -> None:
    encoder = VideoEncoder(OUTPUT)
    encode(encoder, 0, 10)
    encoder.request_keyframe()
    assert [packet.is_keyframe for packet in encode(encoder, 10, 3)] == [True, False, False]


def test_what_a_decoded_picture_was_in_its_file_is_no_order_to_the_encoder() -> None:
    encoder = VideoEncoder(OUTPUT)
    encode(encoder, 0, 1)
    picture = DemoScene(PictureFormat(640, 360, 30)).paint(0.0, datetime(2026, 1, 1, tzinfo=UTC)).frame()
    picture.pict_type = av.video.frame.PictureType.I
    assert [packet.is_keyframe for packet in encoder.encode(1, picture)] == [False]


@pytest.mark.parametrize("wanted_kbps", [400, 3000])
def test_the_bit_rate_changes_while_it_runs_and_the_headers_stay(wanted_kbps: int) -> None:
    encoder = VideoEncoder(OUTPUT)
    config = encoder.avc_config
    before = kbps(encode(encoder, 0, 60), 60)
    encoder.set_bitrate(wanted_kbps)
    encode(encoder, 60, 30)
    after = kbps(encode(encoder, 90, 60), 60)
    assert before == pytest.approx(1200, rel=0.25)
    assert after == pytest.approx(wanted_kbps, rel=0.25)
    assert encoder.avc_config == config


def test_the_headers_tell_profile_colours_and_size() -> None:
    decoder = av.CodecContext.create("h264", "r")
    encoder = VideoEncoder(OUTPUT)
    decoder.extradata = encoder.avc_config
    frame = next(
        frame
        for packet in encode(encoder, 0, 4)
        for frame in decoder.decode(av.Packet(packet.payload))
        if isinstance(frame, av.VideoFrame)
    )
    assert (frame.width, frame.height, frame.format.name) == (640, 360, "yuv420p")
    assert frame.colorspace == av.video.reformatter.Colorspace.ITU709
    assert encoder.avc_config[1] == 100, "High profile"


@pytest.mark.parametrize(
    ("width", "height", "rate", "cores", "expected"),
    [(1280, 720, 30, 2, 2), (1280, 720, 30, 1, 1), (640, 360, 30, 8, 1), (1920, 1080, 30, 8, 4)],
)
def test_threads_grow_with_the_picture(width: int, height: int, rate: int, cores: int, expected: int) -> None:
    assert threads(Output(width_px=width, height_px=height, rate_fps=rate), cores) == expected


def test_an_unknown_encoder_is_an_error_of_ours() -> None:
    with pytest.raises(EncoderError) as raised:
        VideoEncoder(OUTPUT, "h264_no_such_thing")
    assert raised.value.code == "encoder_failed"


def test_a_trial_ends_with_libx264_and_leaves_out_what_is_not_there() -> None:
    assert probe_encoders(OUTPUT, ["h264_no_such_thing", "libx264rgb_no"]) == ("libx264",)


def test_an_encoder_that_swallows_key_frame_requests_is_not_good_enough() -> None:
    class Deaf(VideoEncoder):
        def request_keyframe(self) -> None:
            """Ignored."""

    for gop_s in (1.0, 10.0):
        output = Output(width_px=320, height_px=180, rate_fps=30, gop_s=gop_s)
        assert works(output, "libx264")
        assert not works(output, "libx264", Deaf)


def test_one_whose_driver_may_ignore_requests_is_judged_by_its_regular_key_frames() -> None:
    class Deaf(VideoEncoder):
        def __init__(self, output: Output, name: str) -> None:
            assert name == "h264_amf"
            super().__init__(output, "libx264")

        def request_keyframe(self) -> None:
            """Ignored."""

    class Endless(Deaf):
        def __init__(self, output: Output, name: str) -> None:
            super().__init__(msgspec.structs.replace(output, gop_s=10.0), name)

    output = Output(width_px=320, height_px=180, rate_fps=30, gop_s=2.0)
    assert works(output, "h264_amf", Deaf)
    assert not works(output, "h264_amf", Endless)


@pytest.mark.parametrize("name", ["h264_nvenc", "h264_qsv", "h264_amf"])
def test_hardware_is_told_that_a_key_frame_is_one_to_begin_at(name: str) -> None:
    """Otherwise a forced I picture is none that a decoder could start with."""
    told = {key.replace("-", "_"): value for key, value in _OPTIONS[name].items()}
    assert told["forced_idr"] == "1"


def test_sound_becomes_frames_of_1024_with_steady_times() -> None:
    encoder = AudioEncoder(128)
    tone = np.sin(np.arange(48_000) * 2 * np.pi * 440 / 48_000).astype(np.float32) * 0.5
    sound = np.stack((tone, tone))
    packets = [
        packet for at in range(0, 48_000, 960) for packet in encoder.encode(96_000 + at, sound[:, at : at + 960])
    ]
    assert encoder.aac_config[:2] == bytes([0x11, 0x90]), "AAC-LC, 48 kHz, two channels"
    assert not any(packet.is_video or packet.is_keyframe for packet in packets)
    steps = np.diff([packet.pts_ms for packet in packets])
    assert set(steps) <= {21, 22}
    # The encoder looks one frame ahead and says so in its first time.
    assert packets[0].pts_ms == round((96_000 - FRAME_SAMPLES) / 48)


def test_after_a_gap_sound_goes_on_at_its_new_place() -> None:
    encoder = AudioEncoder(128)
    quiet = np.zeros((2, 960), np.float32)
    for at in range(0, 9_600, 960):
        encoder.encode(at, quiet)
    packets = [packet for at in range(96_000, 105_600, 960) for packet in encoder.encode(at, quiet)]
    assert packets[-1].pts_ms > 2000
    assert [packet.pts_ms for packet in packets] == sorted(packet.pts_ms for packet in packets)
