"""Values for the store's tests: plain ones to tell stories with, and strategies for any that may occur."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

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
from stopwatch.core.kpi import PhaseId, RuleId, SiteId
from stopwatch.core.outbox import Message, MessageKind, root_key, thread_key
from stopwatch.core.records import AuditEntry

T0 = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROLLOUT = "wms-4-12"
HAM = SiteId("ham-01")
CHANNEL = "C0PILOT"


def ground(rule: str = "integration-5xx", opened_at: datetime = T0, site: SiteId = HAM) -> Ground:
    """A plain ground of a rule."""
    return Ground(
        id=GroundId(f"{rule}@{opened_at:%Y%m%dT%H%MZ}"),
        kind=GroundKind.RULE,
        site=site,
        rule=RuleId(rule),
        criterion=None,
        opened_at=opened_at,
        recorded_at=opened_at + MINUTE,
    )


def decision(name: str = "ham-01-20261121T1015Z", scope: str = "ham-01", *grounds: Ground) -> Decision:
    """A plain open decision; without further words by one ground of one rule."""
    reasons = grounds or (ground(site=SiteId(scope)),)
    return Decision(
        id=DecisionId(name),
        rollout=ROLLOUT,
        scope=scope,
        site=SiteId(scope),
        phase=PhaseId("pilot"),
        state=DecisionState.OPEN,
        rev=1,
        episode=1,
        opened_at=reasons[0].opened_at,
        grounds=reasons,
    )


def acted(before: Decision, state: DecisionState, *, actor: str = "cli:eva", at: datetime = T0 + MINUTE) -> Decision:
    """The decision after somebody brought it into *state*."""
    act = Acted(state.value, actor, at, "because", before.rev, before.rev + 1, {})
    ended_at = None if state.live else at
    return replace(before, state=state, rev=before.rev + 1, acts=(*before.acts, act), ended_at=ended_at)


def root(of: str = "ham-01-20261121T1015Z", channel: str = CHANNEL) -> Message:
    """The card of a decision."""
    return Message(root_key(DecisionId(of), channel), MessageKind.ROOT, channel, DecisionId(of), 1)


def item(what: str, kind: MessageKind = MessageKind.GROUND, of: str = "ham-01-20261121T1015Z") -> Message:
    """An item of a decision's thread."""
    return Message(thread_key(DecisionId(of), kind, what, CHANNEL), kind, CHANNEL, DecisionId(of), 1)


def entry(act: str = "decision.open", **more: object) -> AuditEntry:
    """An audit entry of the daemon."""
    return replace(AuditEntry(T0, "daemon", "daemon", act), **more)  # type: ignore[arg-type] # fields by name


# A zero byte has no place in PostgreSQL's text, and half a surrogate pair is no text at all.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
instants = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
_json_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_numbers = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | _numbers | _json_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_json_texts, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(_json_texts, json_values, max_size=4)
_maybe = st.none() | instants


@st.composite
def any_ground(draw: st.DrawFn) -> Ground:
    """Any ground: of a rule or declared by a person."""
    by_rule = draw(st.booleans())
    return Ground(
        id=GroundId(draw(words)),
        kind=GroundKind.RULE if by_rule else GroundKind.MANUAL,
        site=SiteId(draw(words)) if by_rule else draw(st.none() | words.map(SiteId)),
        rule=RuleId(draw(words)) if by_rule else None,
        criterion=None if by_rule else draw(words),
        opened_at=draw(instants),
        recorded_at=draw(instants),
        pending_since=draw(_maybe),
        recovered_at=draw(_maybe),
        resolved_at=draw(_maybe),
        unwatched=draw(st.booleans()),
        detected_late=draw(st.booleans()),
        evidence=draw(st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)),
        links=tuple(draw(st.lists(st.builds(Link, texts, texts), max_size=3))),
        summary=draw(st.none() | json_objects),
    )


_acts = st.builds(
    Acted, words, words, instants, st.none() | texts, st.integers(0, 99), st.integers(0, 99), json_objects
)
_grounds = st.lists(any_ground(), max_size=4, unique_by=(lambda g: g.id, lambda g: (g.site, g.rule, g.opened_at)))


@st.composite
def any_decision(draw: st.DrawFn) -> Decision:
    """Any decision in any state, with any grounds and acts."""
    state = draw(st.sampled_from(DecisionState))
    return Decision(
        id=DecisionId(draw(words)),
        rollout=draw(words),
        scope=draw(words),
        site=draw(st.none() | words.map(SiteId)),
        phase=draw(st.none() | words.map(PhaseId)),
        state=state,
        rev=draw(st.integers(1, 2**31 - 1)),
        episode=draw(st.integers(1, 9)),
        opened_at=draw(instants),
        detected_late=draw(st.booleans()),
        until=draw(_maybe),
        ended_at=None if state.live else draw(instants),
        accepted=frozenset(draw(st.lists(texts, max_size=3))),
        grounds=tuple(draw(_grounds)),
        acts=tuple(draw(st.lists(_acts, max_size=4))),
    )
