"""A small world for the web room: two sites, two decisions, and what they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from stopwatch.core.access import Scope, Token
from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import (
    Acted,
    Decision,
    DecisionId,
    DecisionState,
    Ground,
    GroundId,
    GroundKind,
    Link,
)
from stopwatch.core.errors import DecisionNotFoundError, KeyBusyError, KeyReusedError, StoreError
from stopwatch.core.gate import GateReason, SiteGate
from stopwatch.core.hypercare import Logged
from stopwatch.core.issue import issues
from stopwatch.core.kpi import PhaseId, RuleId, SiteId
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.once import Answer, Once
from stopwatch.core.overview import Overview, SiteOverview
from stopwatch.core.phase_gate import PhaseGate
from stopwatch.core.proof import Proof
from stopwatch.core.sample import Absence
from stopwatch.core.selection import Selection
from stopwatch.core.state import Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView
from stopwatch.core.stop import Alert, AlertOutcome, Stop
from stopwatch.web.ports import Acts
from tests.web.readiness import whole

HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
PILOT, WAVE = PhaseId("pilot"), PhaseId("wave-1")
JUDGED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LIVE, ENDED = DecisionId("ham-01-20261121T1015Z"), DecisionId("lodz-20261120T0900Z")
SECRETS = {"reader": "r-secret", "actor": "a-secret", "admin": "x-secret", "second": "b-secret"}
TOKENS = tuple(
    Token(name, hashlib.sha256(SECRETS[name].encode()).hexdigest(), frozenset({scope}))
    for name, scope in zip(SECRETS, (Scope.READ, Scope.ACT, Scope.ADMIN, Scope.ACT), strict=True)
)


def at(hour: int, minute: int, second: int = 0, *, day: int = 21) -> datetime:
    """An instant of November 2026."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def live_decision() -> Decision:
    """An acknowledged decision with one ground of a rule and one of a person."""
    rule = Ground(
        id=GroundId("ham-01/integration-5xx/20261121T1014Z"),
        kind=GroundKind.RULE,
        site=HAM,
        rule=RuleId("integration-5xx"),
        criterion=None,
        opened_at=at(10, 14),
        recorded_at=at(10, 15, 1),
        recovered_at=at(10, 40),
        evidence="9f" * 32,
        links=(Link("dashboard", "https://grafana.example/d/site?var-site=ham-01"),),
    )
    manual = Ground(
        id=GroundId("ham-01/sev1/20261121T1020Z"),
        kind=GroundKind.MANUAL,
        site=HAM,
        rule=None,
        criterion="sev1",
        opened_at=at(10, 20),
        recorded_at=at(10, 20),
    )
    act = Acted("acknowledge", "slack:U1", at(10, 16), None, 1, 2, {"secret of the act": "never shown"})
    return Decision(
        id=LIVE,
        rollout="wms-4-12",
        scope=HAM,
        site=HAM,
        phase=PILOT,
        state=DecisionState.ACKNOWLEDGED,
        rev=2,
        episode=0,
        opened_at=at(10, 14),
        grounds=(rule, manual),
        acts=(act,),
    )


def ended_decision() -> Decision:
    """A resumed decision at the other site."""
    return Decision(
        ENDED, "wms-4-12", LODZ, LODZ, WAVE, DecisionState.RESUMED, 4, 0, at(9, 0, day=20), detected_late=True
    )


def view() -> StatusView:
    """One site that is breached and partly blind, one that was never evaluated."""
    rules = (
        RuleStatus(
            RuleId("integration-5xx"),
            Reported.BREACHED,
            pending_since=at(9, 59),
            value=0.074,
            newest_slot=at(10, 20),
        ),
        RuleStatus(RuleId("label-success"), Reported.NO_DATA, reason=Absence.LOW_VOLUME, newest_slot=at(10, 20)),
        RuleStatus(RuleId("latency"), Reported.OK, value=float("inf"), newest_slot=at(10, 20)),
    )
    ham = SiteStatus(HAM, PILOT, Reported.BREACHED, paused=True, decision=LIVE, rules=rules)
    return StatusView((ham, SiteStatus(LODZ, WAVE)), last_evaluation=at(10, 21))


def issue_log_of_world() -> list[Logged]:
    """Three issues: one overdue that nobody looked at, one with a hostile text, one resolved."""
    bodies: list[dict[str, object]] = [
        {"description": "labels print twice", "severity": "sev2", "status": "mitigated", "workaround": "bin one"}
        | {"owner": "Ida", "target": "2026-11-20", "attributable": True},
        {"description": "=cmd() <b>scanner</b> & co", "severity": "sev3", "status": "open"},
        {"description": "no tote at gate 4", "severity": "sev1", "status": "resolved", "note": "tote found"},
    ]
    entries = [
        Entry(number, "wms-4-12", EntryKind.ISSUE, HAM if number < 3 else LODZ, name, body, "cli:ida", at(8, number))
        for number, (name, body) in enumerate(zip(("ham-01-1", "ham-01-2", "lodz-1"), bodies, strict=True), start=1)
    ]
    return [Logged(one, overdue=one.id == "ham-01-1", unreviewed=one.id == "ham-01-1") for one in issues(entries)]


