"""What is reached over HTTP: API, pages and probes, with Slack's endpoint routes handed in."""
