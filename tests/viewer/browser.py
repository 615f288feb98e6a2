"""Headless viewers: pages of one Chromium that watch, listen, read and write like people do.

All of one ``ViewerBrowser`` belongs to the thread that made it (Playwright's synchronous interface). Chromium
is the system's own; nothing is downloaded. Each viewer has cookies and storage of its own.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from playwright.sync_api import BrowserContext, Page, sync_playwright

PROBE = Path(__file__).with_name("probe.js")
SILENCE_DBFS = -120.0
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-gpu",
    # Several pages of one browser play at once; none of them may be slowed down as a background page.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--no-first-run",
)

Via = Literal["auto", "flv", "hls"]
Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Reading:
    """A burnt-in strip as it was seen. Times are UTC milliseconds."""

    number: int
    utc_ms: int
    """When the picture was composed."""
    at_ms: float
    """When the browser handed it over to be shown."""

    @property
    def delay_ms(self) -> float:
        return self.at_ms - self.utc_ms


@dataclass(frozen=True)
class Stall:
    at_ms: float
    lasted_ms: float


@dataclass(frozen=True)
class Message:
    message_id: str
    author: str
    text: str


class ViewerBrowser:
    """One Chromium for any number of viewers. Use as a context manager, or call ``close``."""

    def __init__(self, executable: str | None = None, *, allows_autoplay: bool = True) -> None:
        self._playwright = sync_playwright().start()
        arguments = [one for one in CHROMIUM_ARGUMENTS if allows_autoplay or not one.startswith("--autoplay-policy")]
        if not allows_autoplay:
            arguments.append("--autoplay-policy=user-gesture-required")
        try:
            self._browser = self._playwright.chromium.launch(
                executable_path=executable or find_chromium(),
                args=arguments,
                # Playwright mutes headless Chromium; then there would be nothing to listen to.
                ignore_default_args=["--mute-audio"],
                env={name: value for name, value in os.environ.items() if not _is_foreign(name)},
            )
        except BaseException:
            self._playwright.stop()
            raise

    def viewer(
        self,
        *,
        width_px: int = 1280,
        height_px: int = 800,
        language: str = "zh-CN",
        scheme: Scheme = "light",
        ignores_certificate: bool = False,
    ) -> Viewer:
        """Somebody new: no cookies, not signed in."""
        context = self._browser.new_context(
            viewport={"width": width_px, "height": height_px},
            locale=language,
            color_scheme=scheme,
            ignore_https_errors=ignores_certificate,
        )
        context.add_init_script(PROBE.read_text(encoding="utf-8"))
        return Viewer(context, context.new_page())

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Viewer:
    """One person's page. Waits raise ``playwright.sync_api.TimeoutError``."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self._opened_ms = 0.0

    def open(self, url: str, via: Via = "auto", *, timeout_s: float = 20.0) -> None:
        """Open a viewer page; does not wait for a picture. Begins to listen."""
        address = url if via == "auto" else f"{url}{'&' if '?' in url else '?'}via={via}"
        self.page.goto(address, wait_until="domcontentloaded", timeout=timeout_s * 1000)
        if self.page.locator("video").count():
            self.page.evaluate("window.__viewer.listen()")

    def wait_for_state(self, state: str, timeout_s: float = 20.0) -> None:
        """Until the player is in ``state`` (``data-player-state``)."""
        self.page.wait_for_selector(f'#player[data-player-state="{state}"]', timeout=timeout_s * 1000)

    @property
    def player_state(self) -> str:
        return self.page.get_attribute("#player", "data-player-state") or ""

    @property
    def transport(self) -> str:
        """``flv``, ``hls`` or nothing."""
        return self.page.get_attribute("#player", "data-transport") or ""

    def sign_in(self, phone: str, code_provider: Callable[[str], str], timeout_s: float = 20.0) -> None:
        """Sign in through the dialog. ``code_provider`` is given the phone after the code was asked for."""
        page = self.page
        page.click("#sign-in", timeout=timeout_s * 1000)
        page.fill("#sign-phone", phone)
        with page.expect_response("**/api/v1/auth/code", timeout=timeout_s * 1000):
            page.click("#sign-get-code")
        page.fill("#sign-code", code_provider(phone))
        page.click("#sign-submit")
        page.wait_for_selector("#sign-dialog", state="hidden", timeout=timeout_s * 1000)
        page.wait_for_selector('#chat[data-socket="open"]', timeout=timeout_s * 1000)

    def send(self, text: str, timeout_s: float = 10.0) -> None:
        """Write a message; does not wait until it was posted."""
        self.page.fill("#draft", text, timeout=timeout_s * 1000)
        self.page.click("#send", timeout=timeout_s * 1000)

    def messages(self) -> list[Message]:
        """What the list shows, oldest first; what is still on its way is not in it."""
        rows = self.page.eval_on_selector_all(
            "#messages li",
            """rows => rows.map(row => [row.dataset.messageId, row.querySelector(".who").textContent,
                                         row.querySelector(".words").textContent])""",
        )
        return [Message(*row) for row in rows]

    def wait_for_message(self, text: str, timeout_s: float = 10.0) -> None:
        """Until the list shows ``text``."""
        self.page.wait_for_function(
            """text => [...document.querySelectorAll("#messages .words")].some(node => node.textContent === text)""",
            arg=text,
            timeout=timeout_s * 1000,
        )

    def frame_readings(self) -> list[Reading]:
        """Strips read so far, at most about ten a second, oldest first."""
        rows: list[dict[str, Any]] = self.page.evaluate("window.__viewer.readings")
        return [Reading(int(row["number"]), int(row["utc_ms"]), float(row["at_ms"])) for row in rows]

    def unread_frames(self) -> int:
        """Pictures looked at that held no strip."""
        return int(self.page.evaluate("window.__viewer.unread"))

    def decoded_frames(self) -> tuple[int, int]:
        """(all, of them dropped), over all reconnections."""
        counts = self.page.evaluate("window.__viewer.decoded()")
        return int(counts["total"]), int(counts["dropped"])

    def sound_levels(self) -> list[float]:
        """dBFS (mean power) of each second since listening began; ``SILENCE_DBFS`` for digital silence."""
        samples: list[dict[str, float]] = self.page.evaluate("window.__viewer.levels")
        seconds: dict[int, list[float]] = {}
        for sample in samples:
            seconds.setdefault(int((sample["at_ms"] - samples[0]["at_ms"]) // 1000), []).append(sample["power"])
        powers = [sum(values) / len(values) for _, values in sorted(seconds.items())]
        return [10 * math.log10(power) if power > 1e-12 else SILENCE_DBFS for power in powers]

    def stalls(self) -> list[Stall]:
        """Each time playing stopped for want of media after the first picture, the running one included."""
        rows = self.page.evaluate("window.__viewer.allStalls()")
        return [Stall(float(row["at_ms"]), float(row["lasted_ms"])) for row in rows]

    def first_frame_ms(self) -> float | None:
        """From the start of the navigation to the first picture; None while there is none."""
        first: float = self.page.evaluate(
            "window.__viewer.firstFrameMs && window.__viewer.firstFrameMs - performance.timeOrigin"
        )
        return first or None

    def errors(self) -> list[str]:
        """Uncaught errors of the page and violations of its security policy."""
        return [str(error) for error in self.page.evaluate("window.__viewer.errors")]

    def screenshot(self, path: Path) -> None:
        """What the page shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written here: Playwright would start a thread for it and keep it.
        path.write_bytes(self.page.screenshot())

    def close(self) -> None:
        self.context.close()


def find_chromium() -> str:
    """The system's Chromium. Raises FileNotFoundError."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise FileNotFoundError("Chromium is not installed (Debian: apt-get install chromium)")
    return found


def _is_foreign(name: str) -> bool:
    # Set by libraries of the calling process for themselves; they break children.
    return name == "LD_LIBRARY_PATH" or name.startswith("QT_QPA_")
