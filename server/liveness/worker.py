"""The process that looks at one package: opens it, checks it, judges the clip, and takes out what an operator may see.

It is given a job (server.liveness.case) on its standard input and answers on its standard output. What it decrypts
stays in its memory: it can write no file. It ends with its standard input, so it never outlives the service, and its
memory and time are bounded where the system does that. It keeps no log: what it read is nobody's to see.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import msgspec
import numpy as np
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.domain.liveness import Retry
from app.liveness import package as packages
from app.liveness.analysis import Mesh
from app.liveness.face import Pose
from app.liveness.judgement import Frames
from app.liveness.look import Picture
from app.liveness.package import Manifest, Package, PackageError, Unit
from app.liveness.policy import POLICY, Policy
from app.liveness.verdict import Case, Judgement, Moment, Ordered, Verdict
from server.liveness.case import MAX_JOB_BYTES, MAX_STILLS, Failed, Findings, Job, Looked, SignSeen, StillSeen

MEMORY_BYTES = 2_000_000_000
"""Of its own data: mediapipe with a model takes some 400 MB, a decoder for 1920 × 1920 some 100 MB."""
CPU_S = 300
_US = Fraction(1, 1_000_000)
_JPEG_QUALITY = 88
_TRACE_CHARS = 4000


class Judge(Protocol):
    """app.liveness.judgement.judge."""

    def __call__(self, frames: Frames, case: Case, mesh: Mesh, policy: Policy, rest: Pose | None) -> Judgement: ...


def main() -> int:
    """Judge with what the product judges with."""
    from app.liveness.judgement import judge
    from app.liveness.mesh import MediapipeMesh

    return run(judge, MediapipeMesh)


def run(judge: Judge, make_mesh: Callable[[], Mesh]) -> int:
    """One job; 0 when it was answered."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not get into the answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = sys.stdin.buffer.readline(MAX_JOB_BYTES)
    threading.Thread(target=_end_with_input, name="liveness-input", daemon=True).start()
    confine()
    answer: Looked | Failed
    try:
        answer = look(msgspec.json.decode(line, type=Job), judge, make_mesh)
    except Exception as error:
        trace = "".join(traceback.format_tb(error.__traceback__))
        answer = Failed(type(error).__name__, trace[-_TRACE_CHARS:])
    with answers:
        answers.write(msgspec.msgpack.encode(answer))
    return 1 if isinstance(answer, Failed) else 0


def confine() -> None:
    """No more memory and time than it needs, no file, no core dump with faces in it. Linux and macOS."""
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
    ):
        _, ceiling = resource.getrlimit(what)
        least = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(what, (least, least))
    if hasattr(os, "nice"):
        os.nice(10)  # broadcasts and rooms go first


def look(job: Job, judge: Judge, make_mesh: Callable[[], Mesh]) -> Looked:
    """The whole of it. A package that does not fit is an answer; anything else that goes wrong is raised."""
    try:
        package = packages.opened(
            Path(job.parcel).read_bytes(),
            job.expected.challenge.session_id,
            X25519PrivateKey.from_private_bytes(job.private_key),
        )
        manifest = packages.checked(package, job.expected)
        _check_times(package, job)
        mesh = make_mesh()
        try:
            frames = decoded(package.units, manifest)
            judgement = judge(frames, case_of(job, package, manifest), mesh, POLICY, None)
        finally:
            mesh.close()
        if judgement.verdict is not Verdict.RETRY:
            for _ in frames:  # what the judge did not read has to be a clip as well
                pass
        stills = tuple(_stills(package.units, manifest, judgement.moments))
        clip = mp4(package.units)
    except PackageError as problem:
        return Looked(findings=Findings(verdict=Verdict.RETRY, retry=problem.retry), what=str(problem)[:40])
    signs = tuple(SignSeen(one.finding, one.grade, one.params) for one in judgement.signs)
    findings = Findings(verdict=judgement.verdict, retry=judgement.retry, signs=signs, figures=judgement.figures)
    return Looked(findings=findings, stills=stills, clip=clip)


