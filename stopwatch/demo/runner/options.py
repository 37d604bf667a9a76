"""What a person may ask of ``./demo``."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stopwatch.demo.sites.faults import FaultKind
from stopwatch.demo.sites.plan import SITES

RULE_OF_FAULT = {
    FaultKind.INTEGRATION_5XX: "integration-5xx",
    FaultKind.INTEGRATION_LATENCY: "integration-latency",
    FaultKind.EXCEPTIONS: "order-exceptions",
    FaultKind.LABELS: "carrier-labels",
    FaultKind.ORDER_TO_SHIP: "order-to-ship",
}
"""The demo's rule that must notice each fault; a silent or closed site breaches none."""

_ABOUT = """\
Starts six simulated warehouses, a real Prometheus, an emulated Slack and stopwatch on free loopback ports, injects a
fault at one site, and goes with you through the pause that follows: card, acknowledge, recovery, resume. Takes less
than three minutes, then stays up to be played with until Ctrl-C. Nothing leaves this machine, and nothing is left."""
_EXAMPLES = """\
examples:
  ./demo                              look on, then play
  ./demo --headless --assert          for machines: exit code 1 if a link of the chain is broken
  ./demo --site lyon --kind labels    carrier labels fail in Lyon"""


@dataclass(frozen=True, slots=True)
class Options:
    """The scenario and how it is shown."""

    headless: bool
    """Nobody looks on: end when the scenario has ended."""
    asserting: bool
    """The exit code tells whether every check was good."""
    site: str
    kind: FaultKind
    seed: int
    keep: bool
    """Leave the folder with databases and logs behind."""
    picture: Path | None
    """Where to put a picture of the open card."""

    @property
    def rule(self) -> str:
        """The rule that must notice the fault."""
        return RULE_OF_FAULT[self.kind]


def options_from(arguments: Sequence[str] | None = None) -> Options:
    """
    Read the command line.

    Raises:
        SystemExit: 2 for bad usage, 0 after --help.

    """
    parser = ArgumentParser(
        prog="./demo", description=_ABOUT, epilog=_EXAMPLES, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--headless", action="store_true", help="nobody looks on: end when the scenario has ended")
    parser.add_argument(
        "--assert", dest="asserting", action="store_true", help="exit with 1 if a check failed, also after Ctrl-C"
    )
    parser.add_argument(
        "--site", choices=[site.id for site in SITES], default="ham-01", metavar="SITE", help="default: %(default)s"
    )
    parser.add_argument(
        "--kind",
        choices=[str(kind) for kind in RULE_OF_FAULT],
        default=str(FaultKind.INTEGRATION_5XX),
        metavar="KIND",
        help=f"what goes wrong, of {', '.join(RULE_OF_FAULT)}; default: %(default)s",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the simulated orders; default: %(default)s")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the database and the logs behind")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="take a picture of the open card with Chromium")
    given = parser.parse_args(arguments)
    return Options(
        headless=given.headless,
        asserting=given.asserting,
        site=given.site,
        kind=FaultKind(given.kind),
        seed=given.seed,
        keep=given.keep,
        picture=given.picture,
    )
