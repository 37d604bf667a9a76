"""``stopwatch evidence``: what a decision was judged by, whether it still proves itself, and how to file it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopwatch.cli.nearest import NearestGroup
from stopwatch.cli.terms import (
    FINDING,
    UNUSABLE,
    actor_of,
    config_option,
    leave,
    now,
    open_store_only,
    refusals_as_exit_codes,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import Decision
    from stopwatch.store.records import SqlReader
    from stopwatch.store.sql import SqlStore

_LARGEST = 200_000_000
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same decision gives the same bytes, whenever it is exported."""


@click.group("evidence", cls=NearestGroup, epilog="Example: stopwatch evidence show ham-01-20261121T1015Z")
def command() -> None:
    """Show, verify or export the frozen evidence of a decision."""


@command.command("show")
@click.argument("decision", metavar="ID")
@config_option
@refusals_as_exit_codes
def show(decision: str, config: str | None) -> None:
    """
    Write every ground's evidence bundle as JSON: samples, classes, the resolved rule, queries and the verdict.

    Where three windows were not read yet when the ground opened, its appendix holds the rest, or the reason why not.
    A ground that recovered has the bundle of that beside it, a decision that was rolled back the one of its verdict.
    """
    from stopwatch.core.appendix import appendix_of, given_up
    from stopwatch.core.proof import ROLLED_BACK, recovery_of

    with open_store_only(config) as store, store.reading() as view:
        found = _known(view, decision)
        rows = [row.body for row in view.audit_of(found.id)]
        bundles = []
        for ground in found.grounds:
            of = ground.evidence or ""
            later, reason = appendix_of(rows, of), given_up(rows, of)
            told = {"sha256": None, "reason": reason} if reason is not None else None
            appendix = {"sha256": later, **_stored(view, later)} if later is not None else told
            first = {"ground": ground.id, "sha256": ground.evidence, **_stored(view, ground.evidence)}
            ended = recovery_of(rows, ground)
            recovery = {"sha256": ended, **_stored(view, ended)} if ended is not None else None
            bundles.append({**first, "appendix": appendix, "recovery": recovery})
        judged = [str(row["evidence"]) for row in rows if row.get("act") in ROLLED_BACK and row.get("evidence")]
        rollbacks = [{"sha256": sha256, **_stored(view, sha256)} for sha256 in judged]
    write_json({"decision": found.id, "grounds": bundles, "rollbacks": rollbacks})


def _stored(view: SqlReader, sha256: str | None) -> dict[str, object]:
    """Return a bundle as it is stored, or what is left of it."""
    from stopwatch.core.grid import rfc3339

    body = view.evidence(sha256) if sha256 else None
    left = view.pruned(sha256) if sha256 and body is None else None
    if left is None:
        return {"bundle": json.loads(body) if body else None}
    told = {"pruned_at": rfc3339(left.at), "exported_at": rfc3339(left.exported_at), "sums": left.sums}
    return {"bundle": None, **told, "head": json.loads(left.head)}


@command.command(
    "verify",
    epilog="Examples: stopwatch evidence verify ham-01-20261121T1015Z · stopwatch evidence verify --file filed.zip",
)
@click.argument("decision", metavar="ID", required=False)
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, exists=True),
    help="Verify this exported folder or zip instead; no database is needed.",
)
@config_option
@refusals_as_exit_codes
def verify(decision: str | None, file: Path | None, config: str | None) -> None:
    """Compute hashes, limits, classes and verdicts anew from what is stored alone; exit code 1 names what differs."""
    if (decision is None) == (file is None):
        leave("give the ID of a decision, or --file with what was exported of it", UNUSABLE)
    if file is not None:
        _verify_file(file)
    elif decision is not None:
        _verify_stored(decision, config)


def _verify_file(file: Path) -> None:
    from stopwatch.core.filed_proof import verify_filed

    try:
        files = _read(file)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        leave(f"cannot read {file}: {error}", UNUSABLE)
    findings = verify_filed(files)
    for finding in findings:
        click.echo(finding)
    if findings:
        leave(f"{file} does not prove itself", FINDING)
    bundles = sum(1 for path in files if path.startswith("evidence/"))
    click.echo(f"{file}: {len(files)} files and {bundles} bundles prove themselves")


