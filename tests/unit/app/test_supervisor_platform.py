"""The embedded platform's certificate and what its children are told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509

import app.supervision.platform as module
from app.runtime.clock import ManualClock
from app.supervision.certificate import DAYS, Certificate, make_certificate
from app.supervision.platform import EmbeddedPlatform, take_operator

DAY_S = 24 * 3600.0


def loaded(found: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(found.certificate.read_bytes())


def addresses_of(found: Certificate) -> set[str]:
    names = loaded(found).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def test_a_certificate_is_kept_while_it_fits(tmp_path: Path) -> None:
    clock = ManualClock()
    first = loaded(make_certificate(tmp_path, ["10.0.0.5"], clock))
    clock.advance((DAYS - 2) * DAY_S)
    found = make_certificate(tmp_path, ["10.0.0.5"], clock)
    assert loaded(found) == first
    assert addresses_of(found) == {"127.0.0.1", "10.0.0.5"}
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600


def test_it_is_made_anew_before_it_ends(tmp_path: Path) -> None:
    clock = ManualClock()
    first = loaded(make_certificate(tmp_path, [], clock))
    clock.advance((DAYS - 1) * DAY_S)
    renewed = loaded(make_certificate(tmp_path, [], clock))
    assert renewed.serial_number != first.serial_number
    assert renewed.not_valid_after_utc > first.not_valid_after_utc


def test_it_is_made_anew_for_another_address_and_kept_when_one_went_away(tmp_path: Path) -> None:
    clock = ManualClock()
    make_certificate(tmp_path, ["10.0.0.5"], clock)
    other = make_certificate(tmp_path, ["10.0.0.5", "192.168.1.7"], clock)
    assert addresses_of(other) == {"127.0.0.1", "10.0.0.5", "192.168.1.7"}
    serial = loaded(other).serial_number
    assert loaded(make_certificate(tmp_path, ["192.168.1.7"], clock)).serial_number == serial


@pytest.mark.parametrize("broken", ["key gone", "key of another", "certificate torn"])
def test_files_that_do_not_belong_together_are_made_anew(tmp_path: Path, broken: str) -> None:
    clock = ManualClock()
    found = make_certificate(tmp_path / "one", [], clock)
    serial = loaded(found).serial_number
    match broken:
        case "key gone":
            found.key.unlink()
        case "key of another":
            found.key.write_bytes(make_certificate(tmp_path / "two", [], clock).key.read_bytes())
        case _:
            found.certificate.write_bytes(found.certificate.read_bytes()[:100])
    assert loaded(make_certificate(tmp_path / "one", [], clock)).serial_number != serial


def test_a_platform_on_the_network_tells_addresses_that_its_certificate_covers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "lan_addresses", lambda: ("192.168.1.7", "10.0.0.5"))
    platform = EmbeddedPlatform(tmp_path, tmp_path, on_lan=True)
    # The network changes while it stands: a child that starts again is told what holds for the others.
    monkeypatch.setattr(module, "lan_addresses", lambda: ("172.16.0.9",))
    service = platform.service()
    assert service.ingest_public_rtmp_url == f"rtmps://192.168.1.7:{platform.ports.rtmp}/live"
    assert service.allowed_hosts == ("127.0.0.1", "localhost", "192.168.1.7", "10.0.0.5")
    assert platform.base_url == f"https://127.0.0.1:{platform.ports.service}"
    assert platform.certificate is not None
    assert addresses_of(platform.certificate) == {"127.0.0.1", "192.168.1.7", "10.0.0.5"}


def test_without_a_network_all_stays_on_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "lan_addresses", lambda: ())
    for on_lan in (False, True):
        platform = EmbeddedPlatform(tmp_path, tmp_path, on_lan=on_lan)
        scheme = "rtmps" if on_lan else "rtmp"
        assert platform.service().ingest_public_rtmp_url == f"{scheme}://127.0.0.1:{platform.ports.rtmp}/live"
        assert platform.lan_urls == ()


def test_the_service_makes_another_password_until_one_was_taken(tmp_path: Path) -> None:
    platform = EmbeddedPlatform(tmp_path, tmp_path)
    assert platform.service().renews_operator
    take_operator(tmp_path)
    assert not platform.service().renews_operator
