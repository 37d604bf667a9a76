"""Debian's Chromium as one person uses it: a window that remembers what went wrong in its console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAM = "/usr/bin/chromium"
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
_WATCH = "window.broken = []; addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective));"


@dataclass
class Window:
    """One page of the browser; *said* holds what its console complained of."""

    page: Page
    address: str
    said: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a path of the server, or a whole address."""
        self.page.goto(path if "://" in path else self.address + path)
        return self.page

    def sign_in(self, secret: str, following: str = "/") -> Page:
        self.open(f"/login?next={following}")
        self.page.fill("#token", secret)
        self.page.click("main button")
        return self.page

    def complaints(self) -> list[str]:
        """What the console said and which directives of the policy were violated."""
        return [*self.said, *self.page.evaluate("window.broken || []")]

    def refresh(self) -> None:
        """Let six seconds pass for the page, and wait until it has asked anew."""
        before = self.page.evaluate("Number(document.body.dataset.refreshed || 0)")
        self.page.clock.run_for(6000)
        self.page.locator(f'body[data-refreshed="{before + 1}"]').wait_for(state="attached")

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return found

    def violations(self) -> list[str]:
        """What axe finds serious or critical, with the places."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
            for each in found
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"]
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, address: str, **options: Any) -> Iterator[Window]:  # noqa: ANN401 – Playwright's own options
    """Open a window of its own, with its own cookies and a clock that tests may wind."""
    context = browser.new_context(**{"viewport": DESK, **options})
    context.add_init_script(_WATCH)
    try:
        made = Window(context.new_page(), address)
        made.page.on("console", lambda message: made.said.append(message.text) if message.type == "error" else None)
        made.page.on("pageerror", lambda error: made.said.append(str(error)))
        yield made
    finally:
        context.close()