def _read(file: Path) -> dict[str, bytes]:
    """
    Return the files of an exported folder or zip by their path in it.

    Raises:
        ValueError: It is larger than any export is.

    """
    if file.is_dir():
        places = [path for path in file.rglob("*") if path.is_file()]
        if sum(path.stat().st_size for path in places) > _LARGEST:
            raise ValueError("it is larger than any export is")
        return {path.relative_to(file).as_posix(): path.read_bytes() for path in places}
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > _LARGEST:
            raise ValueError("it is larger than any export is")
        return {entry.filename.partition("/")[2]: archive.read(entry) for entry in entries}


def _verify_stored(decision: str, config: str | None) -> None:
    from stopwatch.core.proof import prove

    with open_store_only(config) as store:
        broken = store.verify_audit()
        with store.reading() as view:
            proofs = prove(_known(view, decision), [row.body for row in view.audit_rows()], view.evidence)
    for proof in proofs:
        standing = "differs" if proof.findings else proof.pruned or "proven"
        click.echo(f"{proof.ground or decision} {proof.kind} {proof.sha256}: {standing}")
        for told in (*proof.findings, *proof.notes):
            click.echo(f"  {told}")
    if broken is not None:
        click.echo(f"audit row {broken} does not fit the chain: it or a row before it was changed")
    wrong = sum(1 for proof in proofs if proof.findings)
    if wrong or broken is not None:
        leave(f"{wrong} of {len(proofs)} bundles do not prove themselves", FINDING)
    pruned = sum(1 for proof in proofs if proof.pruned)
    if pruned:
        own = len(proofs) - pruned
        click.echo(f"{decision}: {own} of {len(proofs)} bundles prove themselves, {pruned} were pruned after an export")
        return
    click.echo(f"{decision}: all {len(proofs)} bundles prove themselves")


@command.command("export", epilog="Example: stopwatch evidence export ham-01-20261121T1015Z --to filed.zip")
@click.argument("decision", metavar="ID")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="A folder that does not exist yet, or a file that ends in .zip (default: a folder named by the decision).",
)
@click.option("--actor", help="Who exports it (default: the operating system's user).")
@config_option
@refusals_as_exit_codes
def export(decision: str, to: Path | None, actor: str | None, config: str | None) -> None:
    """
    Write one folder or zip that is readable without stopwatch: page, charts, bundles, audit rows and their sums.

    The export is audited with the hash of its sums: once the decision is over, that is what STOPWATCH_RETENTION waits
    for before samples are let go.
    """
    from stopwatch.web.filing import filed

    with open_store_only(config) as store, store.reading() as view:
        found = _known(view, decision)
        _refuse_pruned(view, found)
        rows = [{"previous": row.previous, "hash": row.hash, **row.body} for row in view.audit_of(found.id)]
        files = filed(found, rows, view.evidence, view.messages(found.id))
    target = to or Path(found.id)
    try:
        _write(target, found.id, files)
    except OSError as error:
        leave(f"cannot write {target}: {error.strerror or error}", UNUSABLE)
    with open_store_only(config) as store:
        _audit_export(store, found, files, actor)
    click.echo(f"{target}: {len(files)} files")


def _refuse_pruned(view: SqlReader, decision: Decision) -> None:
    """End where samples were let go: an export of what is left would pass for a whole one."""
    for ground in decision.grounds:
        left = view.pruned(ground.evidence) if ground.evidence else None
        if left is not None:
            words = f"{decision.id} was pruned after its export on {left.exported_at:%Y-%m-%d %H:%M} UTC"
            leave(f"{words}; copy that export instead (SHA-256 of its SHA256SUMS: {left.sums})", FINDING)


def _audit_export(store: SqlStore, decision: Decision, files: Mapping[str, bytes], actor: str | None) -> None:
    from stopwatch.core.filed_proof import SUMS
    from stopwatch.core.records import AuditEntry
    from stopwatch.core.retention import EXPORTED

    details = {"sums": hashlib.sha256(files[SUMS]).hexdigest(), "files": len(files)}
    with store.writing() as tx:
        tx.audit(AuditEntry(now(), actor_of(actor), "cli", EXPORTED, decision.id, details=details))


def _write(target: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write *files* to a new folder or zip; what is already there is never overwritten."""
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
        return
    target.mkdir(parents=True)
    for path, content in files.items():
        place = target / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)


def _known(view: SqlReader, decision: str) -> Decision:
    from stopwatch.core.decision import DecisionId
    from stopwatch.core.errors import DecisionNotFoundError

    found = view.decision(DecisionId(decision))
    if found is None:
        raise DecisionNotFoundError(f"no decision {decision}; `stopwatch decisions list` shows all")
    return found
