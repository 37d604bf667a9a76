"""Pages out of templates: escaped by default, strict about names, with style and script from here and nowhere else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from stopwatch.web.api.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.web.pages.sessions import Session

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}
STATIC = {"pages.css": "text/css", "board.js": "text/javascript", "icon.svg": "image/svg+xml"}
NAV = (
    ("Board", "/", ("board.html", "readiness.html")),
    ("Decisions", "/decisions", ("decisions.html", "decision.html")),
    ("Issues", "/issues", ("issues.html",)),
    ("Reports", "/reports/checkpoint", ("report.html",)),
)
"""The pages one finds from everywhere: label, address, and the templates that belong to it."""
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def static_text(name: str) -> str:
    """Return one of our own static files."""
    return resources.files("stopwatch.web").joinpath("static", name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class PageFrame:
    """
    What the layout needs: addresses of style and script, the ways to other pages, and who is signed in.

    *refresh* is after how many seconds the script asks again (0: never); *keep* says that something on the page must
    outlive a refresh, such as a form, so that a browser without scripts does not load it anew.
    """

    style: str = ""
    script: str = ""
    icon: str = ""
    inline_style: str = ""
    refresh: int = 0
    login: bool = False
    session: Session | None = None
    nav: Sequence[tuple[str, str, bool]] = ()
    keep: bool = False


@dataclass(slots=True)
class Templates:
    """Templates and static files of the pages, read once."""

    files: dict[str, str] = field(default_factory=lambda: {name: static_text(name) for name in STATIC})
    environment: Environment = field(
        default_factory=lambda: Environment(
            loader=PackageLoader("stopwatch.web"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    )

    def address(self, name: str) -> str:
        """Return where a static file is served; the address changes with its content."""
        digest = hashlib.sha256(self.files[name].encode()).hexdigest()[:12]
        return f"/static/{name}?v={digest}"

    def static(self, name: str) -> Response:
        """
        Answer with a static file.

        Raises:
            ProblemError: There is none of that name.

        """
        if name not in self.files:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no file {name}")
        return Response(self.files[name], media_type=STATIC[name], headers=_FOR_EVER)

    def frame(
        self,
        template: str,
        *,
        session: Session | None = None,
        login: bool = False,
        refresh: int = 0,
        keep: bool = False,
    ) -> PageFrame:
        """Return the frame of a page that is served."""
        style, script, icon = (self.address(name) for name in ("pages.css", "board.js", "icon.svg"))
        nav = [(label, address, template in theirs) for label, address, theirs in NAV]
        return PageFrame(style, script, icon, refresh=refresh, login=login, session=session, nav=nav, keep=keep)

    def text(self, template: str, frame: PageFrame, facts: Mapping[str, object]) -> str:
        """Return a page as text."""
        return self.environment.get_template(template).render(page=frame, **facts)

    def page(self, template: str, frame: PageFrame, facts: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
        """Answer with a page."""
        return HTMLResponse(self.text(template, frame, facts), status_code=status, headers=PAGE_HEADERS)

    def filed(self, template: str, facts: Mapping[str, object]) -> str:
        """Return a page that needs nothing else, to be read from a folder."""
        return self.text(template, PageFrame(inline_style=self.files["pages.css"]), facts)
