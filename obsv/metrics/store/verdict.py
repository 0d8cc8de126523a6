"""Puts a kernel's verdict on a request into words."""

from __future__ import annotations

from obsv.metrics.kernels.ingest import FAULTS, REASONS
from obsv.metrics.kernels.ingest_plain import Outcome
from obsv.metrics.kernels.wire_plain import BrokenError, parse_labels
from obsv.metrics.store.types import WriteResult

SHOWN_LABELS = 12
SHOWN_BYTES = 64


def show_series(key: bytes) -> str:
    """Label bytes as a selector, cut to a readable length."""
    try:
        pairs = parse_labels(key)
    except BrokenError:
        return "?"
    shown = [f'{_show(name)}="{_show(value)}"' for name, value in pairs if name != b"__name__"]
    more = [f"and {len(shown) - SHOWN_LABELS} more"] if len(shown) > SHOWN_LABELS else []
    name = next((_show(value) for name, value in pairs if name == b"__name__"), "")
    return f"{name}{{{', '.join(shown[:SHOWN_LABELS] + more)}}}"


def _show(text: bytes) -> str:
    shown = text[:SHOWN_BYTES].decode(errors="replace")
    return shown + "…" if len(text) > SHOWN_BYTES else shown


def write_result(outcome: Outcome, series_limit: int) -> WriteResult:
    """Counts by reason, and the first refusal in a sentence."""
    accepted, refused, reason, fault, t, key, _, beside = outcome
    if reason < 0:
        return WriteResult(accepted, beside=beside)
    said = {
        "too_old": f"sample at {t} ms is too old",
        "too_new": f"sample at {t} ms is too far in the future",
        "duplicate": f"another value is already stored at {t} ms",
        "labels": FAULTS[fault],
        "series_limit": f"the limit of {series_limit} active series is reached",
    }[REASONS[reason]]
    counts = {name: count for name, count in zip(REASONS, refused, strict=True) if count}
    return WriteResult(accepted, counts, f"{said}: {show_series(key)}", beside)
