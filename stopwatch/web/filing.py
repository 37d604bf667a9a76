"""A decision as a folder that outlives stopwatch: page, charts, bundles, audit rows, and the sums to check them by."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from stopwatch.core.filed_proof import SUMS
from stopwatch.core.retention import EXPORTED, PRUNED
from stopwatch.core.wire import decision_json
from stopwatch.web.charts.raster import png
from stopwatch.web.pages.decision_view import decision_view
from stopwatch.web.pages.rendering import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import OutboxRow
    from stopwatch.web.pages.decision_view import DecisionView

README = """\
{id}

index.html       what happened, readable in any browser; nothing is loaded from elsewhere
charts/          the same charts as SVG and as PNG
evidence/        the frozen bundles; each file is named by its own SHA-256
links.txt        dashboards, logs, runbooks, graphs and tickets, with the times of the breach; they may have rotted
decision.json    the decision with its grounds, links and acts
audit.jsonl      the rows of the audit chain that name it; `hash` covers `previous` and the canonical JSON of the rest
SHA256SUMS       check everything here with: sha256sum --check SHA256SUMS

With stopwatch at hand, `stopwatch evidence verify --file .` also computes every verdict anew from these files alone.

A bundle holds the samples, the resolved rule, the queries and the verdict. Values are in the KPI's own unit, null where
Prometheus had no point; `classes` has one letter a slot: B breaching, C clear, M missing, L too few events.
An appendix ("kind": "appendix") holds the slots of the same three windows that were read only later; `of` is the hash
of the bundle it belongs to, which is what was judged and never changes.
"""


def filed(
    decision: Decision,
    rows: Sequence[Mapping[str, object]],
    body_of: Callable[[str], str | None],
    messages: Sequence[OutboxRow] = (),
) -> dict[str, bytes]:
    """
    Return the files of a decision's folder by their path in it.

    Args:
        decision: The decision.
        rows: Its audit rows, each with ``previous`` and ``hash`` beside its body; those that tell of exports are left
            out, so that every export is the same.
        body_of: The stored text of a bundle by its hash.
        messages: What was sent, or waits to be sent, about it.

    """
    rows = [row for row in rows if row.get("act") not in {EXPORTED, PRUNED}]
    view = decision_view(decision, rows, body_of, messages)
    files = {
        "README.txt": README.format(id=decision.id),
        "index.html": Templates().filed("decision.html", {"view": view, "forms": [], "complaint": ""}),
        "links.txt": _links(decision),
        "decision.json": json.dumps(decision_json(decision), indent=2, ensure_ascii=False) + "\n",
        "audit.jsonl": "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows),
    }
    for proof in view.proofs:
        body = body_of(proof.sha256) if proof.sha256 is not None else None
        if body is not None:
            files[f"evidence/{proof.sha256}.json"] = body
    whole = {path: text.encode() for path, text in files.items()} | _charts(view)
    sums = [f"{hashlib.sha256(content).hexdigest()}  {path}" for path, content in sorted(whole.items())]
    return whole | {SUMS: ("\n".join(sums) + "\n").encode()}


def _charts(view: DecisionView) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, ground in enumerate(view.grounds, 1):
        shown = [
            ("", ground.bundle),
            ("-appendix", ground.appendix.whole if ground.appendix is not None else None),
            ("-recovery", ground.recovery.whole if ground.recovery is not None else None),
        ]
        for which, bundle in shown:
            for place, svg in enumerate(bundle.svgs("chart") if bundle is not None else [], 1):
                name = f"charts/{number}-{place}-{ground.id.partition('@')[0]}{which}"
                found |= {f"{name}.svg": svg.encode(), f"{name}.png": png(svg)}
    return found


def _links(decision: Decision) -> str:
    """Return every link of the grounds and of what people attached, one a line: of what, kind, address."""
    lines = [f"{ground.id}\t{link.kind}\t{link.url}" for ground in decision.grounds for link in ground.links]
    for act in decision.acts:
        attached = act.details.get("links")
        lines += [
            f"{act.act} by {act.actor}\t{each.get('kind')}\t{each.get('url')}"
            for each in (attached if isinstance(attached, list | tuple) else ())
            if isinstance(each, dict)
        ]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines)) or "none\n"
