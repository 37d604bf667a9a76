"""What dashboards are made of: queries, panels, variables and a page that lays panels out from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
SCOPE = 'job=~"$job",instance=~"$instance"'
WIDTH = 24
GREEN, YELLOW, ORANGE, RED, GREY, BLUE = "green", "yellow", "orange", "red", "#808080", "blue"
STATES = ("ok", "pending", "recovering", "no_data", "error", "breached")
"""The states of a rule in the order of their numbers on a dashboard; `state_number` says the query."""
STATE_COLOURS = (GREEN, YELLOW, BLUE, GREY, ORANGE, RED)


def series(name: str, *matchers: str, **equal: str) -> str:
    """Return a selector of our metric *name*, narrowed to the chosen job and instance and to *equal* labels."""
    exact = (f'{label}="{value}"' for label, value in equal.items())
    return f"stopwatch_{name}{{{','.join((SCOPE, *matchers, *exact))}}}"


def state_number(*matchers: str, by: str) -> str:
    """Return the worst state as the number of its place in `STATES`."""
    parts = [f"{number} * {series('rule_state', *matchers, state=state)}" for number, state in enumerate(STATES[1:], 1)]
    return f"max by ({by}) ({' or '.join(parts)})"


def target(expr: str, legend: str = "", *, ref: str = "A", table: bool = False) -> Json:
    """Return a query; *table* asks for the newest values as a table."""
    found: Json = {"datasource": DATASOURCE, "expr": expr, "refId": ref, "legendFormat": legend, "editorMode": "code"}
    return found | ({"instant": True, "range": False, "format": "table"} if table else {"range": True})


def now(expr: str, legend: str = "", *, ref: str = "A") -> Json:
    """Return a query for the newest values alone."""
    return target(expr, legend, ref=ref) | {"instant": True, "range": False}


def steps(*colours: tuple[float | None, str]) -> Json:
    """Return thresholds: from each value on its colour, the first one from anywhere."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in colours]}


def words(pairs: Iterable[tuple[float, str, str]]) -> list[Json]:
    """Return a mapping of numbers to (words, colour): state is never colour alone."""
    options = {
        f"{number:g}": {"text": text, "color": colour, "index": place}
        for place, (number, text, colour) in enumerate(pairs)
    }
    return [{"type": "value", "options": options}]


STATE_WORDS = words((number, STATES[number], STATE_COLOURS[number]) for number in range(len(STATES)))
YES_NO = words([(0, "no", GREEN), (1, "yes", RED)])


def override(match: str, value: object, **properties: object) -> Json:
    """Return an override of fields that *match* (``byName``, ``byRegexp``, ``byFrameRefID``) *value*."""
    return {
        "matcher": {"id": match, "options": value},
        "properties": [{"id": name.replace("__", "."), "value": found} for name, found in properties.items()],
    }


def panel(kind: str, title: str, description: str, targets: Sequence[Json], **more: Any) -> Json:  # noqa: ANN401 – any JSON
    """
    Return a panel.

    *more* may hold width and height (of 24 columns), unit, thresholds, mappings, custom (what only this kind of panel
    knows), overrides, options, links, and whatever else the panel itself takes.
    """
    size = {"w": more.pop("width", 12), "h": more.pop("height", 8)}
    defaults = {
        "unit": more.pop("unit", "short"),
        "thresholds": more.pop("thresholds", steps((None, GREEN))),
        "color": {"mode": more.pop("colour", "thresholds")},
    }
    for name in ("mappings", "custom", "links", "min", "max", "decimals", "noValue"):
        if name in more:
            defaults[name] = more.pop(name)
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "gridPos": size,
        "fieldConfig": {"defaults": defaults, "overrides": more.pop("overrides", [])},
        "options": more.pop("options", {}),
        "targets": list(targets),
        **more,
    }


