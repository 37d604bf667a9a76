"""The shape of rollout.yaml."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from stopwatch.config.calendar_model import CheckpointModel, FreezeModel, HypercareModel
from stopwatch.config.change_model import ChangeModel
from stopwatch.config.fields import (
    Identifier,
    Instant,
    LabelName,
    Number,
    RolloutName,
    Said,
    SlackChannel,
    SlackGroup,
    SlackPerson,
    Strict,
    WebUrl,
    Zone,
)
from stopwatch.config.phase_model import ExitModel, PhaseModel, Span, WatchModel

_Names = dict[str, Said]
_Links = dict[str, WebUrl]


class SiteModel(Strict):
    """One warehouse; its key in `sites` is its id."""

    name: Said = Field(description="What people call it.")
    timezone: Zone = Field(description="IANA time zone of its people.")
    go_live: Instant | None = Field(
        default=None,
        description="Planned go-live, with zone. Activates the site by itself if its phase demands no readiness items.",
    )
    label: Said | None = Field(default=None, description="Its value of the site label in Prometheus.")
    channel: SlackChannel | None = Field(default=None, description="Slack channel id of its decisions.")
    on_call: Said | None = Field(default=None, description="Whom its decisions mention: a Slack user or group id.")
    dashboards: list[WebUrl] = Field(default_factory=list, description="Dashboards worth opening for this site.")
    source: Identifier | None = Field(default=None, description="Which of `sources` has its metrics.")
    contacts: _Names = Field(default_factory=dict, description="Whom to reach, by role or word.")
    links: _Links = Field(default_factory=dict, description="Its own links, by what they are.")


class SourceModel(Strict):
    """A Prometheus."""

    url: WebUrl | None = Field(default=None, description="Its address; STOPWATCH_PROMETHEUS_URL if left out.")
    headers: dict[str, str] = Field(default_factory=dict, description="Sent with every query, e.g. a tenant.")
    token_file: Said | None = Field(
        default=None, description="File with a bearer token; a relative path counts from the folder of this file."
    )
    user: Said | None = Field(default=None, description="User of basic authentication.")
    password_file: Said | None = Field(default=None, description="File with that user's password.")


class RightsModel(Strict):
    """Who may do what from Slack: user ids (U…) and user group ids (S…); an empty list is nobody."""

    override: list[SlackPerson] = Field(default_factory=list, description="May override a pause.")
    resume: list[SlackPerson] = Field(default_factory=list, description="May resume.")
    dismiss: list[SlackPerson] = Field(default_factory=list, description="May dismiss as false alarm or data fault.")
    roll_back: list[SlackPerson] = Field(default_factory=list, alias="roll-back", description="May record a roll-back.")
    close: list[SlackPerson] = Field(default_factory=list, description="May close after a roll-back.")
    pause: list[SlackPerson] = Field(default_factory=list, description="May declare a manual stop.")
    attach: list[SlackPerson] = Field(default_factory=list, description="May attach a ticket's link.")
    issue: list[SlackPerson] = Field(default_factory=list, description="May write into the issue log.")


class SlackModel(Strict):
    """People and places in Slack."""

    fallback_channel: SlackChannel | None = Field(default=None, description="Used when a channel is gone or closed.")
    groups: list[SlackGroup] = Field(
        default_factory=list, description="User groups that escalation mentions, first one first."
    )
    rights: RightsModel = Field(default_factory=RightsModel, description="Who may act from Slack.")


class EscalationModel(Strict):
    """When an unanswered decision becomes louder, counted from its opening."""

    broadcast: Span = Field(default=timedelta(minutes=5), description="The thread is shown in the channel.")
    notifier: Span = Field(default=timedelta(minutes=10), description="The second notifier fires.")
    second_group: Span = Field(default=timedelta(minutes=20), description="The second group is mentioned.")
    repeat: Span = Field(default=timedelta(minutes=15), description="Between reminders after that.")
    undelivered: Span = Field(default=timedelta(seconds=60), description="An undelivered card fires the notifier.")
    undecided: Span = Field(default=timedelta(minutes=30), description="Acknowledged without a further act.")


class DeliveryModel(Strict):
    """How messages of unknown fate are settled."""

    settle: Span = Field(default=timedelta(seconds=10), description="Wait before an ambiguous post is looked up.")
    sweep: list[Span] = Field(
        default_factory=lambda: [timedelta(seconds=30), timedelta(minutes=5)],
        max_length=2,
        description="When sent messages are swept for extra copies, after sending; at most two times.",
    )


class AlertsModel(Strict):
    """How Alertmanager's alerts become grounds."""

    site_label: LabelName = Field(default="site", description="The label of an alert that names the site.")
    criterion_label: LabelName = Field(default="criterion", description="The label that names the criterion.")


