"""Names that dashboards, scripts and pipelines elsewhere rely on: more may come, none of these goes or changes."""

from __future__ import annotations

import click
import pytest
from pydantic import BaseModel

from stopwatch.cli import main
from stopwatch.config.settings import SECRETS, Settings
from stopwatch.core.decision import Act, DecisionState
from stopwatch.core.outbox import MessageKind
from stopwatch.slack.payload import EVENT_TYPE
from stopwatch.telemetry import families
from stopwatch.web.api import models

SETTINGS = """
config database_url prometheus_url listen external_url slack_base_url slack_bot_token slack_app_token
slack_signing_secret slack_channel alertmanager_url webhook_url webhook_secret heartbeat_url api_tokens_file log_format
log_level catch_up
"""
METRICS = """
kpi_value{site,phase,kpi} kpi_threshold{site,phase,rule} rule_state{site,phase,rule,state}
rule_pending_seconds{site,phase,rule} window_breaching_slots{site,phase,rule} window_required_slots{site,phase,rule}
window_coverage_ratio{site,phase,rule} last_slot_timestamp_seconds{site,rule} site_paused{site,phase}
decisions_open{site,phase} decisions_total{site,phase,kind} evaluation_duration_seconds{} evaluation_lateness_seconds{}
prometheus_queries_total{source,outcome} clock_skew_seconds{source} config_last_reload_successful{}
config_last_reload_success_timestamp_seconds{} last_evaluation_timestamp_seconds{} leader{} build_info{version}
outbox_pending{notifier} outbox_oldest_seconds{} outbox_unknown{} outbox_dead_total{reason} slack_up{}
slack_api_errors_total{method,code} interactions_total{action,transport,result} decision_unacknowledged_seconds{site}
time_to_acknowledge_seconds{} degraded_total{kind} lost_found_total{} duplicates_removed_total{}
"""
COMMANDS = """
run check test replay explain status pause gate drill token
decisions:list,show,acknowledge,confirm,resume,override,dismiss,roll-back,pause-again,close,resolve,attach
rollout:status,activate,ready,done,sign-off,rehearse,runbook issues:add,list,update
report:checkpoint,gate,handover evidence:show,export,verify audit:verify,export outbox:list,retry,drop demo:slack
"""
OPTIONS = """
check:--live,--strict replay:--start,--end,--as-live,--format explain:--at,--format status:--format gate:--format
pause:--phase,--all,--criterion,--reason,--link decisions.list:--format
decisions.override:--category,--for,--until,--ground
decisions.acknowledge:--rev,--reason,--actor,--link decisions.dismiss:--category decisions.roll-back:--what,--from,--to
decisions.resolve:--ground outbox.list:--format issues.list:--format
"""
SHAPES: dict[type[BaseModel], str] = {
    models.DecisionShape: "id rollout scope site phase state paused rev opened_at detected_late until grounds acts",
    models.GroundShape: "id kind rule criterion opened_at recorded_at recovered_at resolved_at evidence links",
    models.ActShape: "act actor at reason rev_before rev_after",
    models.SiteShape: "site phase state paused decision rules",
    models.RuleShape: "rule state pending_since value newest_slot reason",
    models.GateShape: "site open reasons",
    models.GateReasonShape: "decision phase text",
    models.ConflictShape: "type title detail rev state by at",
}


def group_of(name: str) -> click.Group:
    group = main.get_command(click.Context(main), name)
    assert isinstance(group, click.Group)
    return group


def test_settings_keep_their_names() -> None:
    assert set(SETTINGS.split()) <= set(Settings.model_fields)
    assert {"database_url", "slack_bot_token", "slack_app_token", "slack_signing_secret"} <= set(SECRETS)


def test_metrics_keep_names_and_labels() -> None:
    known = {f"{each.name}{{{','.join(each.labels)}}}" for each in (*families.BOARD, *families.PROCESS)}
    assert set(METRICS.split()) - known == set()


@pytest.mark.parametrize("words", COMMANDS.split())
def test_commands_keep_their_names(words: str) -> None:
    name, _, below = words.partition(":")
    assert main.get_command(click.Context(main), name) is not None
    wanted = set(filter(None, below.split(",")))
    if wanted:
        group = group_of(name)
        assert wanted <= set(group.list_commands(click.Context(group)))


@pytest.mark.parametrize("words", OPTIONS.split())
def test_options_keep_their_names(words: str) -> None:
    path, _, options = words.partition(":")
    command: click.Command | None = main
    for name in path.split("."):
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {*options.split(","), "--config"} <= known


@pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.__name__) for shape in SHAPES])
def test_answers_keep_their_members(shape: type[BaseModel]) -> None:
    assert set(SHAPES[shape].split()) <= set(shape.model_fields)


def test_words_of_decisions_and_messages_stay() -> None:
    states = "open acknowledged confirmed overridden rolled_back flagged resumed dismissed verified closed"
    assert set(DecisionState) == set(states.split())
    acts = "acknowledge confirm resume override dismiss roll-back pause-again close resolve attach"
    assert set(Act) == set(acts.split())
    kinds = "root ground act recovered reminder escalation blind image summary drill report"
    assert set(MessageKind) == set(kinds.split())
    assert EVENT_TYPE == "stopwatch_decision"
