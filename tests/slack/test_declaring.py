"""The dialog of a manual stop: Slack takes it at any size of plan, and what was typed is chosen already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stopwatch.core.inbox import Declaration
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.phase import Phase
from stopwatch.core.rollout import Plan, Site
from stopwatch.demo.slack.payloads import accept_view
from stopwatch.slack.declaring import stop_modal
from stopwatch.slack.modal import STOP_BLOCKS, errors_of

HOSTILE = "<!channel> *_~` :fire: & > \u202e" * 30


def plan(*sizes: int, name: str = "Hamburg") -> Plan:
    """A plan with one phase for each number of sites."""
    sites: dict[SiteId, Site] = {}
    phases = []
    for at, size in enumerate(sizes):
        phase = PhaseId(f"wave-{at}")
        ids = tuple(SiteId(f"s{at}-{number}") for number in range(size))
        sites |= {each: Site(each, name, phase, "Europe/Berlin", label=f"L{each}") for each in ids}
        phases.append(Phase(phase, ids, observation=timedelta(days=1)))
    return Plan("wms", tuple(phases), sites, {})


def shown(where: Plan, **more: str) -> Any:  # noqa: ANN401 - a JSON object
    """The dialog."""
    return accept_view(stop_modal(where, channel="C1", **more))


def chosen(view: Any) -> str | None:  # noqa: ANN401 - a JSON object
    """Where the dialog says already."""
    option = next(block for block in view["blocks"] if block.get("block_id") == "scope")["element"].get(
        "initial_option"
    )
    return option["value"] if option else None


@pytest.mark.parametrize("sizes", [(1,), (100, 101), (1000,), (3,) * 150], ids=str)
def test_slack_takes_the_dialog_of_a_plan_of_any_size(sizes: tuple[int, ...]) -> None:
    view = shown(plan(*sizes, name=HOSTILE))
    assert (view["callback_id"], view["private_metadata"]) == ("pause", "C1")
    assert tuple(block["block_id"] for block in view["blocks"] if block["type"] == "input") == STOP_BLOCKS


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        pytest.param(" S0-1 ", "site:s0-1", id="a site"),
        pytest.param("Ls0-1", "site:s0-1", id="its label"),
        pytest.param("wave-1", "phase:wave-1", id="a phase"),
        pytest.param("all", "all", id="everywhere"),
        pytest.param("nowhere", None, id="nothing of the plan"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_what_was_typed_behind_the_command_is_chosen_already(typed: str, value: str | None) -> None:
    assert chosen(shown(plan(2, 1), wanted=typed)) == value


def test_the_reason_begins_with_the_message_of_a_shortcut_cut_to_what_fits() -> None:
    reason = next(block for block in shown(plan(1), reason="b" * 5000)["blocks"] if block.get("block_id") == "reason")
    assert reason["element"]["initial_value"] == "b" * 2000


@pytest.mark.parametrize("block", STOP_BLOCKS)
def test_a_wrong_field_is_told_at_its_block(block: str) -> None:
    assert errors_of(Declaration.PAUSE, block, "no")["errors"] == {block: "no"}
