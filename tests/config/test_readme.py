"""rules/README.md explains every field with its default, and every mistake with its weight."""

import re
from datetime import timedelta
from enum import Enum
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stopwatch.config import calendar_model, change_model, kpi_model, phase_model, plan_model, rule_model
from stopwatch.config.duration import parse_duration
from tests.config import golden

README = (Path(__file__).parents[2] / "rules" / "README.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "## kpis.yaml": kpi_model.KpiModel,
    "## stop-rules.yaml": rule_model.RuleModel,
    "### sustain": rule_model.SustainModel,
    "### recover": rule_model.RecoverModel,
    "### volume": rule_model.VolumeModel,
    "### threshold relative to the baseline": rule_model.BaselineModel,
    "### all and any": rule_model.ConditionModel,
    "### links": rule_model.LinksModel,
    "### overrides": rule_model.OverridesModel,
    "## rollout.yaml": plan_model.RolloutFile,
    "### phases": phase_model.PhaseModel,
    "### sites": plan_model.SiteModel,
    "### sources": plan_model.SourceModel,
    "### slack": plan_model.SlackModel,
    "### rights": plan_model.RightsModel,
    "### escalation": plan_model.EscalationModel,
    "### delivery": plan_model.DeliveryModel,
    "### alerts": plan_model.AlertsModel,
    "### override": plan_model.OverrideModel,
    "### watch": phase_model.WatchModel,
    "### exit": phase_model.ExitModel,
    "### rollback": plan_model.RollbackModel,
    "### readiness": phase_model.ReadinessModel,
    "### change": change_model.ChangeModel,
    "### scope": change_model.ScopeModel,
    "### communication": change_model.NoticeModel,
    "### checkpoint": calendar_model.CheckpointModel,
    "### hypercare": calendar_model.HypercareModel,
    "### targets": calendar_model.TargetsModel,
    "### freeze": calendar_model.FreezeModel,
    "### daily": calendar_model.DailyModel,
    "### stakeholders": plan_model.StakeholdersModel,
}
ON_DISK = {"file-missing", "file-is-folder", "file-unreadable", "file-too-large", "not-utf-8", "too-many-values"}
"""Mistakes that no text file of this repository can hold."""


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of each row of the table below *heading*, by the word in its first cell."""
    section = re.split(r"\n#{2,3} ", README.partition(f"\n{heading}\n")[2])[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if "| `" in line[:4]
    ]
    return {row[0].strip("`"): row for row in cells}


def spelt(field: FieldInfo) -> object:
    """The default of *field* where it is a plain value, else None."""
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value
    return str(value).lower() if isinstance(value, bool | int | str) or "." in str(value)[:4] else None


@pytest.mark.parametrize(("heading", "model"), SECTIONS.items())
def test_every_field_is_explained_and_no_other(heading: str, model: type[BaseModel]) -> None:
    assert list(rows(heading)) == [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize(("heading", "model"), SECTIONS.items())
def test_the_defaults_that_are_documented_are_true(heading: str, model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        said = rows(heading)[field.alias or name][3]
        assert (said == "required") == field.is_required(), name
        default = None if field.is_required() else spelt(field)
        if isinstance(default, timedelta):
            assert parse_duration(said.strip("`")) == default, name
        elif default is not None:
            assert said == f"`{default}`", name


def test_every_model_of_the_files_has_its_section() -> None:
    files = (kpi_model.KpisFile, rule_model.StopRulesFile, kpi_model.InlineKpiModel)
    models = {
        value
        for module in (kpi_model, rule_model, plan_model, phase_model, change_model, calendar_model)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    }
    assert models - set(files) == set(SECTIONS.values())


def test_every_mistake_is_documented_with_its_weight() -> None:
    said = "".join((case / "expected.txt").read_text(encoding="utf-8") for case in golden.cases())
    seen = {
        (code, weight)
        for weight, code in re.findall(r"^\S+: (error|warning): .* \[([a-z0-9-]+)\]$", said, re.MULTILINE)
    }
    documented = [(code, weight) for code, weight, _ in golden.SECTION.findall(README)]
    assert len(documented) == len(set(documented))
    assert set(documented) - seen == {(code, "error") for code in ON_DISK}
    assert seen - set(documented) == set()


def test_every_mistake_is_listed_and_counted() -> None:
    chapter = README.partition("\n## Mistakes that are caught\n")[2].partition("\n### ")[0]
    links = re.findall(r"\[`([a-z0-9-]+)`\]\(#([a-z0-9-]+)\)", chapter)
    sections = [(code, f"{code}-{weight}") for code, weight, _ in golden.SECTION.findall(README)]
    assert links == sections
    assert chapter.lstrip().startswith(f"{len(sections)} kinds of mistake")


def test_the_examples_of_mistakes_are_what_is_said() -> None:
    assert golden.with_examples(README) == README
