"""The shape of stop-rules.yaml."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from stopwatch.config.duration import Duration
from stopwatch.config.fields import Identifier, Number, Said, Share, Strict
from stopwatch.core.rule import Mode, Op, Severity, Statistic
from stopwatch.core.window import Missing

_Op = Annotated[Op, Field(strict=False)]
_Count = Annotated[int, Field(ge=1, le=100_000)]


class BaselineModel(Strict):
    """A limit relative to the site's frozen baseline."""

    baseline: Annotated[Statistic, Field(strict=False)] = Field(description="Which frozen number of the baseline.")
    factor: Annotated[Number, Field(gt=0)] = Field(description="The limit is factor × baseline.")
    floor: Number | None = Field(default=None, description="The limit is never below this; for > and >= only.")
    ceiling: Number | None = Field(default=None, description="The limit is never above this; for < and <= only.")


def _form(value: object) -> str:
    return "relative" if isinstance(value, dict | BaselineModel) else "number"


_Threshold = Annotated[
    Annotated[Number, Tag("number")] | Annotated[BaselineModel, Tag("relative")], Discriminator(_form)
]


class SustainModel(Strict):
    """How long a breach must hold: exactly one of `for`, `window` with `fraction`, `m` with `n`."""

    for_: Duration | None = Field(default=None, alias="for", description="Every value breaches for so long.")
    window: Duration | None = Field(default=None, description="A window, a whole number of steps.")
    fraction: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        default=None, description="The share of the window's slots that must breach, above 0, at most 1."
    )
    m: _Count | None = Field(default=None, description="So many slots must breach …")
    n: _Count | None = Field(default=None, description="… of the newest so many.")


class RecoverModel(Strict):
    """When the rule is good again."""

    threshold: _Threshold | None = Field(
        default=None, description="Good means not beyond this; not on the breaching side of the threshold."
    )
    for_: Duration | None = Field(default=None, alias="for", description="Every value is good for so long.")


class VolumeModel(Strict):
    """The volume guard: a value with too few events behind it is no data."""

    auto: Literal[True] | None = Field(default=None, description="The minimum follows from unit and limit.")
    min: Annotated[Number, Field(ge=0)] | None = Field(default=None, description="The least number of events.")


class ConditionModel(Strict):
    """One condition of a rule with several."""

    kpi: Identifier = Field(description="A KPI of kpis.yaml.")
    op: _Op = Field(description="How the value breaches; in quotes.")
    threshold: _Threshold = Field(description="The limit, in the KPI's unit.")
    recover_threshold: _Threshold | None = Field(
        default=None, description="Good means not beyond this; the threshold if left out."
    )
    volume: VolumeModel | None = Field(default=None, description="The volume guard of this condition.")


class LinksModel(Strict):
    """Where to look; placeholders in braces are filled in for each decision."""

    dashboard: Said | None = Field(default=None, description="Dashboard of this KPI at this site.")
    logs: Said | None = Field(default=None, description="Logs of the time around the breach.")
    runbook: Said | None = Field(default=None, description="What to do.")
    graph: Said | None = Field(default=None, description="Prometheus's own graph of the query.")


class OverridesModel(Strict):
    """Other values for some phases or sites; each key replaces the rule's key whole, site before phase."""

    phases: dict[str, dict[str, Any]] = Field(default_factory=dict, description="By phase id.")
    sites: dict[str, dict[str, Any]] = Field(default_factory=dict, description="By site id.")


class RuleModel(Strict):
    """One stop rule: a KPI condition with its sustained window."""

    id: Identifier = Field(description="Stable identity; unique in the file.")
    kpi: Identifier | None = Field(default=None, description="A KPI of kpis.yaml.")
    op: _Op | None = Field(default=None, description="How the value breaches: `>` `>=` `<` `<=`, in quotes.")
    threshold: _Threshold | None = Field(
        default=None, description="The limit in the KPI's unit, or relative to the site's frozen baseline."
    )
    all: list[ConditionModel] | None = Field(
        default=None, description="Several conditions that must all breach, instead of kpi, op, threshold and volume."
    )
    any: list[ConditionModel] | None = Field(default=None, description="As `all`, but one breach is enough.")
    sustain: SustainModel = Field(description="How long the breach must hold before the site is paused.")
    recover: RecoverModel | None = Field(default=None, description="When it is good again.")
    missing: Annotated[Missing, Field(strict=False)] = Field(
        default=Missing.MISSING, description="What slots without data mean when the data alone cannot decide."
    )
    volume: VolumeModel | None = Field(default=None, description="Values with too few events behind them are no data.")
    step: Duration = Field(
        default=timedelta(seconds=60), description="One value every step; whole seconds that divide an hour."
    )
    eval_delay: Duration = Field(
        default=timedelta(seconds=60), description="How old a slot must be before it is judged (scrape and rule lag)."
    )
    extra_slots: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="How many slots further back late or lost samples are replaced from."
    )
    min_coverage: Share = Field(
        default=Decimal("0.8"), description="The share of the window that must have data to decide."
    )
    stale_after: _Count = Field(default=5, description="So many missing slots in a row are no_data (policy missing).")
    error_after: _Count = Field(default=3, description="So many failed evaluations in a row are an error.")
    settle: Duration = Field(default=timedelta(0), description="After activation, before the first slot counts.")
    severity: Annotated[Severity, Field(strict=False)] = Field(
        default=Severity.PAGE, description="`page` mentions people and escalates; `notify` opens and pauses quietly."
    )
    mode: Annotated[Mode, Field(strict=False)] = Field(
        default=Mode.ENFORCE, description="`observe` keeps states and metrics but never opens a decision."
    )
    links: LinksModel = Field(default_factory=LinksModel, description="Evidence links of its decisions.")
    phases: list[str] | None = Field(default=None, description="The phases in which the rule applies.")
    overrides: OverridesModel | None = Field(default=None, description="Other values for some phases or sites.")


class StopRulesFile(Strict):
    """stop-rules.yaml."""

    rules: list[RuleModel] = Field(description="The stop rules; rules of one site are judged in this order.")


IDENTITY_KEYS = frozenset({"id", "phases", "overrides"})
"""Keys that an override cannot replace."""
OVERRIDABLE = tuple(key for key in RuleModel.model_fields if key not in IDENTITY_KEYS)
"""Keys that an override can replace, in the order of the documentation."""
