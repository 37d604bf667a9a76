"""The exit gate fails by what is bad, cannot be proven by what is missing, and always says what would help."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stopwatch.core.change import ChangeRecord, ChangeType
from stopwatch.core.decision import Acted, Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind
from stopwatch.core.exit.check import Check, GateVerdict, KpiOver, RuleOver
from stopwatch.core.exit.judgement import Judgement, Seen, judge
from stopwatch.core.exit.observation import SiteWindow
from stopwatch.core.exit.stretch import Entered, Tally
from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import ExitPlan, Phase
from stopwatch.core.records import Unjudged
from stopwatch.core.rollout import Plan, Site

HAM, LODZ, RULE, KPI = SiteId("ham-01"), SiteId("lodz"), RuleId("errors"), KpiId("err")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
GO_LIVE = datetime(2026, 11, 1, 6, tzinfo=UTC)
END = GO_LIVE + 12 * DAY
PASS, LACKS, FAIL = GateVerdict.PASS, GateVerdict.NOT_PROVABLE, GateVerdict.FAIL

EXIT = ExitPlan(min_volume=Decimal(1000), sign_offs=("warehouse-lead",))
PILOT = Phase(PhaseId("pilot"), (HAM,), 10 * DAY, exit=EXIT)
WAVE = Phase(PhaseId("wave-1"), (LODZ,), 5 * DAY)
SITES = {
    HAM: Site(HAM, "Hamburg", PILOT.id, "Europe/Berlin", "HAM", GO_LIVE),
    LODZ: Site(LODZ, "Łódź", WAVE.id, "Europe/Warsaw", "LDZ"),
}
PLAN = Plan("t", (PILOT, WAVE), SITES, {})

WINDOW = SiteWindow(HAM, END, GO_LIVE, GO_LIVE, "go-live", END - 10 * DAY, GO_LIVE + 10 * DAY)
GOOD = Tally(END - 10 * DAY, END, MINUTE, 14_401, 20, 3_000, 100, 4 * MINUTE, sha256="0")
OVER = RuleOver(HAM, RULE, (KPI,), tally=GOOD)
VOLUME = KpiOver(HAM, KPI, "Errors", 81_000.0)


def entry(kind: EntryKind, scope: str, item: str = "", *, number: int = 1, days_in: int = 5, **body: object) -> Entry:
    return Entry(number, "t", kind, scope, item, body, "cli:ida", GO_LIVE + days_in * DAY)


SIGNED = entry(EntryKind.SIGN_OFF, "pilot", "warehouse-lead")
RUNBOOK = entry(EntryKind.RUNBOOK, "pilot", link="https://wiki/r")
SEEN = Seen((WINDOW,), (OVER,), (VOLUME,), entries=(SIGNED, RUNBOOK))


def decision(
    state: DecisionState = DecisionState.OPEN,
    *,
    scope: str = HAM,
    ended_at: datetime | None = None,
    category: str | None = None,
) -> Decision:
    ground = Ground(GroundId("g"), GroundKind.RULE, HAM, RULE, None, GO_LIVE + 3 * DAY, GO_LIVE + 3 * DAY)
    acts = (Acted("dismiss", "cli:ida", END, "r", 0, 1, {"category": category}),) if category else ()
    return Decision(
        DecisionId("d1"), "t", scope, HAM, PILOT.id, state, 1, 0, ground.opened_at, ended_at=ended_at,
        grounds=(ground,), acts=acts,
    )  # fmt: skip


def judged(seen: Seen = SEEN, plan: Plan = PLAN) -> Judgement:
    return judge(plan, plan.phases[0], seen, at=END + MINUTE)


def only_open(judgement: Judgement) -> Check:
    (check,) = judgement.open_checks
    return check


def test_a_quiet_window_with_everything_signed_passes_and_says_what_it_rests_on() -> None:
    found = judged()
    assert (found.verdict, found.open_checks) == (PASS, ())
    assert found.summary == "pilot passes: 1 rule at 1 site held for 10 d up to 2026-11-13 06:00Z"
    assert [check.code for check in found.checks] == [
        "window", "coverage", "breach", "breaching", "volume", "blind", "unjudged",
        "decision", "issues", "sign-off", "runbook",
    ]  # fmt: skip


def tallied(tally: Tally) -> Seen:
    return replace(SEEN, rules=(replace(OVER, tally=tally),))


BREACH = Entered(END - DAY - 15 * MINUTE, END - DAY, END - DAY + 20 * MINUTE)


@pytest.mark.parametrize(
    ("seen", "verdict", "code", "text", "wants"),
    [
        pytest.param(
            tallied(replace(GOOD, entered=(BREACH,))),
            FAIL,
            "breach",
            "errors at ham-01: 1 breach, the last from 2026-11-12 06:00Z to 2026-11-12 06:20Z",
            "an observation window without a breach",
            id="a breach",
        ),
        pytest.param(
            tallied(replace(GOOD, breaching=200)),
            FAIL,
            "breaching",
            "errors at ham-01: 1.8 % of the judged slots breach",
            "at most 1.0 %",
            id="too many breaching slots",
        ),
        pytest.param(
            tallied(replace(GOOD, missing=600)),
            LACKS,
            "coverage",
            "errors at ham-01: 94.7 % of the slots that are not low on volume hold a value",
            "at least 95.0 %: 30 of 600 missing slots too many",
            id="a gap",
        ),
        pytest.param(
            replace(SEEN, kpis=(replace(VOLUME, volume=999.0),)),
            LACKS,
            "volume",
            "errors at ham-01: 999 events",
            "at least 1,000",
            id="too few events",
        ),
        pytest.param(
            replace(SEEN, kpis=(replace(VOLUME, volume=None),)),
            LACKS,
            "volume",
            "errors at ham-01: how many events is not known",
            "a volume query for its KPI, and at least 1,000",
            id="no volume known",
        ),
        pytest.param(
            replace(SEEN, rules=(replace(OVER, tally=None, failure="timeout"),)),
            LACKS,
            "errors",
            "errors at ham-01 could not be judged: timeout",
            "make the query answer, then judge again",
            id="a query failed",
        ),
        pytest.param(
            tallied(replace(GOOD, blind=tuple(END - DAY + minute * MINUTE for minute in range(145)))),
            LACKS,
            "blind",
            "ham-01 was blind for 2 h 25 min, 1.01 % of its window",
            "at most 1.0 %, 2 h 24 min",
            id="too long blind by the data",
        ),
        pytest.param(
            replace(SEEN, told=((HAM, (END - 11 * DAY, END - 10 * DAY + timedelta(hours=3))),)),
            LACKS,
            "blind",
            "ham-01 was blind for 3 h, 1.2 % of its window",
            "at most 1.0 %, 2 h 24 min",
            id="too long blind as it was told",
        ),
        pytest.param(
            replace(SEEN, unjudged=(Unjudged("t", HAM, RULE, END - 3 * DAY, END - 2 * DAY, END),)),
            LACKS,
            "unjudged",
            "ham-01: slots up to 2026-11-11 06:00Z were too old to be judged at the time (errors)",
            "a window that begins after 2026-11-11 06:00Z",
            id="an outage that was too long",
        ),
        pytest.param(
            replace(SEEN, decisions=(decision(DecisionState.OVERRIDDEN),)),
            FAIL,
            "decision",
            "live: d1 (overridden)",
            "end d1",
            id="a live decision, though overridden",
        ),
        pytest.param(
            replace(SEEN, decisions=(decision(DecisionState.OPEN, scope="_all"),)),
            FAIL,
            "decision",
            "live: d1 (open)",
            "end d1",
            id="a wide stop",
        ),
        pytest.param(
            replace(
                SEEN,
                entries=(*SEEN.entries, entry(EntryKind.ISSUE, HAM, "i-1", severity="sev2", description="labels jam")),
            ),
            FAIL,
            "issues",
            "open: i-1 (sev2, ham-01): labels jam",
            "resolve i-1, or find them less severe",
            id="an open Sev2",
        ),
        pytest.param(
            replace(SEEN, entries=(RUNBOOK,)),
            LACKS,
            "sign-off",
            "warehouse-lead has not signed off pilot",
            "stopwatch rollout sign-off pilot --role warehouse-lead",
            id="not signed off",
        ),
        pytest.param(
            replace(SEEN, entries=(SIGNED, replace(RUNBOOK, at=GO_LIVE - DAY))),
            LACKS,
            "runbook",
            "no runbook was recorded since go-live",
            "stopwatch rollout runbook pilot --link URL --note TEXT",
            id="a runbook from before go-live",
        ),
    ],
)
def test_one_thing_wrong_says_what_and_what_is_missing(
    seen: Seen, verdict: GateVerdict, code: str, text: str, wants: str
) -> None:
    found = judged(seen)
    check = only_open(found)
    assert (found.verdict, check.verdict) == (verdict, verdict)
    assert (check.code, check.text, check.wants) == (code, text, wants)


def test_a_night_without_any_judged_slot_proves_nothing() -> None:
    found = judged(tallied(replace(GOOD, breaching=0, low_volume=14_401, missing=0)))
    assert found.verdict is LACKS
    assert [check.code for check in found.open_checks] == ["coverage", "breaching"]


def test_fail_wins_over_not_provable_and_stands_first() -> None:
    found = judged(replace(tallied(replace(GOOD, missing=600)), decisions=(decision(),), entries=(SIGNED,)))
    assert found.verdict is FAIL
    assert [check.code for check in found.open_checks] == ["decision", "coverage", "runbook"]
    assert found.summary == "pilot fails: 1 demand is not met, and 2 demands cannot be proven"


def test_what_is_only_observed_decides_nothing_but_somebody_must() -> None:
    watched = replace(OVER, rule=RuleId("other"), observed=True, tally=replace(GOOD, entered=(BREACH,), missing=9_000))
    assert judged(replace(SEEN, rules=(OVER, watched))).verdict is PASS
    assert only_open(judged(replace(SEEN, rules=(watched,)))).code == "rules"


def test_breaches_that_were_false_alarms_do_not_count() -> None:
    assert judged(tallied(replace(GOOD, entered=(replace(BREACH, acquitted="d1"),)))).verdict is PASS


@pytest.mark.parametrize(
    ("change", "entries", "missing"),
    [
        pytest.param(ChangeType.STANDARD, (), [], id="a standard change asks for no signatures"),
        pytest.param(ChangeType.NORMAL, (), ["sign-off", "runbook"], id="a normal one for all"),
        pytest.param(ChangeType.EMERGENCY, (SIGNED, RUNBOOK), ["retrospective"], id="an emergency for a retrospective"),
        pytest.param(
            ChangeType.EMERGENCY,
            (SIGNED, RUNBOOK, entry(EntryKind.DONE, "pilot", "retrospective")),
            [],
            id="which was held",
        ),
    ],
)
def test_what_is_asked_of_people_follows_the_type_of_change(
    change: ChangeType, entries: tuple[Entry, ...], missing: list[str]
) -> None:
    found = judged(replace(SEEN, entries=entries), replace(PLAN, change=ChangeRecord(type=change)))
    assert [check.code for check in found.open_checks] == missing