def fits(decision: Decision, wanted: Selection) -> bool:
    """Tell whether a decision is wanted, as the records must find it."""
    return all(
        (
            wanted.state in {None, decision.state},
            wanted.live in {None, decision.state.live},
            wanted.drill in {None, decision.drill},
            wanted.site in {None, decision.scope, *(ground.site for ground in decision.grounds)},
            wanted.phase in {None, decision.phase},
            wanted.kind in {None, *(ground.kind for ground in decision.grounds)},
            wanted.since is None or decision.opened_at >= wanted.since,
            wanted.until is None or decision.opened_at < wanted.until,
        )
    )


@dataclass
class FakeBoard:
    """A board with one picture."""

    def status(self) -> StatusView:
        return view()


@dataclass
class FakeRecords:
    """Two decisions; *locked* makes every look at them fail as a database does."""

    locked: bool = False
    broken: bool = False

    def decisions(self, state: DecisionState | None, site: SiteId | None) -> list[Decision]:
        self._open()
        found = [ended_decision(), live_decision()]
        return [one for one in found if state in {None, one.state} and site in {None, one.scope}]

    def newest(
        self, state: DecisionState | None, site: SiteId | None, *, limit: int, before: DecisionId | None
    ) -> list[Decision]:
        found = self.decisions(state, site)
        if before is not None:
            edge = next((number for number, one in enumerate(found) if one.id == before), None)
            if edge is None:
                raise DecisionNotFoundError(f"no decision has the id {before}")
            found = found[:edge]
        return found[-limit:]

    def selected(self, wanted: Selection, *, limit: int | None) -> tuple[list[Decision], int]:
        found = [one for one in self.decisions(wanted.state, None) if fits(one, wanted)]
        return found[::-1][:limit], len(found)

    def decision(self, decision: DecisionId) -> Decision | None:
        return next((one for one in self.decisions(None, None) if one.id == decision), None)

    def proofs(self, decision: DecisionId) -> list[Proof] | None:
        found = self.decision(decision)
        if found is None:
            return None
        proven = Proof("load@20261121T1014Z", "opening", "9f" * 32, (), notes=("it has no appendix: nothing is left",))
        return [proven, Proof("load@20261121T1014Z", "recovery", None, ("no audit row records this recovery",))]

    def gate(self, site: SiteId) -> SiteGate | None:
        self._open()
        if site == HAM:
            return SiteGate(HAM, (GateReason(LIVE, PILOT, "ham-01 is paused"),))
        return SiteGate(LODZ, ()) if site == LODZ else None

    def phase_gate(self, phase: PhaseId) -> PhaseGate | None:
        self._open()
        if phase != PILOT:
            return None
        body: dict[str, object] = {
            "verdict": "fail",
            "summary": "pilot fails: 1 demand is not met",
            "evidence": "0" * 64,
        }
        judged = Entry(7, "wms", EntryKind.JUDGEMENT, PILOT, "", body, "cli:ida", JUDGED)
        said = {"go": True, "against": True, "reason": "known cause", "judgement": 7}
        call = Entry(8, "wms", EntryKind.GO, PILOT, "go", said, "cli:ida", JUDGED)
        return PhaseGate(PILOT, (GateReason(None, PILOT, "pilot fails: 1 demand is not met"),), judged, call)

    def issues(self) -> list[Logged]:
        self._open()
        return issue_log_of_world()

    def readiness(self, site: SiteId) -> SiteOverview | None:
        self._open()
        return next((one for phase in whole().phases for one in phase.sites if one.site.id == site), None)

    def overview(self) -> Overview:
        self._open()
        return whole()

    def _open(self) -> None:
        if self.locked:
            raise StoreError("disk I/O error at /var/lib/secret-path")
        if self.broken:
            raise ZeroDivisionError("secret detail")


@dataclass
class FakeActs:
    """Remembers what callers asked for, and refuses what a test tells it to refuse."""

    asked: list[object] = field(default_factory=list)
    refusal: Exception | None = None
    joins: bool = False
    kept: dict[tuple[str, str], tuple[str, Answer]] = field(default_factory=dict)

    def act(self, decision: DecisionId, request: ActRequest) -> Decision:
        self._take((decision, request))
        return live_decision()

    def pause(self, stop: Stop, *, everywhere: bool) -> tuple[Decision, bool]:
        self._take((stop, everywhere))
        return live_decision(), not self.joins

    def alerts(self, alerts: Sequence[Alert], *, actor: str) -> list[AlertOutcome]:
        self._take((alerts, actor))
        return [AlertOutcome(alert.fingerprint, "opened", "it fires", LIVE) for alert in alerts]

    def issue(self, actor: str, place: str | None, identity: str | None, said: Mapping[str, object]) -> Logged:
        self._take((actor, place, identity, said))
        return issue_log_of_world()[0]

    def once(self, asked: Once, work: Callable[[Acts], Answer]) -> Answer:
        if asked.key == "busy":
            raise KeyBusyError("the first request with this idempotency key is still being answered")
        known = self.kept.get((asked.caller, asked.key))
        if known is not None and known[0] != asked.request:
            raise KeyReusedError("this idempotency key came with another request before")
        if known is not None:
            return replace(known[1], replayed=True)
        answer = work(self)
        self.kept[asked.caller, asked.key] = (asked.request, answer)
        return answer

    def _take(self, asked: object) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(asked)
