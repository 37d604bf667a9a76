"""Whether the evidence of a decision still proves it: bundles, grounds and audit rows must tell the same story."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stopwatch.core.appendix import appendix_of, given_up, verify_appendix
from stopwatch.core.decision import Happening
from stopwatch.core.evidence import verify_body
from stopwatch.core.grid import rfc3339
from stopwatch.core.retention import PRUNED
from stopwatch.core.stop import DRILL
from stopwatch.core.written import instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stopwatch.core.decision import Decision, Ground

OPENS = frozenset({"decision.open", "decision.join", "pause", DRILL})
RECOVERS = "ground.recover"
ROLLED_BACK = {Happening.ROLLBACK_VERIFIED.value: "verified", Happening.ROLLBACK_FLAGGED.value: "flagged"}
"""Acts that tell the verdict upon a roll-back, with its outcome."""
_ABSENT = "its bundle is not stored"


@dataclass(frozen=True, slots=True)
class Proof:
    """
    One bundle of a ground: *kind* is opening, recovery or appendix, *findings* what is wrong with it in words.

    The verdict upon a roll-back, *kind* rollback, belongs to no ground.

    *notes* is what is to be known of it and no fault. *pruned* says, where it was let go after an export, by which one
    it can be proven.
    """

    ground: str | None
    kind: str
    sha256: str | None
    findings: tuple[str, ...]
    pruned: str | None = None
    notes: tuple[str, ...] = ()


def prove(
    decision: Decision, rows: Iterable[Mapping[str, object]], body_of: Callable[[str], str | None]
) -> list[Proof]:
    """
    Verify every bundle of a decision against itself, its ground and its audit row; no Prometheus is needed.

    Args:
        decision: The decision as it is stored.
        rows: Bodies of audit rows, at least those of the decision, oldest first.
        body_of: The stored text of a bundle by its hash, None if there is none.

    """
    own = [row for row in rows if row.get("decision") == decision.id]
    pruned = _pruned(own)
    proofs = []
    for ground in decision.grounds:
        opened = _row(own, OPENS, ground)
        proofs += [_opening(decision, ground, opened, own, body_of), *_appendix(ground, own, body_of)]
        recovered = _row(own, {RECOVERS}, ground)
        if ground.recovered_at is not None or recovered is not None:
            proofs.append(_recovery(ground, recovered, body_of))
    proofs += _forgotten(decision, own)
    proofs += [
        _rollback(decision, row, body_of) for row in own if row.get("act") in ROLLED_BACK and row.get("evidence")
    ]
    return [
        replace(proof, pruned=pruned[proof.sha256], findings=tuple(each for each in proof.findings if each != _ABSENT))
        if proof.sha256 in pruned and _ABSENT in proof.findings
        else proof
        for proof in proofs
    ]


def recovery_of(rows: Iterable[Mapping[str, object]], ground: Ground) -> str | None:
    """Return the hash of the bundle that a ground recovered by, as the audit *rows* of its decision tell."""
    row = _row(list(rows), {RECOVERS}, ground)
    return str(row["evidence"]) if row is not None and row.get("evidence") else None


def _pruned(rows: list[Mapping[str, object]]) -> dict[str | None, str]:
    """Return, by hash, where bundles that were let go can be proven: the audit says which export holds them."""
    found: dict[str | None, str] = {}
    for row in rows:
        details = row.get("details")
        bundles = details.get("bundles") if row.get("act") == PRUNED and isinstance(details, dict) else None
        if isinstance(details, dict) and isinstance(bundles, list):
            words = f"pruned after export on {details.get('exported_at')}, verify the exported file with "
            found |= dict.fromkeys(bundles, f"{words}`stopwatch evidence verify --file` (sums {details.get('sums')})")
    return found


def _row(rows: list[Mapping[str, object]], acts: Iterable[str], ground: Ground) -> Mapping[str, object] | None:
    for row in rows:
        details = row.get("details")
        if str(row.get("act")) in set(acts) and isinstance(details, dict) and details.get("ground") == ground.id:
            return row
    return None


def _forgotten(decision: Decision, rows: list[Mapping[str, object]]) -> Iterator[Proof]:
    """Yield the openings that the audit tells of and the decision does not."""
    known = {ground.id for ground in decision.grounds}
    for row in rows:
        details = row.get("details")
        ground = details.get("ground") if row.get("act") in OPENS and isinstance(details, dict) else None
        if isinstance(ground, str) and ground not in known:
            sha256 = str(row["evidence"]) if row.get("evidence") else None
            yield Proof(ground, "opening", sha256, ("the audit records this ground, the decision has none such",))


def _opening(
    decision: Decision,
    ground: Ground,
    row: Mapping[str, object] | None,
    rows: list[Mapping[str, object]],
    body_of: Callable[[str], str | None],
) -> Proof:
    found = []
    if row is None:
        found.append("no audit row records this ground")
    elif row.get("evidence") != ground.evidence:
        found.append(f"the audit row names the bundle {row.get('evidence')}, the ground {ground.evidence}")
    bundle = _bundle(ground.evidence, body_of, found)
    if bundle is not None and ground.rule is not None:
        rule = bundle.get("rule")
        told = {
            "site": (bundle.get("site"), ground.site),
            "rule": (rule.get("id") if isinstance(rule, dict) else None, ground.rule),
            "opening slot": (bundle.get("opened_at"), rfc3339(ground.opened_at)),
            "change": (bundle.get("change"), "opened"),
        }
        found += _unequal(told)
    elif bundle is not None:
        found += _unequal(_said(decision, ground, bundle))
    reason = given_up(rows, ground.evidence) if ground.evidence is not None else None
    notes = (f"it has no appendix: {reason}",) if reason is not None else ()
    return Proof(ground.id, "opening", ground.evidence, tuple(found), notes=notes)


def _said(decision: Decision, ground: Ground, bundle: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """Return what a manual stop's bundle and its ground both tell; bundles of old do not say where it holds."""
    where = {"scope": (bundle["scope"], decision.scope)} if "scope" in bundle else {}
    when = (_instant(bundle.get("at")), rfc3339(ground.opened_at))
    return {"criterion": (bundle.get("criterion"), ground.criterion), "time": when, **where}


