"""The links of the chain: from what the scenario saw to one verdict each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stopwatch.demo.runner.seen import GateAnswer, Moment, Seen

_SITES = 6
_LINKS = {"dashboard", "logs", "runbook"}
_OK = 200
_CHART = "image"


@dataclass(frozen=True, slots=True)
class Check:
    """One link: what must hold, whether it does, and what was seen instead."""

    name: str
    good: bool
    detail: str = ""


def checks(seen: Seen) -> list[Check]:
    """Judge every link, in the order in which the scenario went."""
    return [*_of_the_start(seen), *_of_the_pause(seen), *_of_the_gates(seen), *_of_the_acts(seen), *_of_the_end(seen)]


def ended_well(exit_code: int | None) -> Check:
    """Judge how the daemon answered SIGTERM."""
    return Check("the daemon ended by itself when it was told to", exit_code == 0, f"exit code {exit_code}")


def same_breaches(replay: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]) -> Check:
    """Compare what a replay of the span finds with the grounds that were opened live: site, rule and instant."""
    replayed = {(breach["site"], breach["rule"], breach["opened_at"]) for breach in replay.get("breaches", [])}
    live = {
        (decision["site"], ground["rule"], ground["opened_at"])
        for decision in decisions
        for ground in decision["grounds"]
    }
    detail = f"only replayed {sorted(replayed - live)}, only live {sorted(live - replayed)}"
    return Check(
        "a replay of the same span opens the same grounds at the same seconds", replayed == live != set(), detail
    )


def _of_the_start(seen: Seen) -> Iterator[Check]:
    yield Check(
        "a real Prometheus remembers what the sites did before it started",
        seen.history_sites == _SITES,
        f"{seen.history_sites} of {_SITES} sites",
    )
    yield Check(
        "before the fault nothing is paused and every gate is open",
        not seen.before.decisions and _all_open(seen.before.gates.values()),
        f"decisions {_ids(seen.before)}, gates {_told(seen.before.gates)}",
    )


def _of_the_pause(seen: Seen) -> Iterator[Check]:
    paused = [decision for decision in seen.during.decisions if decision["paused"]]
    grounds = [(decision["site"], ground["rule"]) for decision in paused for ground in decision["grounds"]]
    yield Check(
        f"the fault opened one decision: {seen.site} is paused, on the ground of {seen.rule}",
        len(seen.during.decisions) == 1 and (seen.site, seen.rule) in grounds,
        f"decisions {_ids(seen.during)}, grounds {grounds}",
    )
    told = [message for message in seen.during.messages if _kind(message) != _CHART]
    first = told[0]["text"] if told else ""
    yield Check(
        "its card reached the channel, and the push line says which site and why",
        first.startswith(f"PAUSED {seen.site}") and len(told) == 1,
        f"{len(told)} messages, the first says {first!r}",
    )
    yield Check(
        "dashboard, logs and runbook are linked, and every link answers",
        set(seen.links) >= _LINKS and set(seen.links.values()) == {_OK},
        f"answers {dict(seen.links)}",
    )
    on_card = _addresses(seen.during.messages)
    linked = {link["url"] for decision in paused for ground in decision["grounds"] for link in ground["links"]}
    yield Check(
        "the card carries these links", bool(linked) and linked <= on_card, f"missing {sorted(linked - on_card)}"
    )
    yield Check(
        "the metric of the pause said 0, 1, 0",
        [moment.paused_metric for moment in (seen.before, seen.during, seen.after)] == [0.0, 1.0, 0.0],
        f"it said {[moment.paused_metric for moment in (seen.before, seen.during, seen.after)]}",
    )


def _of_the_gates(seen: Seen) -> Iterator[Check]:
    during = seen.during.gates
    yield Check(
        f"the gate of {seen.site} was closed: exit code 1, and 409 from the API",
        during[seen.site].is_closed,
        _told({seen.site: during[seen.site]}),
    )
    barred = {site: during[site] for site in seen.barred}
    free = {site: gate for site, gate in during.items() if site not in {seen.site, *seen.barred}}
    if barred:
        yield Check(
            "so were the gates of every site of later phases",
            all(gate.is_closed for gate in barred.values()),
            _told(barred),
        )
    if free:
        yield Check("no other gate was closed", _all_open(free.values()), _told(free))
    yield Check(
        "after the resume every gate is open again: exit code 0, and 200",
        _all_open(seen.after.gates.values()),
        _told(seen.after.gates),
    )


def _of_the_acts(seen: Seen) -> Iterator[Check]:
    yield Check("acknowledge was accepted", seen.acknowledge.exit_code == 0, seen.acknowledge.said)
    yield Check(
        "resume was refused while the breach held, with exit code 1",
        seen.early_resume.exit_code == 1,
        f"exit code {seen.early_resume.exit_code}: {seen.early_resume.said}",
    )
    yield Check("resume was accepted after the recovery", seen.resume.exit_code == 0, seen.resume.said)
    acts = [[act["act"] for act in decision["acts"]] for decision in seen.after.decisions]
    states = [decision["state"] for decision in seen.after.decisions]
    yield Check(
        "the record holds exactly these acts, and the decision is resumed",
        (acts, states) == ([["acknowledge", "resume"]], ["resumed"]),
        f"acts {acts}, states {states}",
    )


def _of_the_end(seen: Seen) -> Iterator[Check]:
    roots = [message for message in seen.after.messages if message["thread_ts"] in {None, message["ts"]}]
    yield Check("Slack holds one card for the decision, not two", len(roots) == 1, f"{len(roots)} cards")
    told = roots[0]["text"] if roots else ""
    yield Check("the card now says that the site was resumed", told.startswith(f"RESUMED {seen.site}"), told)
    thread = [_kind(message) for message in seen.after.messages if message not in roots]
    charts, items = thread.count(_CHART), [kind for kind in thread if kind != _CHART]
    yield Check(
        "its thread tells acknowledge, recovery and resume, once each",
        items == ["act", "recovered", "act"],
        f"it tells {items}",
    )
    yield Check("its thread shows the chart of the breach, once", charts == 1, f"it shows {charts} charts")
    waiting = [row["key"] for row in seen.outbox if row["state"] != "sent"]
    yield Check("nothing waits to be sent", not waiting and bool(seen.outbox), f"waiting: {waiting}")
    yield Check("nothing was asked of Slack that Slack would refuse", not seen.violations, "; ".join(seen.violations))
    yield Check("the daemon's log tells of no error", not seen.log_errors, " | ".join(seen.log_errors[:3]))
    yield same_breaches(seen.replay, seen.after.decisions)
    yield Check("the audit chain fits, row by row", seen.audit.exit_code == 0, seen.audit.said)


def _addresses(messages: Sequence[Mapping[str, Any]]) -> set[str]:
    blocks = [block for message in messages for block in message["blocks"]]
    return {element["url"] for block in blocks for element in block.get("elements", []) if "url" in element}


def _kind(message: Mapping[str, Any]) -> str:
    return str(((message["metadata"] or {}).get("event_payload") or {}).get("kind", "without metadata"))


def _all_open(gates: Iterable[GateAnswer]) -> bool:
    return all(gate.is_open for gate in gates)


def _told(gates: Mapping[str, GateAnswer]) -> str:
    return ", ".join(f"{site}: exit {gate.exit_code}, HTTP {gate.status}" for site, gate in gates.items())


def _ids(moment: Moment) -> list[str]:
    return [decision["id"] for decision in moment.decisions]
