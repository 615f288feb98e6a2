"""A certificate of our own for the embedded platform on the local network; kept until its addresses change."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.runtime.clock import Clock, SystemClock

DAYS = 365
_SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True)
class Certificate:
    """PEM files; the key is readable by its owner only."""

    certificate: Path
    key: Path


def make_certificate(folder: Path, addresses: Sequence[str], clock: Clock = _SYSTEM_CLOCK) -> Certificate:
    """The certificate for these addresses and loopback, made when there is none that fits and lasts a day more.

    Raises OSError.
    """
    # The library costs 60 ms to import: only who listens on the network pays for it.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    found = Certificate(folder / "certificate.pem", folder / "key.pem")
    wanted = {ipaddress.ip_address(text) for text in ("127.0.0.1", *addresses)}
    now = clock.utc()
    pem = serialization.Encoding.PEM
    with contextlib.suppress(OSError, ValueError, x509.ExtensionNotFound):
        kept = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        has_all = wanted <= set(names.get_values_for_type(x509.IPAddress))
        # The two files are written one after the other: a full disk may have left those of different makings.
        key_form = (pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        own = serialization.load_pem_private_key(found.key.read_bytes(), None).public_key()
        is_pair = own.public_bytes(*key_form) == kept.public_key().public_bytes(*key_form)
        if has_all and is_pair and kept.not_valid_after_utc > now + timedelta(days=1):
            return found
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AnchorDesk 本机演示平台")])
    alternatives = [x509.DNSName("localhost"), *(x509.IPAddress(address) for address in sorted(wanted, key=str))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(found.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private)
    found.certificate.write_bytes(certificate.public_bytes(pem))
    return found
