"""States, progress, go-lives, unjudged slots and evidence are kept as they were handed over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.errors import StoreError
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.records import Activation, AuditEntry, ProgressKey, StateRow, Unjudged
from stopwatch.core.sample import Absence
from stopwatch.core.state import Condition, RuleState
from stopwatch.store.records import SqlWriter
from stopwatch.store.sql import SqlStore
from tests.store.values import HAM, MINUTE, ROLLOUT, T0, instants, json_objects, words

KEY = ProgressKey("default", "ab" * 32, 60, 30)
OTHER = ProgressKey("default", "ab" * 32, 300, 30)

keys = st.builds(ProgressKey, words, words, st.integers(1, 3600), st.integers(0, 3600))
rule_states = st.builds(
    RuleState,
    armed_at=instants,
    condition=st.sampled_from(Condition),
    pending_since=st.none() | instants,
    opened_at=st.none() | instants,
    no_data=st.none() | st.sampled_from(Absence),
    failures=st.integers(0, 1000),
)
rows = st.builds(
    StateRow,
    rollout=st.just(ROLLOUT),
    site=words.map(SiteId),
    rule=words.map(RuleId),
    state=rule_states,
    as_of=instants,
    rule_hash=words,
    reported=st.sampled_from(["ok", "pending", "no_data", "error", "recovering", "breached"]),
    queries=st.lists(keys, max_size=3).map(tuple),
)


def state_row(site: str = "ham-01", rule: str = "integration-5xx") -> StateRow:
    return StateRow(ROLLOUT, SiteId(site), RuleId(rule), RuleState(T0), T0, "hash", "ok", (KEY,))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(row=rows, changed=rows)
def test_the_newest_state_of_a_rule_at_a_site_is_the_one_that_is_kept(
    writer: SqlWriter, row: StateRow, changed: StateRow
) -> None:
    changed = replace(changed, site=row.site, rule=row.rule)
    for version in (row, changed, changed):
        writer.save_state(version)
        assert writer.states(ROLLOUT, row.site).count(version) == 1
    assert [kept for kept in writer.states(ROLLOUT, row.site) if kept.rule == row.rule] == [changed]


def test_states_are_kept_apart_by_rollout_and_site(store: SqlStore) -> None:
    mine = [state_row("ber-01"), state_row("ham-01", "a"), state_row("ham-01", "b")]
    with store.writing() as writer:
        for row in (*mine, replace(state_row(), rollout="other")):
            writer.save_state(row)
    with store.reading() as reader:
        assert reader.states(ROLLOUT) == mine
        assert reader.states(ROLLOUT, HAM) == mine[1:]


def test_progress_is_kept_by_query_source_and_grid_and_may_go_back(store: SqlStore) -> None:
    for last in (T0, T0 + MINUTE, T0 - MINUTE):
        with store.writing() as writer:
            writer.save_progress(ROLLOUT, {KEY: last, OTHER: T0})
            writer.save_progress("other", {KEY: T0})
    with store.reading() as reader:
        assert reader.progress(ROLLOUT) == {KEY: T0 - MINUTE, OTHER: T0}


def test_a_site_is_behind_until_it_has_caught_up(store: SqlStore) -> None:
    with store.writing() as writer:
        writer.save_behind(ROLLOUT, KEY, HAM, T0)
        writer.save_behind(ROLLOUT, OTHER, HAM, T0)
        writer.save_behind(ROLLOUT, KEY, HAM, T0 + MINUTE)
        assert writer.behind(ROLLOUT) == {(KEY, HAM): T0 + MINUTE, (OTHER, HAM): T0}
        writer.save_behind(ROLLOUT, OTHER, HAM, None)
        writer.save_behind(ROLLOUT, OTHER, SiteId("ber-01"), None)
    with store.reading() as reader:
        assert reader.behind(ROLLOUT) == {(KEY, HAM): T0 + MINUTE}


def test_the_activation_recorded_last_counts_whatever_time_it_names(store: SqlStore) -> None:
    first = Activation(ROLLOUT, HAM, T0, "plan:ab", T0, None)
    second = Activation(ROLLOUT, HAM, T0 - MINUTE, "cli:eva", T0 + MINUTE, "4.12.1 – Hamburg")
    other = replace(first, site=SiteId("ber-01"))
    with store.writing() as writer:
        for activation in (first, other, second, replace(first, rollout="other")):
            writer.save_activation(activation)
    with store.reading() as reader:
        assert reader.activations(ROLLOUT) == {HAM: second, "ber-01": other}


def test_only_a_further_activation_is_one_anew_and_only_a_recent_one_is_asked_for(store: SqlStore) -> None:
    first = Activation(ROLLOUT, HAM, T0, "plan:ab", T0, None)
    told_late = replace(first, at=T0 - MINUTE, recorded_at=T0 + 5 * MINUTE)
    ahead = replace(first, at=T0 + 9 * MINUTE, recorded_at=T0 + MINUTE)
    with store.writing() as writer:
        for activation in (first, ahead, told_late, replace(first, site=SiteId("ber-01"), at=T0 + 9 * MINUTE)):
            writer.save_activation(activation)
    with store.reading() as reader:
        assert reader.reactivations(ROLLOUT, T0) == [told_late, ahead]
        assert reader.reactivations(ROLLOUT, T0 + 5 * MINUTE) == [ahead]
        assert reader.reactivations("other", T0) == []


def test_a_span_that_nobody_will_judge_is_recorded_once(store: SqlStore) -> None:
    span = Unjudged(ROLLOUT, HAM, RuleId("r"), T0, T0 + MINUTE, T0 + 9 * MINUTE)
    with store.writing() as writer:
        assert writer.save_unjudged(span)
        assert not writer.save_unjudged(replace(span, recorded_at=T0 + timedelta(days=1)))
        assert writer.save_unjudged(replace(span, last=T0 + 2 * MINUTE))
        assert writer.unjudged(ROLLOUT) == [span, replace(span, last=T0 + 2 * MINUTE)]
        assert writer.unjudged("other") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(body=json_objects)
def test_evidence_is_given_back_letter_by_letter_and_its_hash_still_fits(
    writer: SqlWriter, body: dict[str, object]
) -> None:
    for at in (T0, T0 + MINUTE):
        writer.save_evidence(content_hash(body), canonical_json(body), at)
    assert writer.evidence(content_hash(body)) == canonical_json(body)
    assert writer.evidence("0" * 64) is None


def test_an_instant_without_a_zone_is_refused_before_it_lies_on_disk(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="without a time zone"), store.writing() as writer:
        writer.save_progress(ROLLOUT, {KEY: T0.replace(tzinfo=None)})


def test_audit_rows_are_found_by_their_acts_oldest_first(writer: SqlWriter) -> None:
    for minute, act in enumerate(("site.blind", "pause", "site.seen")):
        writer.audit(AuditEntry(T0 + minute * MINUTE, "daemon", "daemon", act, details={"key": act}))
    found = writer.audited("site.seen", "site.blind")
    assert [(row["act"], row["details"]) for row in found] == [
        ("site.blind", {"key": "site.blind"}),
        ("site.seen", {"key": "site.seen"}),
    ]
