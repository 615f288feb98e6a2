"""The sample documents that a demo platform starts with, in our own words. Store thread, inside a write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.domain.documents.model import DocumentKind
from app.errors import StorageError
from server.documents import versions
from server.documents.publishing import DraftWish, add_version, day_ms, day_of
from server.store.store import Tx
from server.store.way_models import AcceptanceRow

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "documents"
_PUBLISHER = "system"


@dataclass(frozen=True, slots=True)
class _Sample:
    """Version ``number`` of a kind, in force since ``age_days`` before the platform's first start."""

    kind: DocumentKind
    number: int
    title: str
    age_days: int
    changes: tuple[str, ...] = ()


_SAMPLES = (
    _Sample(DocumentKind.LIVE_AGREEMENT, 1, "直播协议", 260),
    _Sample(
        DocumentKind.LIVE_AGREEMENT,
        2,
        "直播协议",
        6,
        ("回放改为逐场选择", "结算冻结期由 15 天改为 7 天", "新增连麦嘉宾的规则", "申诉期由 7 天改为 15 天"),
    ),
    _Sample(DocumentKind.USER_AGREEMENT, 1, "用户协议", 260),
    _Sample(DocumentKind.PRIVACY_POLICY, 1, "隐私政策", 260),
    _Sample(DocumentKind.LIVE_PRIVACY_NOTICE, 1, "直播隐私说明", 260),
    _Sample(DocumentKind.VIOLATION_RULES, 1, "主播违规处理规则", 260),
    _Sample(DocumentKind.COMMON_VIOLATIONS, 1, "常见违规说明", 260),
)


def publish_samples(tx: Tx) -> bool:
    """Publish what has no version yet; whether the live agreement was among it. Raises StorageError."""
    did_publish_agreement = False
    today = day_of(tx.now_ms)
    missing = {kind for kind in DocumentKind if versions.newest(tx.db, kind) is None}
    for sample in _SAMPLES:
        if sample.kind not in missing:
            continue
        day = today - timedelta(days=sample.age_days)
        wish = DraftWish(sample.kind, sample.title, _text(sample), sample.changes, True, day)
        add_version(tx, wish, _PUBLISHER, "demo data", day_ms(day - timedelta(days=7)))
        did_publish_agreement |= sample.kind is DocumentKind.LIVE_AGREEMENT
    return did_publish_agreement


def accept_current(tx: Tx, account_id: str) -> None:
    """As if the person had accepted the live agreement that is in force."""
    version = versions.in_force(tx.db, DocumentKind.LIVE_AGREEMENT, tx.now_ms)
    if version is not None and tx.db.get(AcceptanceRow, (account_id, version.kind, version.number)) is None:
        tx.db.add(
            AcceptanceRow(
                account_id=account_id,
                kind=version.kind,
                number=version.number,
                sha256=version.sha256,
                accepted_ms=tx.now_ms,
                client_version="demo data",
                read_s=0,
            )
        )
        tx.db.flush()


def _text(sample: _Sample) -> str:
    try:
        return (FOLDER / f"{sample.kind.value}.{sample.number}.md").read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError("resources_missing") from error
