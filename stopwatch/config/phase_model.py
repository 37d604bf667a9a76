"""The shape of a phase in rollout.yaml: readiness, exit, monitoring windows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from stopwatch.config.duration import Duration
from stopwatch.config.fields import Identifier, Number, Said, Share, Strict
from stopwatch.core.phase import AutomaticItem

Span = Annotated[Duration, Field(gt=timedelta(0))]
"""A duration that is not nothing."""


class ReadinessModel(Strict):
    """An item of the checklist."""

    id: Identifier | None = Field(default=None, description="Its name on the command line; made from `text`.")
    text: Said = Field(description="What must be so.")
    owner: Said | None = Field(default=None, description="Who owes it: a role or a person.")
    expires: Span | None = Field(default=None, description="How long a record of it holds; for ever if left out.")


def _form(value: object) -> str:
    return "<text>" if isinstance(value, str) else "<item>"


Item = Annotated[
    Annotated[Said, Tag("<text>")] | Annotated[ReadinessModel, Tag("<item>")],
    Discriminator(_form),
]
"""An item of the checklist: a text alone, or a mapping."""


class WatchModel(Strict):
    """A monitoring window after go-live."""

    from_: Said = Field(
        alias="from",
        description="When it begins: `go-live`, a time after it (`2h`), a time of every day (`06:00`), an instant, "
        "or words.",
    )
    for_: Span = Field(alias="for", description="How long it lasts.")
    who: Said = Field(description="Who watches.")


class ExitModel(Strict):
    """What a phase's exit demands besides good KPIs."""

    min_volume: Annotated[Number, Field(ge=0)] | None = Field(
        default=None, description="The least total volume over the observation."
    )
    sign_offs: list[Identifier] = Field(default_factory=list, description="The roles that must sign.")
    coverage: Share = Field(default=Decimal("0.95"), description="The least share of slots with a value.")
    breaching: Share = Field(default=Decimal("0.01"), description="The largest share of slots that breach.")
    blind: Share = Field(default=Decimal("0.01"), description="The largest share of time in which a rule was blind.")


class PhaseModel(Strict):
    """A phase of the rollout; their order is the rollout's."""

    id: Identifier = Field(description="Stable identity; may not be a site's id.")
    sites: list[str] = Field(description="The ids of its sites; a site is in one phase.")
    observation: Span = Field(description="How long KPIs are observed before the phase can exit.")
    readiness: list[Item] = Field(
        default_factory=list,
        description="Items that must be ready before a site of the phase is activated: a text, or a mapping.",
    )
    automatic: list[Annotated[AutomaticItem, Field(strict=False)]] | None = Field(
        default=None,
        description="Items that stopwatch checks itself: "
        + ", ".join(f"`{item}`" for item in AutomaticItem)
        + "; all of them where the phase has readiness items, else none.",
    )
    exit: ExitModel | None = Field(default=None, description="Its own keys of `exit`; others hold from the top level.")
    watch: list[WatchModel] | None = Field(default=None, description="Its own monitoring windows.")
