"""What the pages' addresses answer: content, language, headers, and the pages for what is not there."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from app.contract.errors import ErrorCode
from app.contract.rest import PlatformInfo, Session
from server.errors import Refusal
from server.page_services import ComplaintTerms
from server.pages.language import COOKIE
from server.pages.routes import build_router, not_found_page

DEMO = {"zh": "本机演示平台", "en": "Demo platform on this machine"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def session(session_id: str, state: str = "live", **more: Any) -> Session:
    return Session.model_validate(
        {
            "id": session_id,
            "title": "简历 <b>怎么写",
            "category": "job_search",
            "state": state,
            "anchor_id": "a1",
            "anchor_name": "林晓",
            "created_at": NOW,
            "grace_period_s": 180,
            "viewers": 1284,
            "messages": 7,
            "viewer_url": f"http://testserver/s/{session_id}",
            **more,
        }
    )


@dataclass
class Services:
    """A platform with these sessions; ``is_broken``: its database fails."""

    sessions: list[Session] = field(default_factory=list)
    is_broken: bool = False
    is_demo: bool = True
    media_origin: str = "http://media.test:8080/live"

    def platform_info(self) -> PlatformInfo:
        zh, en = (DEMO["zh"], DEMO["en"]) if self.is_demo else ("某平台", "Some platform")
        return PlatformInfo(name=zh, name_en=en, is_demo=self.is_demo, api_version=1, server_time=NOW)

    @property
    def complaint_terms(self) -> ComplaintTerms:
        return ComplaintTerms(proof_bytes=3 * 1024 * 1024, proof_px=500, loose_days=2, complaint_days=90)

    async def list_live(self) -> list[Session]:
        return [one for one in await self._all() if one.state in {"live", "interrupted"}]

    async def get_session(self, session_id: str) -> Session | None:
        return next((one for one in await self._all() if one.id == session_id), None)

    async def _all(self) -> list[Session]:
        if self.is_broken:
            raise Refusal(ErrorCode.INTERNAL)
        return self.sessions


def get(services: Services, address: str, **headers: str) -> httpx2.Response:
    app = FastAPI()
    app.include_router(build_router(services))

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return asyncio.run(ask())


def missing(path: str, query: str = "") -> str:
    """The page for an address that leads nowhere."""
    headers = [(b"accept-language", b"zh")]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    return bytes(not_found_page(Request(scope), Services()).body).decode()


def test_the_list_shows_what_is_on_air_and_is_marked_for_updates() -> None:
    reply = get(Services([session("s1"), session("s2", "interrupted"), session("s3", "ended")]), "/")
    listed = reply.text.partition("<template")[0]
    assert re.findall(r'data-id="(\w+)"', listed) == ["s1", "s2"]
    assert re.findall(r'href="(/s/\w+)"', listed) == ["/s/s1", "/s/s2"]
    # Red means on air: a session that is interrupted is not.
    assert re.findall(r'class="pill (air|warn)"', listed) == ["air", "warn"]
    assert "简历 &lt;b&gt;怎么写" in listed
    assert "1,284 人在看" in listed
    assert re.search(r'id="live-empty" hidden', reply.text)
    assert not re.search(r'id="live-list" hidden', reply.text)


def test_an_empty_list_says_so() -> None:
    page = get(Services(), "/").text
    assert re.search(r'id="live-list" hidden', page)
    assert re.search(r'id="live-empty" >', page)
    assert "现在没有直播" in page


def test_scripts_start_from_the_session_and_its_ending() -> None:
    ended = session("s1", "ended", end_reason="cut_off")
    page = get(Services([ended]), "/s/s1?via=hls").text
    start = json.loads(re.findall(r'id="start">(.*?)</script>', page)[0])
    assert start["via"] == "hls"
    assert start["session"] == {
        "id": "s1",
        "state": "ended",
        "endReason": "cut_off",
        "plannedTime": "",
        "anchorId": "a1",
        "viewers": 1284,
        "messages": 7,
    }
    assert start["nowMs"] == 1_767_225_600_000
    assert '"via": "auto"' in get(Services([ended]), "/s/s1?via=smoke").text


@pytest.mark.parametrize(
    ("state", "more", "planned"),
    [
        ("scheduled", {"starts_at": datetime(2026, 1, 1, 16, 30, tzinfo=UTC)}, "2026-01-02 00:30"),
        ("scheduled", {"starts_at": datetime(2028, 2, 28, 16, 0, tzinfo=UTC)}, "2028-02-29 00:00"),
        ("preparing", {"starts_at": datetime(2026, 1, 1, 0, 1, tzinfo=UTC)}, "2026-01-01 08:01"),
        # Of one on the spot no time is to come, of one that was begun or taken off none is left.
        ("scheduled", {"starts_at": NOW}, ""),
        ("scheduled", {}, ""),
        ("live", {"starts_at": datetime(2026, 1, 2, tzinfo=UTC), "started_at": NOW}, ""),
        ("ended", {"starts_at": datetime(2026, 1, 2, tzinfo=UTC), "end_reason": "cancelled"}, ""),
    ],
)
def test_a_session_says_when_it_is_to_begin_in_beijing_time(state: str, more: dict[str, Any], planned: str) -> None:
    page = get(Services([session("s1", state, **more)]), "/s/s1?lang=zh").text
    start = json.loads(re.findall(r'id="start">(.*?)</script>', page)[0])
    assert start["session"]["plannedTime"] == planned
    [(hidden, shown)] = re.findall(r'id="planned" (hidden)?.*?<dd class="number">([^<]*)</dd>', page)
    assert (hidden, shown) == (("", f"{planned}（北京时间）") if planned else ("hidden", ""))


@pytest.mark.parametrize("address", ["/", "/s/s1", "/s/none", "/complaint"])
def test_every_page_forbids_foreign_code_and_names_the_media(address: str) -> None:
    reply = get(Services([session("s1")]), address)
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' http://media.test:8080"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert reply.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*(src=|application/json))|<style|\sstyle=|\son\w+=", reply.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_says_that_this_is_a_demo_platform(language: str) -> None:
    whole = Services([session("s1")])
    pages = [get(whole, f"{path}?lang={language}").text for path in ("/", "/s/s1", "/s/none", "/complaint")]
    pages += [get(Services(is_broken=True), f"{path}?lang={language}").text for path in ("/", "/s/s1")]
    pages.append(missing("/nowhere", f"lang={language}"))
    for page in pages:
        assert re.search(rf'<span class="pill platform"[^>]*>.*?</svg>{DEMO[language]}</span>', page, re.DOTALL)
    assert "pill platform" not in get(Services(is_demo=False), "/").text


def test_what_is_not_there_and_what_is_out_of_order_have_pages_of_their_own() -> None:
    gone = get(Services(), "/s/none")
    assert (gone.status_code, 'data-page="missing"' in gone.text) == (404, True)
    for address in ("/", "/s/s1"):
        broken = get(Services([session("s1")], is_broken=True), address)
        assert (broken.status_code, 'data-page="failed"' in broken.text) == (503, True)


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/x?y", '/"><script>'])
def test_no_path_makes_a_link_that_leads_elsewhere(path: str) -> None:
    page = missing(path)
    assert set(re.findall(r'href="([^"]*)"', page)) == {
        *("/", "#main", "?lang=en", "/complaint", "/static/logo.svg", "/static/css/tokens.css", "/static/css/base.css")
    }


def test_a_complaint_is_about_the_session_that_the_address_names() -> None:
    services = Services([session("s1")])
    page = get(services, "/complaint?about=s1&lang=zh").text
    start = json.loads(re.findall(r'id="start">(.*?)</script>', page)[0])
    assert start["about"] == "s1"
    assert (start["limits"]["proofBytes"], start["limits"]["proofMb"]) == (3 * 1024 * 1024, 3)
    assert "简历 &lt;b&gt;怎么写" in page
    assert 'href="?lang=en&amp;about=s1"' in page
    assert "各 500 像素" in page
    assert "2 天" in page
    assert "90 天" in page
    for other in ("none", "%00", "..%2Fx", "%E4%B8%80", ""):
        reply = get(services, f"/complaint?about={other}")
        assert reply.status_code == 200
        assert json.loads(re.findall(r'id="start">(.*?)</script>', reply.text)[0])["about"] == ""
    assert get(Services(is_broken=True), "/complaint?about=s1").status_code == 503


def test_every_page_leads_to_the_complaint() -> None:
    services = Services([session("s1")])
    assert 'href="/complaint"' in get(services, "/").text
    assert 'href="/complaint?about=s1"' in get(services, "/s/s1").text


def test_a_language_in_the_address_is_taken_and_remembered() -> None:
    reply = get(Services(), "/?lang=en", accept_language="zh-CN")
    assert '<html lang="en">' in reply.text
    assert reply.cookies[COOKIE] == "en"
    assert '<a class="quiet" href="?lang=zh" lang="zh-CN">中文</a>' in reply.text
    assert COOKIE not in get(Services(), "/?lang=xx", accept_language="en").cookies


@pytest.mark.parametrize(
    ("cookie", "accepts", "language"),
    [("en", "zh-CN", "en"), ("zh", "en", "zh-CN"), ("fr", "en-GB,en;q=0.9", "en"), ("", "zh-CN,zh", "zh-CN")],
)
def test_without_one_the_earlier_choice_counts_then_the_browser(cookie: str, accepts: str, language: str) -> None:
    reply = get(Services(), "/", cookie=f"{COOKIE}={cookie}", accept_language=accepts)
    assert f'<html lang="{language}">' in reply.text
    assert COOKIE not in reply.cookies
    assert reply.headers["vary"] == "Accept-Language, Cookie"


@pytest.mark.parametrize("path", ["../routes.py", "js/%2e%2e/%2e%2e/routes.py", "js", "js/none.js", "a\0b"])
def test_static_files_are_those_of_the_folder_only(path: str) -> None:
    assert get(Services(), f"/static/{path.replace(chr(0), '%00')}").status_code == 404


def test_static_files_are_asked_for_again_each_time() -> None:
    reply = get(Services(), "/static/js/viewer.js")
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-cache")
    assert get(Services(), "/static/js/viewer.js", if_none_match=reply.headers["etag"]).status_code == 304
