"""The simulator's port: metrics out, faults in, nonsense refused."""

from collections.abc import Iterator

import httpx
import pytest

from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.simulator import Simulator

pytestmark = pytest.mark.slow

START = 1_795_000_000.0


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def port(clock: HandClock) -> Iterator[httpx.Client]:
    with (
        Simulator(Estate(start=START, seed=1), clock=clock) as simulator,
        httpx.Client(base_url=simulator.url, trust_env=False, timeout=60) as client,
    ):
        yield client


def test_a_scrape_sees_the_world_as_old_as_the_clock_says(port: httpx.Client, clock: HandClock) -> None:
    assert 'wms_orders_total{site="HAM"}' not in port.get("/metrics").text
    clock.now += 5
    page = port.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert 'wms_orders_total{site="HAM"}' in page.text


def test_a_long_sleep_is_caught_up_in_one_scrape(port: httpx.Client, clock: HandClock) -> None:
    clock.now += 6 * 3600
    assert 'wms_orders_total{site="MXP"}' in port.get("/metrics").text


def test_a_fault_is_listed_until_it_ends(port: httpx.Client, clock: HandClock) -> None:
    wish = {"site": "lyon", "kind": "integration_5xx", "strength": 0.3, "seconds": 20}
    answer = port.post("/control/fault", json=wish)
    assert answer.status_code == 201
    assert answer.json() == {"site": "lyon", "kind": "integration_5xx", "strength": 0.3, "until": START + 20}
    assert port.get("/control/fault").json() == {"faults": [answer.json()]}
    clock.now += 20
    assert port.get("/control/fault").json() == {"faults": []}


def test_faults_are_cleared_by_site_and_kind(port: httpx.Client) -> None:
    for site in ("lyon", "lodz"):
        for kind in ("closed", "labels"):
            port.post("/control/fault", json={"site": site, "kind": kind})
    assert port.delete("/control/fault", params={"site": "lyon", "kind": "closed"}).json() == {"cleared": 1}
    assert port.delete("/control/fault", params={"site": "lodz"}).json() == {"cleared": 2}
    assert port.delete("/control/fault").json() == {"cleared": 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/nowhere", b"", 404, id="no such page"),
        pytest.param("POST", "/metrics", b"{}", 404, id="posting metrics"),
        pytest.param("DELETE", "/metrics", b"", 404, id="deleting metrics"),
        pytest.param("POST", "/control/fault", b"{", 422, id="not JSON"),
        pytest.param("POST", "/control/fault", b"[" * 60_000, 422, id="deep JSON"),
        pytest.param("POST", "/control/fault", b"[]", 422, id="no object"),
        pytest.param("POST", "/control/fault", b" " * 70_000, 422, id="too long"),
        pytest.param("POST", "/control/fault", b'{"site": "oslo"}', 422, id="unknown site"),
        pytest.param("DELETE", "/control/fault?kind=fire", b"", 422, id="unknown kind"),
    ],
)
def test_nonsense_is_refused_and_the_port_lives_on(
    port: httpx.Client, method: str, path: str, body: bytes, status: int
) -> None:
    answer = port.request(method, path, content=body)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert port.get("/-/healthy").status_code == 200
