"""The live check against a real Prometheus: what it says of sites that are seen well, badly, twice or not at all."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.demo.prometheus import PrometheusServer
from stopwatch.demo.slack import SlackEmulator

pytestmark = pytest.mark.slow
HOURS = 30
KPIS = """\
kpis:
  - id: load
    title: Load
    unit: seconds
    better: lower
    query: avg_over_time(load[3m])
    volume: sum by (site) (sum_over_time(orders[3m]))
  - id: optional
    title: Nice to have
    unit: seconds
    better: lower
    required: false
    query: max by (site) (max_over_time(load[3m]))
    volume: sum by (site) (sum_over_time(orders[3m]))
  - id: modern
    title: Asks for what this Prometheus does not know
    unit: count
    better: lower
    query: sum by (site) (mad_over_time(load[3m]))
"""
RULES = """\
rules:
  - id: slow
    kpi: load
    op: ">"
    threshold: 9
    sustain: {{for: 15m}}
    volume: {{min: 20}}
    links: {{dashboard: "{links}/d?site={{site}}"}}
  - {{id: slow-optional, kpi: optional, op: ">", threshold: 9, sustain: {{for: 15m}}, volume: {{min: 20}}}}
"""
SITES = ("ham", "lodz", "gent", "brno", "wien", "soon")
"""Seen well; two series; nothing; too few orders; silent for two hours; nothing yet, and not live yet."""


def history() -> str:
    """A sample a minute until the present and a little beyond, as OpenMetrics."""
    now = int(time.time()) // 60 * 60
    lines = []
    series = [("ham", "a"), ("lodz", "a"), ("lodz", "b"), ("brno", "a"), ("wien", "a")]
    ends = {"wien": now - 7200}
    for metric, usual, few in (("load", 4, 4), ("orders", 50, 1)):
        lines.append(f"# TYPE {metric} gauge")
        for site, instance in series:
            instants = range(now - HOURS * 3600, ends.get(site, now + 600), 60)
            sample = f'{metric}{{site="{site}",instance="{instance}"}} {few if site == "brno" else usual}'
            lines += [f"{sample} {at}" for at in instants]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "history.om").write_text(history())
    with PrometheusServer(folder / "server", openmetrics=folder / "history.om") as server:
        yield server


@pytest.fixture
def links() -> Iterator[str]:
    """A server that knows no HEAD and answers every GET."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(405)

        def do_GET(self) -> None:
            self.send_response(404 if "site=brno" in self.path else 302)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def folder(tmp_path: Path, links: str, *, sites: tuple[str, ...] = SITES, kpis: str = KPIS) -> Path:
    live = datetime.now(UTC) - timedelta(hours=24)
    later = datetime.now(UTC) + timedelta(days=9)
    plan = {
        "rollout": "checkup",
        "phases": [{"id": "pilot", "sites": list(sites), "observation": "7d"}],
        "sites": {
            site: {
                "name": site.title(),
                "timezone": "Europe/Berlin",
                "go_live": (later if site == "soon" else live).isoformat(),
            }
            for site in sites
        },
    }
    (tmp_path / "kpis.yaml").write_text(kpis)
    (tmp_path / "stop-rules.yaml").write_text(RULES.format(links=links))
    (tmp_path / "rollout.yaml").write_text(json.dumps(plan))
    return tmp_path


def run(rules: Path, prometheus_url: str, *arguments: str, **more: str) -> Result:
    env = {"STOPWATCH_PROMETHEUS_URL": prometheus_url, "STOPWATCH_LINK_HOSTS_PRIVATE": "true", **more}
    return CliRunner().invoke(main, ["check", str(rules), "--live", *arguments], env=env)


def test_each_site_is_told_what_is_wrong_with_it(tmp_path: Path, prometheus: PrometheusServer, links: str) -> None:
    result = run(folder(tmp_path, links), prometheus.url, "--format", "json")
    said = json.loads(result.stdout)
    found = {(one["site"], one["code"], one["kpi"], one["weight"]) for one in said["findings"]}
    assert found == {
        ("", "query-refused", "modern", "error"),
        ("lodz", "two-series", "load", "error"),
        ("gent", "no-series", "load", "error"),
        ("gent", "no-series", "optional", "warning"),
        ("soon", "no-series", "load", "warning"),
        ("soon", "no-series", "optional", "warning"),
        ("wien", "no-data-now", "load", "error"),
        ("wien", "no-data-now", "optional", "warning"),
        ("brno", "blind", "load", "error"),
        ("brno", "blind", "optional", "warning"),
        ("brno", "link-missing", "", "error"),
    }
    assert result.exit_code == 1
    assert all(one["hint"] for one in said["findings"])
    [refused] = [one for one in said["findings"] if one["code"] == "query-refused"]
    assert "mad_over_time" in refused["message"]


