"""The page that shows a channel as people see it, and lets them click, answer in the thread and fill in modals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from string import Template
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import FastAPI
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from stopwatch.demo.slack.drawing import attribute, draw, text, uploaded
from stopwatch.demo.slack.mrkdwn import Reader, mrkdwn, plain
from stopwatch.demo.slack.posting import GONE
from stopwatch.demo.slack.records import Message
from stopwatch.demo.slack.workspace import Workspace

FOLDER = Path(__file__).parent / "static"
SHOWN = 100
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'"
)
HEADERS = {"content-security-policy": POLICY, "x-content-type-options": "nosniff", "cache-control": "no-store"}
KINDS = {"slack.css": "text/css", "slack.js": "text/javascript"}
PNG = b"\x89PNG\r\n\x1a\n"


def reader_of(workspace: Workspace, zone: str = "Europe/Berlin") -> Reader:
    """Somebody of this workspace in *zone*, or in UTC where the machine knows no zones."""
    try:
        here: tzinfo = ZoneInfo(zone)
    except ZoneInfoNotFoundError:
        here = UTC
    return Reader(
        here,
        {item.id: item.real_name for item in workspace.people.values()},
        {item.id: item.handle for item in workspace.groups.values()},
        {item.id: item.name for item in workspace.channels.values()},
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """One channel, drawn for one reader."""

    workspace: Workspace
    channel: str
    reader: Reader

    def messages(self) -> str:
        """The last roots of the channel, each with its thread below it."""
        roots = [
            item
            for item in self.workspace.all_messages(self.channel)
            if not item.in_thread_only and not item.lost and self._shown(item)
        ]
        if not roots:
            return '<p class="nothing">Nothing has been said here yet.</p>'
        return "".join(self._root(item) for item in roots[-SHOWN:])

    def _shown(self, message: Message) -> bool:
        return message.there or bool(self.workspace.replies(self.channel, message.ts))

    def _root(self, message: Message) -> str:
        below = self.workspace.replies(self.channel, message.ts) if not message.broadcast else []
        thread = "".join(self.message(item) for item in below)
        count = f'<div class="count">{len(below)} {"reply" if len(below) == 1 else "replies"}</div>' if below else ""
        return self.message(message) + (f'<div class="thread">{count}{thread}</div>' if below else "")

    def message(self, message: Message) -> str:
        """One message: who, when and what."""
        if message.deleted:
            return f'<article class="gone">{GONE}</article>'
        who = self.workspace.people.get(message.user)
        name = who.real_name if who else message.user
        at = datetime.fromtimestamp(float(message.ts), UTC).astimezone(self.reader.zone)
        badge = '<span class="app">APP</span>' if message.by_app else ""
        notes = ""
        if message.broadcast:
            notes += '<div class="note">replied to a thread, also sent to the channel</div>'
        if message.only_for is not None:
            notes += f'<div class="note">Only visible to {plain(self.reader.people.get(message.only_for, ""))}</div>'
        body = draw(message.blocks, self.reader) or f"<div>{mrkdwn(message.text, self.reader)}</div>"
        edited = '<span class="edited">(edited)</span>' if message.edited_at else ""
        files = "".join(_file(item) for item in message.files)
        colour = sum(message.user.encode()) % 6
        face = (
            '<div class="face bot"></div>' if message.by_app else f'<div class="face c{colour}">{plain(name[:1])}</div>'
        )
        identity = f'id="p{message.ts.replace(".", "")}" data-ts="{attribute(message.ts)}"'
        kind = "ephemeral" if message.only_for is not None else "said"
        return (
            f'<article class="{kind}" {identity}>{face}<div class="body"><div class="who"><b>{plain(name)}</b>{badge}'
            f'<time title="{attribute(message.text)}">{at:%H:%M}</time>'
            f'<button type="button" class="reply" data-thread="{attribute(message.thread_ts or message.ts)}">reply'
            f'</button><button type="button" class="reply" data-shortcut="pause">stop the rollout</button>'
            f'<button type="button" class="reply" data-shortcut="issue">log an issue</button>'
            f"</div>{notes}{body}{edited}{files}</div></article>"
        )

    def modal(self) -> str:
        """The newest open modal, empty when there is none."""
        held = [item for item in self.workspace.views.values() if item["open"]]
        if not held:
            return ""
        view, user, wrong = held[-1]["view"], held[-1]["user"], held[-1].get("errors", {})
        errors = "".join(f'<p class="wrong">{plain(str(words))}</p>' for words in wrong.values())
        send = text(view["submit"], self.reader) or "Submit"
        return (
            f'<form class="modal" data-view="{attribute(view["id"])}" data-user="{attribute(user)}">'
            f"<h2>{text(view['title'], self.reader)}</h2>{errors}{draw(view['blocks'], self.reader)}"
            f'<div class="actions end"><button type="button" class="button plain" data-close>Cancel</button>'
            f'<button class="button primary">{send}</button></div></form>'
        )


def _file(item: Mapping[str, Any]) -> str:
    title = plain(str(item.get("title", "")))
    return f'<figure><div class="context">{title}</div>{uploaded(item["id"], item["alt_txt"])}</figure>'


def whole_page(workspace: Workspace, channel: str, *, bare: bool) -> str:
    """The page of *channel*, asked for again every second; *bare* shows the messages and nothing around them."""
    drawn = Drawn(workspace, channel, reader_of(workspace))
    entries = "".join(
        f'<a class="{"here" if item.id == channel else "other"}" href="/?channel={attribute(item.id)}">'
        f"# {plain(item.name)}</a>"
        for item in workspace.channels.values()
    )
    options = "".join(
        f'<option value="{attribute(item.id)}">{plain(item.real_name)}</option>'
        for item in workspace.people.values()
        if item.id != "U0STOPWATCH"
    )
    page = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    return page.substitute(
        channel=attribute(channel),
        look="bare" if bare else "whole",
        name=plain(workspace.channels[channel].name),
        channels=entries,
        people=options,
        members=len(workspace.people),
        messages=drawn.messages(),
        modal=drawn.modal(),
    )


def add_page(app: FastAPI, workspace: Workspace) -> None:
    """Give *app* the page, its parts, and uploaded pictures."""
    _add_files(app, workspace)

    @app.get("/", include_in_schema=False)
    def page(channel: str = "", bare: int = 0) -> Response:
        with workspace.lock:
            workspace.settle()
            known = channel if channel in workspace.channels else next(iter(workspace.channels), "")
            if not known:
                return HTMLResponse("<p>No channel exists.</p>", headers=HEADERS)
            return HTMLResponse(whole_page(workspace, known, bare=bool(bare)), headers=HEADERS)

    @app.get("/page/{channel}", include_in_schema=False)
    def parts(channel: str) -> Response:
        with workspace.lock:
            workspace.settle()
            if channel not in workspace.channels:
                return JSONResponse({"messages": "", "modal": ""}, status_code=404)
            drawn = Drawn(workspace, channel, reader_of(workspace))
            return JSONResponse({"messages": drawn.messages(), "modal": drawn.modal()}, headers=HEADERS)


def _add_files(app: FastAPI, workspace: Workspace) -> None:
    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in KINDS:
            return Response(status_code=404)
        return FileResponse(FOLDER / name, media_type=KINDS[name], headers=HEADERS)

    @app.get("/files/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        with workspace.lock:
            held = workspace.files.get(name)
        if held is None or not isinstance(held["content"], bytes) or not held["content"].startswith(PNG):
            return Response(status_code=404)
        return Response(held["content"], media_type="image/png", headers=HEADERS)

    @app.get("/archives/{channel}/{anchor}", include_in_schema=False)
    def archive(channel: str, anchor: str) -> Response:
        if channel not in workspace.channels or not anchor.removeprefix("p").isdecimal():
            return Response(status_code=404)
        return RedirectResponse(f"/?channel={channel}#{anchor}")
