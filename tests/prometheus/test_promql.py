"""What the static checks say about an expression, and where."""

from datetime import timedelta

import promql_parser
import pytest

from stopwatch.prometheus.columns import columns
from stopwatch.prometheus.finding import Severity
from stopwatch.prometheus.promql import findings, ranges
from stopwatch.prometheus.tree import Node, tree

RATE = "sum by (site) (rate(errors_total[5m]))"
TOTAL = "sum by (site) (rate(requests_total[5m]))"

CLEAN = [
    pytest.param(RATE, id="a rate by site"),
    pytest.param('sum by (site) (rate(errors_total{site=~"$sites", code=~"5.."}[5m]))', id="with $sites"),
    pytest.param(f"({RATE} or {TOTAL} * 0) / {TOTAL}", id="a ratio filled in above"),
    pytest.param(f"({RATE} / {TOTAL}) or {TOTAL} * 0", id="a ratio filled in around"),
    pytest.param(f"1 - ({RATE} or 0 * {TOTAL}) / {TOTAL}", id="one minus a ratio"),
    pytest.param("histogram_quantile(0.95, sum by (site, le) (rate(lead_bucket[5m])))", id="a percentile"),
    pytest.param(
        "sum by (site) (rate(lead_sum[5m])) / sum by (site) (rate(lead_count[5m]))", id="mean of one histogram"
    ),
    pytest.param("sum without (instance) (increase(x_total[1m]))", id="without another label"),
    pytest.param("max by (site) (max_over_time(up[5m:1m]))", id="a subquery"),
    pytest.param('label_replace(sum by (host) (rate(x[1m])), "site", "$1", "host", "(.*)")', id="site from the host"),
    pytest.param(f"{RATE} and on (site) {TOTAL} > 10", id="a comparison as a condition"),
    pytest.param(f"{RATE} / ({TOTAL} > 0) or {TOTAL} * 0", id="a guard in the denominator"),
    pytest.param('count_values by (site) ("v", last_over_time(x[1m]))', id="count values by site"),
    pytest.param("topk(1, last_over_time(x[1m]))", id="topk keeps labels"),
    pytest.param("# absent(x) > 5\n" + RATE, id="a comment"),
    pytest.param('sum by (site) (rate(x{a="absent(y) > 5 or vector(0)"}[5m]))', id="inside a string"),
]


@pytest.mark.parametrize("expression", CLEAN)
def test_nothing_is_said_about_a_good_query(expression: str) -> None:
    assert findings(expression, window=timedelta(minutes=15)) == ()


ERRORS = [
    pytest.param("^>", "comparison", "rate(x[1m]) ^> 5", id="top level"),
    pytest.param("^>", "comparison", "((rate(x[1m]) ^> 5))", id="in parentheses"),
    pytest.param("^>=", "comparison", "-(rate(x[1m]) ^>= 5)", id="behind a sign"),
    pytest.param("^==", "comparison", "rate(x[1m]) ^== bool 5", id="with bool"),
    pytest.param("^>", "comparison", "rate(x[1m]) / 2 ^> 5 or rate(y[1m])", id="one side of or"),
    pytest.param("^<", "comparison", "rate(x[1m]) ^< 5 unless rate(y[1m])", id="the value of unless"),
    pytest.param("^absent", "absent", "^absent(rate(x[1m]))", id="absent"),
    pytest.param("^absent", "absent", "1 - ^absent_over_time(x[5m])", id="absent over time"),
    pytest.param("^sum", "site-label", "^sum(rate(x[1m]))", id="sum over everything"),
    pytest.param("^sum", "site-label", "^sum by (job) (rate(x[1m]))", id="by another label"),
    pytest.param("^sum", "site-label", "^sum(rate(x[1m])) by (job)", id="modifier behind"),
    pytest.param("^max", "site-label", "^max without (site, le) (rate(x[1m]))", id="without the site"),
    pytest.param("^avg", "site-label", "clamp_max(2 * ^avg(rate(x[1m])), 1)", id="below a function"),
    pytest.param("^sum", "site-label", "sum by (site) (^sum by (job) (rate(x[1m])))", id="dropped further down"),
    pytest.param("^*", "site-label", "rate(x[1m]) ^* on (job) rate(y[1m])", id="matched on another label"),
    pytest.param("^*", "site-label", "rate(x[1m]) ^* ignoring (site) rate(y[1m])", id="matched ignoring it"),
    pytest.param("^vector", "site-label", "^vector(1)", id="a vector of nothing"),
    pytest.param("^4", "site-label", "^4", id="a number"),
]


@pytest.mark.parametrize(("caret", "code", "marked"), ERRORS)
def test_an_error_is_found_at_its_column(caret: str, code: str, marked: str) -> None:
    column, expression = marked.index("^"), marked.replace("^", "", 1)
    [error] = [finding for finding in findings(expression) if finding.severity is Severity.ERROR]
    assert (error.code, error.column) == (code, column)
    assert expression[error.column :].startswith(caret[1:])