def _appendix(
    ground: Ground, rows: list[Mapping[str, object]], body_of: Callable[[str], str | None]
) -> Iterator[Proof]:
    """Yield the proof of the appendix of an opening, if it has one."""
    sha256 = appendix_of(rows, ground.evidence) if ground.evidence is not None else None
    if sha256 is None:
        return
    body = body_of(sha256)
    found, notes = verify_appendix(sha256, body, body_of) if body is not None else ([_ABSENT], [])
    yield Proof(ground.id, "appendix", sha256, tuple(found), notes=tuple(notes))


def _recovery(ground: Ground, row: Mapping[str, object] | None, body_of: Callable[[str], str | None]) -> Proof:
    if row is None:
        return Proof(ground.id, "recovery", None, ("no audit row records this recovery",))
    found: list[str] = []
    sha256 = str(row.get("evidence"))
    bundle = _bundle(sha256, body_of, found)
    if bundle is not None:
        ended = rfc3339(ground.recovered_at) if ground.recovered_at is not None else None
        told = {
            "opening it ends": (bundle.get("recovers"), ground.evidence),
            "recovery slot": (bundle.get("at"), ended),
            "change": (bundle.get("change"), "recovered"),
        }
        found += _unequal(told)
    return Proof(ground.id, "recovery", sha256, tuple(found))


def _rollback(decision: Decision, row: Mapping[str, object], body_of: Callable[[str], str | None]) -> Proof:
    found: list[str] = []
    sha256 = str(row.get("evidence"))
    bundle = _bundle(sha256, body_of, found)
    if bundle is not None:
        told = {
            "decision": (bundle.get("decision"), decision.id),
            "outcome": (bundle.get("outcome"), ROLLED_BACK[str(row["act"])]),
            "time": (_instant(bundle.get("at")), _instant(row.get("at"))),
        }
        found += _unequal(told)
    return Proof(None, "rollback", sha256, tuple(found))


def _instant(written: object) -> object:
    try:
        return rfc3339(instant_of(written))
    except ValueError:
        return written


def _bundle(sha256: str | None, body_of: Callable[[str], str | None], found: list[str]) -> Mapping[str, object] | None:
    """Return a bundle that can be read, noting in *found* whatever is wrong with it."""
    body = body_of(sha256) if sha256 is not None else None
    if sha256 is None or body is None:
        found.append(_ABSENT)
        return None
    found += verify_body(sha256, body)
    try:
        bundle = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return bundle if isinstance(bundle, dict) else None


def _unequal(told: Mapping[str, tuple[object, object]]) -> list[str]:
    return [
        f"{what}: the bundle says {bundle}, the record {record}"
        for what, (bundle, record) in told.items()
        if bundle != record
    ]
