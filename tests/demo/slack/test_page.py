"""The page: mrkdwn as people see it, and nothing that came over the wire becomes markup."""

from datetime import UTC
from html.parser import HTMLParser

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from stopwatch.demo.slack import SlackEmulator
from stopwatch.demo.slack.drawing import draw
from stopwatch.demo.slack.mrkdwn import Reader, mrkdwn, plain
from tests.demo.slack.conftest import CHANNEL
from tests.demo.slack.test_blocks import actions, button, image, overflow, section

READER = Reader(UTC, {"U0BEN": "Ben"}, {"S0ONCALL": "on-call"}, {"C0X": "x"})
TAGS = {"b", "i", "s", "br", "a", "span", "code", "pre", "blockquote", "div", "button", "details", "summary", "figure"}
ATTRIBUTES = {"class", "title", "href", "target", "rel", "type", "data-action", "data-value", "data-confirm"}


class Seen(HTMLParser):
    """The tags and attributes of a piece of HTML, as a browser would read them."""

    def __init__(self, piece: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.feed(piece)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("*bold* _it_ ~gone~", "<b>bold</b> <i>it</i> <s>gone</s>", id="styles"),
        pytest.param("a*b*c 2 * 3 * 4", "a*b*c 2 * 3 * 4", id="stars that are none"),
        pytest.param("`*x*`", "<code>*x*</code>", id="code keeps its stars"),
        pytest.param("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;", id="entities"),
        pytest.param("<@U0BEN>", '<span class="mention">@Ben</span>', id="person"),
        pytest.param("<!subteam^S0ONCALL>", '<span class="mention">@on-call</span>', id="group"),
        pytest.param("<!here>", '<span class="mention">@here</span>', id="here"),
        pytest.param("&gt; so", "<blockquote>so</blockquote>", id="a quote by accident"),
        pytest.param("a\nb", "a<br>b", id="lines"),
        pytest.param("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;", id="a link that is none"),
        pytest.param("<!date^0^{date_num} {time}|then>", "1970-01-01 00:00", id="date"),
    ],
)
def test_markup_is_shown_as_people_see_it(text: str, shown: str) -> None:
    assert shown in mrkdwn(text, READER)


def test_an_emoji_name_is_shown_as_eaten() -> None:
    assert 'class="emoji"' in mrkdwn("at 10:30:15", READER)
    assert 'class="emoji"' in plain("Pilot :coffee:")


def test_a_link_is_a_link() -> None:
    seen = Seen(mrkdwn('<https://example.com/?a=1&amp;b="x|Runbook>', READER))
    assert seen.attributes["href"] == ['https://example.com/?a=1&b="x']


HOSTILE = st.text(st.characters(codec="utf-8") | st.sampled_from("<>&|`*_~:\"'!@#^\n\ufdd0\ufdd1"), max_size=60)
PIECES = st.lists(
    HOSTILE
    | st.sampled_from(["<https://x|", "<!date^1^", ">", "```", "`", '" onload="', "<script>", "{date}|", "&lt;"]),
    max_size=12,
).map("".join)


@settings(max_examples=50)
@given(PIECES)
def test_no_text_becomes_markup(text: str) -> None:
    blocks = [
        section(text, accessory=button(text=plain_object(text), action_id=text)),
        actions(overflow(1, text, text), button(text=plain_object(text), url=f"https://x/{text}", action_id="u")),
        image(alt_text=text),
    ]
    seen = Seen(draw(blocks, READER))
    assert seen.tags <= TAGS
    assert set(seen.attributes) <= ATTRIBUTES
    assert all(link.startswith(("https://", "http://", "mailto:")) for link in seen.attributes.get("href", []))


def plain_object(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def test_the_page_shows_the_channel_with_its_threads(client: WebClient, slack: SlackEmulator) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="push", blocks=[section("*PAUSED* <b>"), actions(button())])
    client.chat_postMessage(channel=CHANNEL, text="evidence", thread_ts=root["ts"])
    slack.say(CHANNEL, "U0BEN", "ack <script>", thread_ts=root["ts"])
    answer = httpx.get(slack.page_url, trust_env=False, timeout=60)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for part in ("<b>PAUSED</b> &lt;b&gt;", "2 replies", "evidence", "Ben Okafor", "ack &lt;script&gt;", "# hypercare"):
        assert part in answer.text
    assert "ack" in httpx.get(f"{slack.page_url}page/{CHANNEL}", trust_env=False, timeout=60).json()["messages"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("static/slack.css", 200),
        ("static/slack.js", 200),
        ("static/page.html", 404),
        ("static/..%2fpage.py", 404),
        ("page/C0X", 404),
        ("files/F1", 404),
        (f"archives/{CHANNEL}/p1795300867617073", 307),
    ],
)
def test_the_parts_of_the_page(slack: SlackEmulator, path: str, status: int) -> None:
    assert httpx.get(f"{slack.page_url}{path}", trust_env=False, timeout=60).status_code == status
