"""Other people's RTMP programs, run for tests: ffmpeg, nginx with its rtmp module, OBS under a virtual display.

Each gets a temporary home or prefix, loopback ports only, and is ended with its children when its block is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OBS_SIZE_PX = (320, 180)


def clean_env(**more: str) -> dict[str, str]:
    """Our environment without what cv2 and the tests put into it."""
    dropped = ("LD_LIBRARY_PATH", "WAYLAND_DISPLAY", "DISPLAY")
    kept = {name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("QT_")}
    return {**kept, **more}


def end(process: subprocess.Popen[bytes], patience_s: float = 5.0) -> None:
    """Ask it to end, then make it."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
    if process.poll() is None:
        process.kill()
    process.wait()


_VIDEO = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "15", "-b:v", "80k", "-pix_fmt", "yuv420p")
_AUDIO = ("-c:a", "aac", "-b:a", "32k", "-ac", "2")


def ffmpeg_publish(
    url: str, seconds: float, *, program: str = "ffmpeg", video: tuple[str, ...] = (), audio: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    """ffmpeg publishing a small test picture and a tone in real time; its log is on ``stderr``."""
    return subprocess.Popen(
        [program, "-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=15",
         "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", str(seconds),
         *(video or _VIDEO), *(audio or _AUDIO), "-f", "flv", url],
        env=clean_env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def ffprobe(url: str, *more: str) -> list[dict[str, Any]]:
    """The streams that ffprobe finds at this address. Raises CalledProcessError."""
    found = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", *more, url],
        env=clean_env(), capture_output=True, check=True, timeout=20,
    )  # fmt: skip
    streams: list[dict[str, Any]] = json.loads(found.stdout)["streams"]
    return streams


@contextmanager
def nginx(folder: Path, port: int, application: str = "", record: bool = False) -> Iterator[Path]:
    """nginx-rtmp with an application ``live`` on this port; yields the folder of its recordings."""
    recordings = folder / "recordings"
    recordings.mkdir()
    recording = f"record all; record_path {recordings};" if record else ""
    (folder / "nginx.conf").write_text(
        f"""
        load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
        daemon off; master_process off; worker_processes 1;
        pid {folder}/nginx.pid; error_log {folder}/error.log info;
        events {{ worker_connections 64; }}
        rtmp {{
          access_log off;
          server {{ listen 127.0.0.1:{port}; application live {{ live on; {recording} {application} }} }}
        }}
        """
    )
    process = subprocess.Popen(
        ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")],
        env=clean_env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: (folder / "nginx.pid").exists() or process.poll() is not None, 5)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield recordings
    finally:
        end(process)


@contextmanager
def display(folder: Path) -> Iterator[str]:
    """A virtual display; yields its name."""
    reader, writer = os.pipe()
    with (folder / "xvfb.log").open("wb") as log:
        process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
            env=clean_env(), pass_fds=(writer,), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        assert number, "the virtual display did not start"
        yield f":{number}"
    finally:
        end(process)


@contextmanager
def obs(folder: Path, server: str, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """OBS in a home of its own, streaming a plain scene from its start on."""
    settings = folder / ".config" / "obs-studio"
    profile = settings / "basic" / "profiles" / "test"
    scenes = settings / "basic" / "scenes"
    profile.mkdir(parents=True)
    scenes.mkdir(parents=True)
    width_px, height_px = _OBS_SIZE_PX
    (settings / "global.ini").write_text(
        "[General]\nFirstRun=true\nLastVersion=486539266\nEnableAutoUpdates=false\nInfoIncrement=999\n"
        "[Basic]\nProfile=test\nProfileDir=test\nSceneCollection=test\nSceneCollectionFile=test\nConfigOnNewProfile=false\n"
    )
    (profile / "basic.ini").write_text(
        "[General]\nName=test\n[Output]\nMode=Simple\nReconnect=false\n"
        "[SimpleOutput]\nVBitrate=120\nABitrate=64\nStreamEncoder=x264\nUseAdvanced=false\n"
        f"[Video]\nBaseCX={width_px}\nBaseCY={height_px}\nOutputCX={width_px}\nOutputCY={height_px}\nFPSType=1\nFPSInt=15\n"
    )
    (profile / "service.json").write_text(
        json.dumps({"type": "rtmp_custom", "settings": {"server": server, "key": key, "use_auth": False}})
    )
    scene = {"id": "scene", "name": "Scene", "settings": {"items": []}}
    about = {"name": "test", "current_scene": "Scene", "scene_order": [{"name": "Scene"}], "sources": [scene]}
    (scenes / "test.json").write_text(json.dumps(about))
    with display(folder) as name:
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        env = clean_env(
            HOME=str(folder), XDG_CONFIG_HOME=str(folder / ".config"), XDG_RUNTIME_DIR=str(runtime), DISPLAY=name,
            LIBGL_ALWAYS_SOFTWARE="1", QT_QPA_PLATFORM="xcb", NO_AT_BRIDGE="1",
        )  # fmt: skip
        with (folder / "obs.log").open("wb") as log:
            process = subprocess.Popen(
                ["obs", "--startstreaming", "--minimize-to-tray", "--multi", "--profile", "test"],
                env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            yield process
        finally:
            end(process)


def wait_until(is_true: Callable[[], bool], seconds: float) -> None:
    """Look every 20 ms; fails after ``seconds``."""
    deadline_s = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.02)