def test_cells_tell_what_each_rule_sees_worst_first(tmp_path: Path, prometheus: PrometheusServer, links: str) -> None:
    said = json.loads(run(folder(tmp_path, links), prometheus.url, "--format", "json").stdout)
    weights = [cell["weight"] for cell in said["cells"]]
    assert weights == sorted(weights, key=["error", "warning", "good"].index)
    cells = {cell["site"]: cell for cell in said["cells"] if cell["rule"] == "slow"}
    assert set(cells) == set(SITES)
    good = cells["ham"]
    assert (good["weight"], good["series"], good["now"], good["got"], good["wanted"]) == ("good", 1, True, 16, 16)
    assert (good["missing"], good["low"], good["least"]) == (0, 0, 20)
    assert good["usual"] in {150, 200}  # Prometheus 2 counts both ends of a range
    assert (cells["lodz"]["series"], cells["gent"]["series"], cells["gent"]["missing"]) == (2, 0, 1)
    assert (cells["brno"]["low"], cells["brno"]["now"]) == (1, False)
    assert cells["brno"]["usual"] in {3, 4}
    assert (cells["wien"]["now"], cells["wien"]["got"]) == (False, 0)
    assert cells["wien"]["missing"] == pytest.approx(2 / 24, abs=0.01)
    [source] = said["sources"]
    assert source["version"].startswith("2.")
    assert abs(source["skew_seconds"]) < 5


def test_a_site_that_is_seen_well_passes_even_strictly(
    tmp_path: Path, prometheus: PrometheusServer, links: str
) -> None:
    kpis = KPIS.partition("  - id: modern")[0].replace("query: avg_over", "query: avg by (site) (avg_over", 1)
    kpis = kpis.replace("load[3m])\n", "load[3m]))\n", 1)
    rules = folder(tmp_path, links, sites=("ham", "lodz"), kpis=kpis)
    result = run(rules, prometheus.url, "--strict")
    assert result.exit_code == 0, result.output
    assert "live: 0 errors, 0 warnings" in result.stdout
    assert "Slack: off" in result.stdout
    assert "links: 2 asked" in result.stdout


def test_for_people_red_cells_come_first_and_every_finding_says_what_to_do(
    tmp_path: Path, prometheus: PrometheusServer, links: str
) -> None:
    lines = run(folder(tmp_path, links), prometheus.url).stdout.splitlines()
    table = [line.split()[:3] for line in lines if line.startswith(("error ", "warning ", "good "))]
    assert [row[0] for row in table] == sorted((row[0] for row in table), key=["error", "warning", "good"].index)
    assert ["error", "brno", "slow"] in table
    findings = [place for place, line in enumerate(lines) if line.startswith(("error:", "warning:"))]
    assert len(findings) == 11
    assert all(lines[place + 1].startswith("  do: ") for place in findings)


def test_private_links_are_asked_only_if_the_setting_says_so(
    tmp_path: Path, prometheus: PrometheusServer, links: str
) -> None:
    result = run(folder(tmp_path, links), prometheus.url, "--format", "json", STOPWATCH_LINK_HOSTS_PRIVATE="")
    [told] = [one for one in json.loads(result.stdout)["findings"] if one["code"].startswith("link")]
    assert (told["code"], told["weight"]) == ("link-private", "warning")
    assert "STOPWATCH_LINK_HOSTS_PRIVATE" in told["hint"]


def test_findings_become_annotations(tmp_path: Path, links: str) -> None:
    lines = run(folder(tmp_path, links, sites=("ham",)), "http://127.0.0.1:1", "--format", "github").stdout.splitlines()
    assert [line.partition("::source")[0] for line in lines] == ["::error title=source-unreachable"]


def test_a_source_that_does_not_answer_is_said_once(tmp_path: Path, links: str) -> None:
    result = run(folder(tmp_path, links, sites=("ham",)), "http://127.0.0.1:1", "--format", "json")
    said = json.loads(result.stdout)
    assert [one["code"] for one in said["findings"]] == ["source-unreachable"]
    assert [cell["weight"] for cell in said["cells"]] == ["error", "error"]


def test_without_an_address_nothing_can_be_asked(tmp_path: Path, links: str) -> None:
    result = run(folder(tmp_path, links, sites=("ham",)), "")
    assert result.exit_code == 2
    assert "STOPWATCH_PROMETHEUS_URL" in result.stderr


def test_files_with_errors_are_not_held_against_anything(tmp_path: Path, links: str) -> None:
    rules = folder(tmp_path, links, kpis="kpis: 1")
    result = run(rules, "http://127.0.0.1:1")
    assert (result.exit_code, "live:" in result.stdout) == (1, False)


def test_slack_is_asked_for_token_channel_and_scopes(tmp_path: Path, links: str) -> None:
    rules = folder(tmp_path, links, sites=("ham",))
    with SlackEmulator(tokens={"xoxb-demo"}, channels={"C0HYPERCARE": "hypercare"}) as slack:
        with slack.held() as workspace:
            workspace.scopes -= {"chat:write", "users:read"}

        def ask(token: str, channel: str) -> set[tuple[str, str]]:
            env = {
                "STOPWATCH_SLACK_BASE_URL": slack.api_url,
                "STOPWATCH_SLACK_BOT_TOKEN": token,
                "STOPWATCH_SLACK_CHANNEL": channel,
            }
            result = run(rules, "http://127.0.0.1:1", "--format", "json", **env)
            assert token not in result.output
            found = json.loads(result.stdout)["findings"]
            return {(one["code"], one["weight"]) for one in found if one["code"].startswith("slack")}

        scopes = {("slack-scope", "error"), ("slack-scope", "warning")}
        assert ask("xoxb-demo", "C0HYPERCARE") == scopes
        assert ask("xoxb-demo", "C0NOWHERE") == {*scopes, ("slack-channel", "error")}
        assert ask("xoxb-wrong", "C0HYPERCARE") == {("slack-token", "error")}
        with slack.held() as workspace:
            workspace.channels["C0HYPERCARE"].archived = True
        assert ask("xoxb-demo", "C0HYPERCARE") == {*scopes, ("slack-channel", "error")}
