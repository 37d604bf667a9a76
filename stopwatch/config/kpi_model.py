"""The shape of kpis.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stopwatch.config.fields import Identifier, LabelName, Number, Said, Strict
from stopwatch.core.kpi import Better, Kpi, KpiId, Unit

_Unit = Annotated[Unit, Field(strict=False)]
_Better = Annotated[Better, Field(strict=False)]
_Quantile = Annotated[Number, Field(gt=0, lt=1)]


class KpiModel(Strict):
    """One KPI: a value per site, read from Prometheus by one query for all sites."""

    id: Identifier = Field(description="Stable identity; rules refer to it.")
    title: Said = Field(description="What people call it; shown on the card and on pages.")
    unit: _Unit = Field(description="Base unit of the value; a ratio is 0 to 1, never percent.")
    better: _Better = Field(description="Which direction is good for the business.")
    query: Said = Field(
        description="PromQL that yields the value: one series per site, no comparison. `$sites` stands for a regular "
        "expression of the watched label values."
    )
    volume: Said | None = Field(
        default=None, description="PromQL for how many events stand behind one value; the volume guard needs it."
    )
    site_label: LabelName = Field(default="site", description="The label that tells the sites apart.")
    required: bool = Field(default=True, description="Whether a site without this KPI counts as blind.")
    quantile: _Quantile | None = Field(
        default=None,
        description="The p of a percentile, 0 to 1; without it, as in the query's `histogram_quantile`.",
    )
    failures: Said | None = Field(
        default=None, description="PromQL for how many events failed, for proofs at exit gates; goes with `attempts`."
    )
    attempts: Said | None = Field(
        default=None, description="PromQL for how many events there were; goes with `failures`."
    )

    def kpi(self) -> Kpi:
        """Return the core's value."""
        return Kpi(
            id=KpiId(self.id),
            title=self.title,
            unit=self.unit,
            better=self.better,
            query=self.query.strip(),
            volume=self.volume and self.volume.strip(),
            site_label=self.site_label,
            required=self.required,
            quantile=self.quantile,
            failures=self.failures and self.failures.strip(),
            attempts=self.attempts and self.attempts.strip(),
        )


class InlineKpiModel(KpiModel):
    """A KPI beside the rules of a test file: what its values mean, not where they come from."""

    title: Said = Field(default="", description="As in kpis.yaml; may be left out.")
    unit: _Unit = Field(default=Unit.COUNT, description="As in kpis.yaml; `count` if left out.")
    better: _Better = Field(default=Better.LOWER, description="As in kpis.yaml; `lower` if left out.")
    query: Said = Field(default="", description="As in kpis.yaml; may be left out.")


class KpisFile(Strict):
    """kpis.yaml."""

    kpis: list[KpiModel] = Field(description="The KPIs, in the order in which pages show them.")
