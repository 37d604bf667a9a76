"""The page."""

from fastapi import FastAPI

from stopwatch.demo.slack.workspace import Workspace


def add_page(app: FastAPI, workspace: Workspace) -> None:
    """Nothing yet."""
