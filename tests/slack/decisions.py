"""Decisions in every state, as the store would give them, for the tests of cards and threads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.acts import ActRequest, SiteSight, perform
from stopwatch.core.decision import Act, Decision, DecisionId, Ground, GroundId, GroundKind, Happening, Link
from stopwatch.core.drill import end_drill
from stopwatch.core.kpi import PhaseId, RuleId, SiteId
from stopwatch.core.opening import Scope, happen, join, open_decision, recover
from stopwatch.core.outbox import Message, MessageKind, root_key, thread_key
from stopwatch.core.rollback_clock import RollbackClock

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNEL = "C0HYPERCARE"
OPENED = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
HAM = SiteId("ham-01")
PILOT = PhaseId("pilot")
SCOPE = Scope("ham-01", HAM, PILOT)
ID = DecisionId("ham-01-20261121T1015Z")

SUMMARY: Mapping[str, object] = {
    "kpi": "integration_5xx",
    "kpi_title": "Integration 5xx",
    "unit": "ratio",
    "op": ">",
    "threshold": 0.05,
    "recover_threshold": 0.04,
    "value": 0.0741,
    "held_seconds": 900.0,
    "samples_used": 15,
    "samples_expected": 16,
    "m": 16,
    "n": 16,
    "window_text": "every slot of 15 min",
    "site_name": "Hamburg",
    "phase": "pilot",
    "severity": "page",
    "on_call": "U0ANNA",
    "rule_hash": "9f2c77a1d0b34e55",
    "go_live": "2026-11-20T06:00:00Z",
    "baseline": 0.004,
    "other_sites": [{"site": "ber-02", "value": 0.0041}, {"site": "muc-01", "value": 0.003}],
    "effect": "Orders are accepted, but their confirmations reach the shop late or never.",
    "data_age_seconds": 75.0,
}
LINKS = (
    Link("dashboard", "https://grafana.example/d/hypercare?var-site=ham-01&from=1"),
    Link("logs", "https://logs.example/?q=ham-01"),
    Link("runbook", "https://wiki.example/runbooks/integration"),
)


def rule_ground(**changes: object) -> Ground:
    """A ground of the rule on integration errors; *changes* replace its fields."""
    ground = Ground(
        id=GroundId("integration-5xx@20261121T1015Z"),
        kind=GroundKind.RULE,
        site=HAM,
        rule=RuleId("integration-5xx"),
        criterion=None,
        opened_at=OPENED,
        recorded_at=OPENED + timedelta(seconds=75),
        pending_since=OPENED - timedelta(minutes=15),
        evidence="ab" * 32,
        links=LINKS,
        summary=SUMMARY,
    )
    return replace(ground, **changes)  # type: ignore[arg-type]  # fields are named by the tests


def manual_ground() -> Ground:
    """An operational blocker that the warehouse lead declared."""
    return Ground(
        id=GroundId("operational-blocker@20261121T1031Z"),
        kind=GroundKind.MANUAL,
        site=HAM,
        rule=None,
        criterion="operational-blocker",
        opened_at=OPENED + timedelta(minutes=16),
        recorded_at=OPENED + timedelta(minutes=16),
        links=(Link("ticket", "https://tickets.example/OPS-77"),),
        summary={"reason": "Conveyor B stands still, 40 parcels wait", "actor": "cli:lena", "site_name": "Hamburg"},
    )


def opened(ground: Ground | None = None) -> Decision:
    """A fresh decision."""
    return open_decision(ID, "wms-4-12", SCOPE, ground or rule_ground())


def drilled() -> Decision:
    """A drill that has just begun."""
    facts = {
        "reason": "nothing is wrong; answer as if something were",
        "actor": "cli:bo",
        "drill": True,
        "site_name": "Hamburg",
    }
    ground = replace(manual_ground(), criterion="drill", links=(), summary=facts)
    scope = Scope("_drill:ham-01", HAM, PILOT)
    return open_decision(DecisionId("drill-ham-01-20261121T1031Z"), "wms-4-12", scope, ground)


def acted(decision: Decision, act: Act, minutes: int, **fields: object) -> Decision:
    """The decision after a person's act, so many minutes after the opening."""
    request = ActRequest(act=act, **({"actor": "cli:anna", "reason": "deploy 4.12.3 fixed it"} | fields))  # type: ignore[arg-type]  # fields are named by the tests
    now = OPENED + timedelta(minutes=minutes)
    return perform(decision, request, now=now, sight=SiteSight(), override_max=timedelta(hours=4))


def recovered(decision: Decision) -> Decision:
    """The decision with its first ground recovered after 40 minutes."""
    return recover(decision, decision.grounds[0].id, OPENED + timedelta(minutes=40))


def overridden() -> Decision:
    """A decision overridden for two hours."""
    until = OPENED + timedelta(minutes=128)
    return acted(opened(), Act.OVERRIDE, 8, category="accepted-risk", until=until, reason="peak hour; shop retries")


def rolled_back() -> Decision:
    """A decision whose release was rolled back."""
    versions = {"what": "release", "from_version": "4.12.0", "to_version": "4.11.7"}
    return acted(acted(opened(), Act.CONFIRM, 4), Act.ROLL_BACK, 12, reason="5xx since the update", **versions)


CLOCK = RollbackClock(
    hold=timedelta(minutes=30),
    until=OPENED + timedelta(minutes=132),
    seen_to=OPENED + timedelta(minutes=40),
    inside_since=OPENED + timedelta(minutes=28),
)
"""Inside its band for twelve of thirty minutes."""


