"""``python -m stopwatch`` is the command ``stopwatch``."""

from stopwatch.cli import main

if __name__ == "__main__":
    main(prog_name="stopwatch")
