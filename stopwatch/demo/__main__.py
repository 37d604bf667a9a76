"""``python -m stopwatch.demo`` is what ``./demo`` runs once everything is installed."""

import sys

from stopwatch.demo.runner.options import options_from
from stopwatch.demo.runner.show import show

if __name__ == "__main__":
    sys.exit(show(options_from()))