def case_of(job: Job, package: Package, manifest: Manifest) -> Case:
    """As the judge takes it. The time between two frames is what the clip has, not what the program says."""
    orders = tuple(Ordered(one.kind, one.after_us / 1000, one.action, one.colours) for one in job.orders)
    gaps_us = sorted(
        after.at_us - before.at_us for before, after in zip(package.units, package.units[1:], strict=False)
    )
    return Case(
        path=job.expected.challenge.path,
        orders=orders,
        frame_ms=gaps_us[len(gaps_us) // 2] / 1000 if gaps_us else 1000.0,
        flash_ms=manifest.flash_us / 1000 if manifest.flash_us is not None else None,
        is_device_virtual=manifest.device.is_virtual,
    )


def decoded(units: Sequence[Unit], manifest: Manifest) -> Iterator[tuple[float, Picture]]:
    """Every frame once, in order, each of the unit that names its time. Raises PackageError (damaged) for a clip that
    does not decode, or is another one than the manifest says."""
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_count = 1
    waited = iter(units)
    try:
        for unit in (*units, None):
            for frame in codec.decode(_packet(unit) if unit is not None else None):
                is_of_it = (frame.width, frame.height) == (manifest.width_px, manifest.height_px)
                due = next(waited, None)
                if not is_of_it or due is None or frame.pts != due.at_us:
                    raise PackageError(Retry.DAMAGED, "frames")
                picture: Picture = frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
                yield due.at_us / 1000, picture
    except av.FFmpegError as cause:
        raise PackageError(Retry.DAMAGED, "clip") from cause
    if next(waited, None) is not None:
        raise PackageError(Retry.DAMAGED, "frames")


def mp4(units: Sequence[Unit]) -> bytes:
    """The clip for a player, without re-encoding; empty where it cannot be put into MP4."""
    held = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(units[0].data), format="h264") as source,
            av.open(held, "w", format="mp4") as target,
        ):
            template = source.streams.video[0]
            stream: VideoStream = target.add_stream_from_template(template)
            for number, unit in enumerate(units):
                packet = _packet(unit)
                packet.pts = packet.dts = unit.at_us - units[0].at_us
                packet.is_keyframe = number == 0 or _is_key(unit.data)
                packet.stream = stream
                target.mux_one(packet)
    except (av.FFmpegError, ValueError, IndexError):
        return b""
    return held.getvalue()


def _is_key(data: bytes) -> bool:
    """Whether there is an IDR slice in it (ITU-T H.264, 7.4.1: type 5)."""
    at = data.find(b"\x00\x00\x01")
    while at >= 0 and at + 3 < len(data):
        if data[at + 3] & 0x1F == 5:
            return True
        at = data.find(b"\x00\x00\x01", at + 3)
    return False


def _packet(unit: Unit) -> av.Packet[Stream]:
    packet = av.Packet(unit.data)
    packet.time_base = _US
    packet.pts = packet.dts = unit.at_us
    return packet


def _stills(units: Sequence[Unit], manifest: Manifest, moments: Iterable[Moment]) -> Iterator[StillSeen]:
    """The first frame from each moment on: the clip once more, as nothing of it was kept."""
    left = sorted(list(moments)[:MAX_STILLS], key=lambda one: one.at_ms)
    order = {one.label: number for number, one in enumerate(moments)}
    found: list[StillSeen] = []
    frames = decoded(units, manifest)
    for at_ms, picture in frames:
        if not left:
            break
        while left and left[0].at_ms <= at_ms:
            is_done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
            if is_done:
                found.append(StillSeen(left[0].label[:40], jpeg.tobytes()))
            left.pop(0)
    return iter(sorted(found, key=lambda one: order.get(one.label, MAX_STILLS)))


def _check_times(package: Package, job: Job) -> None:
    """Raises PackageError (stale) for a clip that was not made while the session ran, by its own clock."""
    if package.units[0].at_us < job.earliest_us or package.units[-1].at_us > job.latest_us:
        raise PackageError(Retry.STALE, "clock")


def _end_with_input() -> None:
    # Not through sys.stdin: its lock, held here, would be waited for when the worker ends by itself.
    while os.read(0, 4096):
        pass
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