def stat(title: str, description: str, expr: str, **more: Any) -> Json:  # noqa: ANN401 – any JSON
    """Return one large number."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value_and_name" if more.pop("named", False) else "value",
        "wideLayout": True,
    }
    legend = more.pop("legend", "")
    return panel("stat", title, description, [now(expr, legend)], options=options, **{"width": 4, "height": 4} | more)


def lines(title: str, description: str, targets: Sequence[Json], **more: Any) -> Json:  # noqa: ANN401 – any JSON
    """Return curves over time."""
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    custom = {"lineWidth": 1, "fillOpacity": 0, "spanNulls": False, "showPoints": "auto"} | more.pop("custom", {})
    return panel(
        "timeseries", title, description, targets, options=options, custom=custom, colour="palette-classic", **more
    )


def timeline(title: str, description: str, targets: Sequence[Json], **more: Any) -> Json:  # noqa: ANN401 – any JSON
    """Return states over time, one bar for each series."""
    options = {
        "mergeValues": True,
        "showValue": "auto",
        "alignValue": "left",
        "rowHeight": 0.85,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel("state-timeline", title, description, targets, options=options, custom={"fillOpacity": 80}, **more)


def table(title: str, description: str, targets: Sequence[Json], **more: Any) -> Json:  # noqa: ANN401 – any JSON
    """Return a table; *coloured* paints the cells."""
    cell = {"type": "color-background"} if more.pop("coloured", False) else {"type": "auto"}
    options = {"showHeader": True, "cellHeight": "sm"}
    return panel(
        "table", title, description, targets, options=options, custom={"cellOptions": cell, "align": "auto"}, **more
    )


def matrix(row: str, column: str) -> list[Json]:
    """Return the transformation that makes a table of labels: one row for each *row*, one column for each *column*."""
    options = {"rowField": row, "columnField": column, "valueField": "Value", "emptyValue": "null"}
    return [{"id": "groupingToMatrix", "options": options}]


def row(title: str) -> Json:
    """Return a heading over the panels that follow."""
    return {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"w": WIDTH, "h": 1}}


def choice(name: str, query: str, *, label: str | None = None, multi: bool = True) -> Json:
    """Return a variable whose values are those of a label."""
    every: Json = {"includeAll": True, "allValue": ".+", "current": {"text": ["All"], "value": ["$__all"]}}
    return {
        "type": "query",
        "name": name,
        "label": label or name,
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": "StandardVariableQuery"},
        "refresh": 2,
        "sort": 1,
        "multi": multi,
        **(every if multi else {"includeAll": False}),
    }


SOURCE_CHOICE: Json = {
    "type": "datasource",
    "name": "datasource",
    "label": "Data Source",
    "query": "prometheus",
    "refresh": 1,
    "multi": False,
    "includeAll": False,
}
JOB = choice("job", 'label_values(stopwatch_build_info{job!=""}, job)')
INSTANCE = choice("instance", 'label_values(stopwatch_build_info{job=~"$job"}, instance)')


def decisions_over(matchers: str) -> Json:
    """Return the annotation that marks the time during which sites were paused."""
    return {
        "name": "Paused",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": RED,
        "target": {
            "expr": f"max by (site) ({series('site_paused', matchers)}) == 1",
            "refId": "Anno",
            "interval": "60s",
        },
        "titleFormat": "Paused",
        "textFormat": "{{site}}",
        "tagKeys": "site",
        "useValueForTime": False,
    }


def page(uid: str, title: str, description: str, panels: Sequence[Json], **more: Any) -> Json:  # noqa: ANN401 – any JSON
    """Return a dashboard; *more* may hold variables beside datasource, job and instance, links and annotations."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["stopwatch"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": more.get("since", "now-6h"), "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "links": [_link(*each) for each in more.get("links", ())],
        "templating": {"list": [SOURCE_CHOICE, JOB, INSTANCE, *more.get("variables", ())]},
        "annotations": {"list": list(more.get("annotations", ()))},
        "panels": _laid_out(panels),
    }


def _link(uid: str, title: str) -> Json:
    plain: Mapping[str, object] = {"asDropdown": False, "icon": "dashboard", "tags": [], "targetBlank": False}
    more = {"includeVars": True, "keepTime": True, "tooltip": "", "type": "link"}
    return {"title": title, "url": f"/d/{uid}", **plain, **more}


def _laid_out(panels: Sequence[Json]) -> list[Json]:
    """Place panels from left to right; one that does not fit any more begins a new line."""
    placed: list[Json] = []
    x = y = deepest = 0
    for number, each in enumerate(panels, 1):
        size = each["gridPos"]
        if x + size["w"] > WIDTH:
            x, y = 0, deepest
        placed.append({"id": number, **each, "gridPos": {"x": x, "y": y, **size}})
        x, deepest = x + size["w"], max(deepest, y + size["h"])
    return placed