class OverrideModel(Strict):
    """Bounds of people's overrides."""

    max: Span = Field(default=timedelta(hours=4), description="The longest override.")


class RollbackModel(Strict):
    """When a roll-back counts as verified."""

    within: Span = Field(
        default=timedelta(hours=2), description="Within this time the KPIs must have been inside the band for `hold`."
    )
    hold: Span = Field(default=timedelta(minutes=30), description="How long all of them must stay inside the band.")
    band: Annotated[Number, Field(ge=1)] = Field(
        default=Decimal("1.2"), description="KPIs within band × baseline median (÷ where higher is better)."
    )
    rehearsed_within: Span = Field(
        default=timedelta(days=30), description="How old the rehearsal may be when a site is activated."
    )


class StakeholdersModel(Strict):
    """Who is told at each gate."""

    channel: SlackChannel | None = Field(default=None, description="Slack channel id of the summaries.")
    people: list[Said] = Field(default_factory=list, description="Their names, for the record.")


class RolloutFile(Strict):
    """rollout.yaml."""

    rollout: RolloutName = Field(description="Name of the rollout; part of every record, so it never changes.")
    phases: Annotated[list[PhaseModel], Field(min_length=1)] = Field(description="The phases, in order.")
    sites: dict[str, SiteModel] = Field(description="Every site of the phases, by its id.")
    sources: dict[str, SourceModel] = Field(default_factory=dict, description="Where metrics come from, by name.")
    slack: SlackModel = Field(default_factory=SlackModel, description="People and places in Slack.")
    escalation: EscalationModel = Field(default_factory=EscalationModel, description="When silence becomes loud.")
    delivery: DeliveryModel = Field(default_factory=DeliveryModel, description="How ambiguous posts are settled.")
    alerts: AlertsModel = Field(default_factory=AlertsModel, description="How foreign alerts are read.")
    override: OverrideModel = Field(default_factory=OverrideModel, description="Bounds of overrides.")
    change: ChangeModel = Field(default_factory=ChangeModel, description="The change that is rolled out.")
    watch: list[WatchModel] = Field(default_factory=list, description="Monitoring windows after each go-live.")
    exit: ExitModel = Field(default_factory=ExitModel, description="What every phase's exit demands.")
    rollback: RollbackModel = Field(default_factory=RollbackModel, description="When a roll-back counts as verified.")
    checkpoint: CheckpointModel | None = Field(default=None, description="The daily checkpoint.")
    hypercare: HypercareModel = Field(default_factory=HypercareModel, description="What people owe in hypercare.")
    freeze: list[FreezeModel] = Field(default_factory=list, description="When no site may be activated.")
    roles: list[Identifier] = Field(default_factory=list, description="The roles that may sign; any if left out.")
    stakeholders: StakeholdersModel = Field(default_factory=StakeholdersModel, description="Who is told at each gate.")
    timezone: Zone | None = Field(
        default=None, description="IANA time zone of the plan's own times; the first site's if left out."
    )
    contacts: _Names = Field(default_factory=dict, description="Whom to reach about any site, by role or word.")
    links: _Links = Field(
        default_factory=dict, description="Links for every site: `runbook`, `escalation`, `dashboards`, …"
    )
