"""The recovery of a ground as a page or an export shows it: the values that ended the breach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.web.figures import local
from stopwatch.web.pages.bundle_view import BundleView, bundle_of, view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from stopwatch.core.proof import Proof


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """When a recovery was judged, in *words*, and the bundle it was judged by."""

    words: str
    whole: BundleView


def recovery_view(proofs: Sequence[Proof], body_of: Callable[[str], str | None], zone: ZoneInfo) -> RecoveryView | None:
    """Return what is shown of the recovery that *proofs* name; None where there is none, or it cannot be read."""
    sha256 = next((proof.sha256 for proof in proofs if proof.kind == "recovery"), None)
    bundle = bundle_of(sha256, body_of)
    if sha256 is None or bundle is None:
        return None
    try:
        at = datetime.fromisoformat(bundle["at"])
        whole = view_of(sha256, bundle, recovered_at=at)
        return RecoveryView(f"How it recovered, judged {local(at, zone, seconds=True)}", whole)
    except (KeyError, TypeError, ValueError):
        return None
