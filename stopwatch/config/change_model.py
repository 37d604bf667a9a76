"""The shape of the change record in rollout.yaml."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from stopwatch.config.fields import Said, Strict
from stopwatch.core.change import ChangeType


def _as_text(value: object) -> object:
    """Take a version such as 4.12 as it is written, although YAML reads a number."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Version = Annotated[Said, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number"], "minLength": 1})]
"""A version, in quotes or not."""
Lines = Annotated[
    list[Said],
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "minLength": 1}}]}),
]
"""A text, or a list of texts."""


class ScopeModel(Strict):
    """What the change touches, and what not."""

    in_: Lines = Field(default_factory=list, alias="in", description="What the change touches.")
    out: Lines = Field(default_factory=list, description="What it does not touch, so that nobody wonders.")


class NoticeModel(Strict):
    """A line of the communication plan."""

    what: Said = Field(description="What they learn.")
    who: Said | None = Field(default=None, description="Who is told.")
    when: Said | None = Field(default=None, description="When, in words or as a time.")


def _form(value: object) -> str:
    return "<text>" if isinstance(value, str) else "<notice>"


Notice = Annotated[
    Annotated[Said, Tag("<text>")] | Annotated[NoticeModel, Tag("<notice>")],
    Discriminator(_form),
]
"""A line of the communication plan: a text alone, or a mapping."""


class ChangeModel(Strict):
    """The change that is rolled out; keys of one's own are kept as written."""

    model_config = ConfigDict(extra="allow")

    type: ChangeType = Field(
        default=ChangeType.NORMAL,
        strict=False,
        description="`standard` demands no gate items, `normal` all; `emergency` one approver, and a retrospective "
        "before the exit.",
    )
    what: Said | None = Field(default=None, description="What changes.")
    why: Said | None = Field(default=None, description="Which problem it solves.")
    risk: Said | None = Field(default=None, description="How risky it is, and what is done about it.")
    version: Version | None = Field(default=None, description="What is activated, unless the act says otherwise.")
    initiator: Said | None = Field(default=None, description="Who asked for it.")
    scope: ScopeModel = Field(default_factory=ScopeModel, description="What is in and what is out.")
    integrations: Lines = Field(default_factory=list, description="Shops and carriers that it touches.")
    customers: Lines = Field(default_factory=list, description="Customers that it touches.")
    communication: list[Notice] = Field(
        default_factory=list, description="Who is told what, and when: a text, or `{who, what, when}`."
    )
    cutover: Said | None = Field(default=None, description="The cutover window, in words or as times.")
