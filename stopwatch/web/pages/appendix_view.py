"""The appendix of an opening as a page or an export shows it: all three windows, what was read later among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stopwatch.core.appendix import joined
from stopwatch.web.figures import local
from stopwatch.web.pages.bundle_view import BundleView, bundle_of, view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from stopwatch.core.decision import Ground
    from stopwatch.core.proof import Proof


@dataclass(frozen=True, slots=True)
class AppendixView:
    """What an appendix adds, in *words*, and its opening with the slots of both."""

    words: str
    whole: BundleView


def appendix_view(
    ground: Ground,
    bundle: Mapping[str, Any],
    proofs: Sequence[Proof],
    body_of: Callable[[str], str | None],
    zone: ZoneInfo,
) -> AppendixView | None:
    """Return what is shown of the appendix that *proofs* name; None where there is none, or it cannot be read."""
    sha256 = next((proof.sha256 for proof in proofs if proof.kind == "appendix"), None)
    appendix = bundle_of(sha256, body_of)
    if sha256 is None or appendix is None:
        return None
    try:
        added = len(appendix["classes"]) - len(bundle["classes"])
        read = local(datetime.fromisoformat(appendix["read_at"]), zone)
        whole = view_of(sha256, joined(bundle, appendix), recovered_at=ground.recovered_at)
    except (KeyError, TypeError, ValueError):
        return None
    return AppendixView(f"Three windows, with {added} slots before that were read later, {read}", whole)
