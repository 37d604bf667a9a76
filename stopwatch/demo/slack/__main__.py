"""``python -m stopwatch.demo.slack [--port N] [--token T]… [--channel ID=name]… [--request-url URL]``."""

import argparse

from stopwatch.demo.slack.serve import serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="stopwatch demo slack", description="A strict imitation of Slack on loopback."
    )
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--token", action="append", help="a token that is let in (default: xoxb-demo and xapp-demo)")
    parser.add_argument("--channel", action="append", help="ID=name (default: C0HYPERCARE=hypercare)")
    parser.add_argument("--request-url", help="where clicks go when no Socket Mode session is open")
    asked = parser.parse_args()
    channels = {one.partition("=")[0]: one.partition("=")[2] or one.lower() for one in asked.channel or []}
    tokens = asked.token or ["xoxb-demo", "xapp-demo"]
    serve(port=asked.port, tokens=tokens, channels=channels or None, request_url=asked.request_url)


if __name__ == "__main__":
    main()
