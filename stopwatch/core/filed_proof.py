"""Whether a filed decision proves itself: its sums, its bundles, its audit rows, and that they tell the same story."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from stopwatch.core.appendix import is_appendix, verify_appendix
from stopwatch.core.audit import chain_hash
from stopwatch.core.evidence import verify_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SUMS = "SHA256SUMS"
_BUNDLES = "evidence/"


def verify_filed(files: Mapping[str, bytes]) -> list[str]:
    """
    Return what is wrong with the files of an export, by their path in it; nothing if everything proves itself.

    What it cannot tell is whether somebody made a whole other export: for that, hold an evidence hash or the audit head
    against one that was told elsewhere, such as on the card in Slack.
    """
    found = _sums(files)
    bundles = {path.removeprefix(_BUNDLES).removesuffix(".json") for path in files if path.startswith(_BUNDLES)}

    def body_of(sha256: str) -> str | None:
        body = files.get(f"{_BUNDLES}{sha256}.json")
        return body.decode("utf-8", "surrogateescape") if body is not None else None

    for sha256 in sorted(bundles):
        found += [f"evidence {sha256[:12]}: {told}" for told in _verify(sha256, body_of)]
    rows, broken = _rows(files)
    found += broken
    found += _told(rows, bundles, files)
    return found


def _verify(sha256: str, body_of: Callable[[str], str | None]) -> list[str]:
    body = body_of(sha256) or ""
    found = verify_body(sha256, body)
    if found:
        return found
    return verify_appendix(sha256, body, body_of)[0] if is_appendix(json.loads(body)) else []


def _sums(files: Mapping[str, bytes]) -> list[str]:
    if SUMS not in files:
        return [f"there is no {SUMS}"]
    found, listed = [], set[str]()
    for line in files[SUMS].decode("utf-8", "replace").splitlines():
        sha256, _, path = line.partition("  ")
        listed.add(path)
        if path not in files:
            found.append(f"{path} is missing")
        elif hashlib.sha256(files[path]).hexdigest() != sha256:
            found.append(f"{path} was changed after it was filed")
    return found + [f"{path} does not belong to it" for path in sorted(files.keys() - listed - {SUMS})]


def _rows(files: Mapping[str, bytes]) -> tuple[list[Mapping[str, object]], list[str]]:
    rows: list[Mapping[str, object]] = []
    found: list[str] = []
    for number, line in enumerate(files.get("audit.jsonl", b"").decode("utf-8", "replace").splitlines(), start=1):
        try:
            row = json.loads(line)
            body = {name: value for name, value in row.items() if name not in {"previous", "hash"}}
            if chain_hash(row["previous"], body) != row["hash"]:
                found.append(f"audit row {number} does not have the hash it says")
            rows.append(row)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            found.append(f"audit row {number} cannot be read: {type(error).__name__}")
    return rows, found


def _told(rows: Iterable[Mapping[str, object]], bundles: set[str], files: Mapping[str, bytes]) -> list[str]:
    """Compare what the audit rows and the decision name with the bundles that are there."""
    named = {str(row["evidence"]) for row in rows if row.get("evidence")}
    found = [f"the audit names the bundle {sha256[:12]}, which is not here" for sha256 in sorted(named - bundles)]
    found += [f"no audit row names the bundle {sha256[:12]}" for sha256 in sorted(bundles - named)]
    try:
        decision = json.loads(files.get("decision.json", b""))
        grounds = [(str(ground["id"]), ground["evidence"]) for ground in decision["grounds"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        return [*found, f"decision.json cannot be read: {type(error).__name__}"]
    if not grounds:
        found.append("the decision has no ground")
    return found + [
        f"ground {ground} names no bundle that the audit knows" for ground, own in grounds if own not in named
    ]