WARNINGS = [
    pytest.param("or-vector", f"{RATE} ^or vector(0)", id="or vector"),
    pytest.param("or-vector", f"{RATE} ^or on () (vector(0))", id="or vector matched on nothing"),
    pytest.param("bare-selector", "sum by (site) (^up)", id="a bare selector"),
    pytest.param("bare-selector", 'sum by (site) (^up{job="a"} offset 5m)', id="a bare selector with an offset"),
    pytest.param("bare-selector", 'sum by (site) (^{__name__="up"})', id="a selector without a name"),
    pytest.param("bare-ratio", f"{RATE} ^/ {TOTAL}", id="a bare ratio"),
    pytest.param("bare-ratio", f"-1 - ({RATE} ^/ on (site) -{TOTAL})", id="a bare ratio among signs"),
    pytest.param("bare-ratio", "sum by (site) (rate(a_sum[1m])) ^/ sum by (site) (rate(b_count[1m]))", id="two means"),
    pytest.param("wide-range", "sum by (site) (rate(^x[6m]))", id="a wide range"),
    pytest.param("wide-range", "max by (site) (max_over_time(^rate(x[1m])[6m:1m]))", id="a wide subquery"),
    pytest.param(
        "summary-quantile",
        'avg by (site) (avg_over_time(^lead{quantile="0.95"}[1m]))',
        id="percentile of a summary",
    ),
]


@pytest.mark.parametrize(("code", "marked"), WARNINGS)
def test_a_warning_is_found_at_its_column(code: str, marked: str) -> None:
    column, expression = marked.index("^"), marked.replace("^", "", 1)
    [warning] = findings(expression, window=timedelta(minutes=15))
    assert (warning.code, warning.severity, warning.column) == (code, Severity.WARNING, column)
    assert warning.hint


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        pytest.param("sum by (site) (rate(x[5m])", 26, id="unclosed parenthesis"),
        pytest.param("sum(rate(x[5m])))", 16, id="one parenthesis too many"),
        pytest.param("rate(x)", 0, id="no range"),
        pytest.param("1 + rate(x)", 4, id="no range further on"),
        pytest.param("", 0, id="nothing"),
        pytest.param("up{site=~$sites}", 9, id="$sites without quotes"),
        pytest.param("(" * 100_000, 0, id="nested too deeply for the parser"),
        pytest.param("+".join(["x"] * 5_000), 0, id="too many operators for the parser"),
        pytest.param("x" + "[5m:]" * 1_000, 0, id="too many subqueries"),
        pytest.param("-" * 5_000 + "x", 0, id="too many signs"),
        pytest.param("x" * 30_000, 0, id="too long"),
    ],
)
def test_what_does_not_parse_is_one_error(expression: str, column: int) -> None:
    [error] = findings(expression)
    assert (error.code, error.severity, error.column) == ("promql-syntax", Severity.ERROR, column)
    assert ranges(expression) == ()


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(" + ".join(["rate(x[1m])"] * 140), id="a long sum"),
        pytest.param("abs(" * 140 + "x" + ")" * 140, id="a deep call"),
        pytest.param("-(" * 70 + "x" + ")" * 70, id="signs and parentheses"),
        pytest.param("(" * 140 + "x" + ")" * 140, id="parentheses"),
    ],
)
def test_the_deepest_trees_allowed_are_walked_to_their_end(expression: str) -> None:
    assert "promql-syntax" not in [found.code for found in findings(expression)]


def test_another_site_label_is_looked_for_when_it_is_named() -> None:
    assert findings("sum by (warehouse) (rate(x[1m]))", site="warehouse") == ()
    assert [found.code for found in findings(RATE, site="warehouse")] == ["site-label"]


def test_the_ranges_of_a_query_are_told_longest_first() -> None:
    found = ranges("max_over_time(rate(x[2m])[10m:1m]) + rate(y[5m]) + rate(z[2m])")
    assert found == (timedelta(minutes=10), timedelta(minutes=5), timedelta(minutes=2))


ODD = [
    "x{a='}'}[5m] offset 5m",
    "sum by (site, le) (rate(x[5m] @ end())) - on (a, b) group_left (c) -y",
    "-1 + +2 * -x ^ -inf",
    "a atan2 b and on () c unless ignoring (d) e",
    "quantile by (site) (0.9, rate({__name__=~'a|b'}[1m] @ 1609746000.5 offset -1m))",
    "topk(scalar(y), x) by (site) + count_values('z', w)",
    "0x1F + 1e3 + .5e-2 + x:y_z:sum",
    "on_time_total / information + nanny + bool_x + byte",
    'label_replace(x, "a", "`b`", "c", `d"`) # end',
]


@pytest.mark.parametrize("expression", [*ODD, *(row.values[0] for row in CLEAN)])
def test_the_text_shows_as_many_places_as_the_tree_has_nodes(expression: object) -> None:
    assert isinstance(expression, str)

    def placed(node: Node) -> int:
        leaf = isinstance(node.expr, promql_parser.VectorSelector | promql_parser.MatrixSelector)
        return (leaf or bool(node.operator or node.function or node.aggregation)) + sum(map(placed, node.children))

    assert placed(tree(expression)) == len(columns(expression))
