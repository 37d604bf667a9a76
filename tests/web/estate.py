"""A rollout for the pages: any number of sites in every state, and one decision with evidence that proves itself."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import nan, sin

from stopwatch.core.course import Course
from stopwatch.core.decision import Decision, DecisionId, DecisionState
from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, RuleId, SiteId, Unit
from stopwatch.core.outbox import Message, MessageKind, OutboxRow, OutboxState
from stopwatch.core.phase import Phase
from stopwatch.core.rollout import Plan, RuleSet, Site
from stopwatch.core.rule import Combine, Criterion, Op, StopRule
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.core.status import OutboxStatus, RuleStatus, SiteStatus, StatusView
from stopwatch.core.story import Story
from tests.web.paused import BODIES, RECOVERY_SHA256, SAID_SHA256, SHA256, WINDOW, decision, ended
from tests.web.rollout_story import story
from tests.web.world import LIVE, FakeRecords, at

NOW = at(10, 21, 3)
NAMES = ("Hamburg", "Łódź", "Rotterdam", "Lyon", "Madrid", "Milano", "Wien", "Brno", "Gent", "Malmö")
MINUTE = timedelta(minutes=1)
KPIS = {
    KpiId("integration-5xx"): (Unit.RATIO, "Integration 5xx", Op.ABOVE, "0.05"),
    KpiId("label-success"): (Unit.RATIO, "Label success", Op.BELOW, "0.985"),
    KpiId("api-latency"): (Unit.SECONDS, "API p95 latency", Op.ABOVE, "0.8"),
    KpiId("orders"): (Unit.PER_SECOND, "Orders released", Op.BELOW, "2"),
    KpiId("blocked-users"): (Unit.COUNT, "Blocked users", Op.ABOVE, "10"),
}


def rules() -> tuple[StopRule, ...]:
    """One rule per KPI, each held for 15 minutes."""
    return tuple(
        StopRule(RuleId(kpi), Combine.ONE, (Criterion(kpi, op, Decimal(limit)),), WINDOW, 16)
        for kpi, (_, _, op, limit) in KPIS.items()
    )


def rule_set(sites: int) -> RuleSet:
    """A rollout of *sites* sites: one in the pilot, the others in two waves."""
    ids = [SiteId("ham-01"), *(SiteId(f"site-{number:03}") for number in range(2, sites + 1))]
    half = 1 + (sites - 1) // 2
    phases = {"pilot": ids[:1], "wave-1": ids[1:half], "wave-2": ids[half:]}
    plan = Plan(
        rollout="wms-4-12",
        phases=tuple(Phase(PhaseId(phase), tuple(members), timedelta(days=10)) for phase, members in phases.items()),
        sites={
            site: Site(
                site, NAMES[number % len(NAMES)], PhaseId(phase), "Europe/Berlin", site.upper(), on_call="wms-on-call"
            )
            for phase, members in phases.items()
            for number, site in enumerate(members)
        },
        sources={},
    )
    kpis = {kpi: Kpi(kpi, title, unit, Better.LOWER, f"{kpi}:now") for kpi, (unit, title, _, _) in KPIS.items()}
    return RuleSet(plan, kpis, dict.fromkeys(ids, rules()), "9f2c4e0b7f6d" + "0" * 52)


def status(sites: int, now: datetime = NOW) -> StatusView:
    """Most sites are well; some are not, each in its own way; the last one was never evaluated."""
    plan = rule_set(sites).plan
    every = list(plan.sites)
    odd = {
        0: (Reported.BREACHED, 0.074, 16, None, 22),
        1: (Reported.PENDING, 0.061, 11, None, 11),
        2: (Reported.NO_DATA, None, 0, Absence.LOW_VOLUME, 0),
        3: (Reported.ERROR, None, 3, None, 0),
    }
    found = []
    for number, site in enumerate(every[:-1]):
        state, value, filled, reason, since = odd.get(number, (Reported.OK, 0.011, 0, None, 0))
        first = RuleStatus(
            RuleId("integration-5xx"),
            state,
            reason=reason,
            value=value,
            newest_slot=now,
            threshold=0.05,
            breaching_slots=filled,
            required_slots=16,
            pending_since=now - timedelta(minutes=since) if since else None,
            coverage=0.9 if number == 1 else 1.0,
        )
        well = [
            RuleStatus(RuleId(kpi), Reported.OK, value=amount, newest_slot=now, threshold=float(KPIS[kpi][3]))
            for kpi, amount in zip(list(KPIS)[1:], (0.998, 0.231, 12.4, 0.0), strict=True)
        ]
        paused = number == 0
        found.append(
            SiteStatus(site, plan.sites[site].phase, state, paused, LIVE if paused else None, rules=(first, *well))
        )
    last = every[-1]
    return StatusView((*found, SiteStatus(last, plan.sites[last].phase)), last_evaluation=now - timedelta(seconds=12))


def courses(sites: int) -> dict[tuple[SiteId, RuleId], Sequence[Course]]:
    """Forty-five slots of every rule: calm ones that differ by site; a breach, a climb and two gaps."""
    found: dict[tuple[SiteId, RuleId], Sequence[Course]] = {}
    for number, site in enumerate(list(rule_set(sites).plan.sites)[:-1]):
        for place, (kpi, newest) in enumerate(zip(KPIS, (0.011, 0.998, 0.231, 12.4, 0.0), strict=True)):
            op, limit = KPIS[kpi][2], float(KPIS[kpi][3])
            away = (limit - newest) * 0.12
            values = [newest + away * sin((slot + 3 * number) * (0.5 + place / 7)) for slot in range(44)] + [newest]
            if place == 0 and number == 0:
                values[-16:] = [0.055 + 0.002 * (slot % 7) for slot in range(15)] + [0.074]
            if place == 0 and number == 1:
                values[-12:] = [0.052 + 0.001 * slot for slot in range(11)] + [0.061]
            if place == 0 and number in {2, 3}:
                values[-20:] = [nan] * 20
            breaching = [op.compare(value, limit) for value in values]
            found[site, RuleId(kpi)] = [Course(kpi, limit, values, breaching)]
    return found


@dataclass
class FakeEstate:
    """What pages show besides; *late* lets the clock run ahead; the ground of the decisions *recovered* is over."""

    sites: int = 6
    late: timedelta = timedelta(0)
    bodies: dict[str, str] = field(default_factory=lambda: dict(BODIES))
    forgotten: Sequence[tuple[str, str]] = ()
    led_by: str | None = None
    audit: Sequence[Mapping[str, object]] = ()
    recovered: Container[str] = ()
    more: Sequence[Decision] = ()

    def now(self) -> datetime:
        return NOW + self.late

    def rule_set(self) -> RuleSet:
        return rule_set(self.sites)

    def live(self) -> list[Decision]:
        return [decision(), *self.more]

    def outbox(self) -> OutboxStatus | None:
        return OutboxStatus({"slack": 2}, 1, NOW - timedelta(seconds=40), slack_up=True)

    def courses(self) -> Mapping[tuple[SiteId, RuleId], Sequence[Course]]:
        return courses(self.sites)

    def story(self) -> Story:
        return story()

    def waiting(self) -> Sequence[tuple[str, str]]:
        return self.forgotten

    def leader(self) -> str | None:
        return self.led_by

    def evidence(self, sha256: str) -> str | None:
        return self.bodies.get(sha256)

    def history(self, decision: DecisionId) -> list[Mapping[str, object]]:
        if self.audit:
            return list(self.audit)
        opened = {"act": "decision.open", "evidence": SHA256, "details": {"ground": "integration-5xx@20261121T1014Z"}}
        said = {"act": "pause", "evidence": SAID_SHA256, "details": {"ground": "operational-blocker@20261121T1020Z"}}
        ended = {**opened, "act": "ground.recover", "evidence": RECOVERY_SHA256}
        told = (opened, said, ended) if decision in self.recovered else (opened, said)
        return [{"decision": decision, **row} for row in told]

    def pending_beside(self, decision: Decision) -> Sequence[tuple[str, datetime | None]]:
        return [("api-latency", at(10, 12))]

    def messages(self, decision: DecisionId) -> list[OutboxRow]:
        card = Message("k/root", MessageKind.ROOT, "C0PILOT", LIVE, 1)
        late = Message("k/act/1", MessageKind.ACT, "C0PILOT", LIVE, 2)
        return [
            OutboxRow(card, OutboxState.SENT, 1, at(10, 15, 1), at(10, 15, 1), sent_at=at(10, 15, 2), ts="1.1"),
            OutboxRow(late, OutboxState.PENDING, 2, at(10, 16, 21), at(10, 16, 40)),
        ]


@dataclass
class EstateRecords(FakeRecords):
    """The pause above and one that has ended; the database fails after *patience* looks at the list."""

    patience: int = 1_000_000
    more: Sequence[Decision] = ()
    now: Decision | None = None

    def decisions(self, state: DecisionState | None, site: SiteId | None) -> list[Decision]:
        self.patience -= 1
        self.locked = self.locked or self.patience < 0
        self._open()
        return [
            one
            for one in (ended(), self.now or decision(), *self.more)
            if state in {None, one.state} and site in {None, one.scope}
        ]


@dataclass
class EstateBoard:
    """A board of *sites* sites, of which those in *worse* have come to be breached."""

    sites: int = 6
    worse: frozenset[str] = frozenset()

    def status(self) -> StatusView:
        view = status(self.sites)
        return replace(
            view,
            sites=tuple(
                replace(site, state=Reported.BREACHED) if site.site in self.worse else site for site in view.sites
            ),
        )