def flagged() -> Decision:
    """A rollback that did not help."""
    return happen(rolled_back(), Happening.ROLLBACK_FLAGGED, now=OPENED + timedelta(hours=2), reason="not back in time")


def every_card() -> dict[str, Decision]:
    """A decision for every state, and the cards that differ within a state, by name."""
    late = OPENED + timedelta(minutes=50)
    over = replace(
        rule_ground(),
        detected_late=True,
        recorded_at=late,
        recovered_at=OPENED + timedelta(minutes=25),
        summary={**SUMMARY, "over_since": "2026-11-21T10:40:00Z"},
    )
    wide = replace(
        manual_ground(), site=None, criterion="sev1", summary={"reason": "WMS is down", "actor": "api:pager"}
    )
    quiet = rule_ground(summary={**SUMMARY, "severity": "notify"})
    acknowledged = acted(opened(), Act.ACKNOWLEDGE, 2)
    verified = happen(rolled_back(), Happening.ROLLBACK_VERIFIED, now=OPENED + timedelta(hours=1), reason="in band")
    ended = recovered(overridden())
    return {
        "open": opened(),
        "open_two_grounds": join(opened(), manual_ground(), now=OPENED + timedelta(minutes=16)),
        "open_found_late_and_over": opened(over),
        "open_quiet": opened(quiet),
        "open_manual": open_decision(ID, "wms-4-12", SCOPE, manual_ground()),
        "open_everywhere": open_decision(
            DecisionId("_all-20261121T1031Z"), "wms-4-12", Scope("_all", None, None), wide
        ),
        "open_recovered": recovered(opened()),
        "open_again": join(overridden(), manual_ground(), now=OPENED + timedelta(minutes=16)),
        "open_bare_facts": opened(rule_ground(summary=None, links=())),
        "open_drill": drilled(),
        "acknowledged_drill": acted(drilled(), Act.ACKNOWLEDGE, 2),
        "closed_drill": acted(acted(drilled(), Act.ACKNOWLEDGE, 2), Act.CLOSE, 5, reason="seen by all"),
        "acknowledged": acknowledged,
        "confirmed": acted(acknowledged, Act.CONFIRM, 6),
        "overridden": overridden(),
        "rolled_back": rolled_back(),
        "rolled_back_clock": replace(rolled_back(), clock=CLOCK),
        "flagged": flagged(),
        "resumed": acted(recovered(acknowledged), Act.RESUME, 45),
        "resumed_by_time": happen(
            ended, Happening.OVERRIDE_ENDED_CLEAR, now=OPENED + timedelta(minutes=128), reason="the override ended"
        ),
        "dismissed": acted(acknowledged, Act.DISMISS, 9, category="false_alarm", reason="load test by the shop team"),
        "verified": verified,
        "closed": acted(flagged(), Act.CLOSE, 300, reason="moved to incident INC-12"),
    }


def root(decision: Decision) -> Message:
    """The message of a card."""
    return Message(root_key(decision.id, CHANNEL), MessageKind.ROOT, CHANNEL, decision.id, decision.rev)


def item(decision: Decision, kind: MessageKind, what: str, body: Mapping[str, object]) -> Message:
    """A thread item."""
    return Message(thread_key(decision.id, kind, what, CHANNEL), kind, CHANNEL, decision.id, decision.rev, body)


def every_item() -> dict[str, tuple[Message, Decision | None]]:
    """A message of every kind that is written today, with the decision as it stands, by name."""
    two = join(opened(), manual_ground(), now=OPENED + timedelta(minutes=16))
    manual = {"ground": manual_ground().id, "opened_at": "2026-11-21T10:31:00Z", **(manual_ground().summary or {})}
    recovery = {"ground": rule_ground().id, "recovered_at": "2026-11-21T10:55:00Z"}
    linked = acted(opened(), Act.ATTACH, 3, links=(Link("ticket", "https://tickets.example/OPS-77"),), reason=None)
    ended = end_drill(acted(drilled(), Act.ACKNOWLEDGE, 2), "the time of the drill is up", now=OPENED)
    acts = {name: card for name, card in every_card().items() if card.acts}
    items: dict[str, tuple[Message, Decision | None]] = {
        "ground": (item(two, MessageKind.GROUND, manual_ground().id, manual), two),
        "recovered": (item(two, MessageKind.RECOVERED, rule_ground().id, recovery), recovered(two)),
        "recovered_all": (item(opened(), MessageKind.RECOVERED, rule_ground().id, recovery), recovered(opened())),
        "act_drill_ended": (item(ended, MessageKind.ACT, "2", act_body(ended)), ended),
        "act_attach": (item(linked, MessageKind.ACT, "1", act_body(linked)), linked),
    }
    for name, card in acts.items():
        items[f"act_{name}"] = (item(card, MessageKind.ACT, str(len(card.acts)), act_body(card)), card)
    waited = [
        {"kind": message.kind.value, "body": dict(message.body)}
        for message, _ in (items["ground"], items["act_acknowledged"], items["recovered"])
    ]
    summary = {"items": waited, "since": "2026-11-21T10:31:00Z", "until": "2026-11-21T19:20:00Z"}
    items["summary"] = (item(two, MessageKind.SUMMARY, "1", summary), two)
    return items


def act_body(decision: Decision) -> dict[str, object]:
    """The facts of the newest act, as they are put into the outbox."""
    newest = decision.acts[-1]
    return {
        "act": newest.act,
        "actor": newest.actor,
        "at": newest.at.isoformat().replace("+00:00", "Z"),
        "reason": newest.reason,
        "state": decision.state.value,
        **newest.details,
    }
