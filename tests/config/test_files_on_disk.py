"""Files that are no files, or hold bytes that nobody meant, are complaints like any other."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.load import FILES, check_folder, load_rule_set
from stopwatch.config.yaml import load_text
from tests.config import golden

GOOD = {name: (golden.GOOD / name).read_bytes() for name in FILES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in GOOD.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def headlines(folder: Path) -> list[str]:
    """What is said about the files of *folder*, without its name and without hints."""
    return [one.headline().removeprefix(f"{folder}/") for one in check_folder(folder)[1]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"kpis: [\xff]", "1:8: error: byte 0xff is not UTF-8 [not-utf-8]", id="latin-1"),
        pytest.param(b"kpis:\r\n\xff", "2:1: error: byte 0xff is not UTF-8 [not-utf-8]", id="in the second line"),
        pytest.param(b"", "1:1: error: the file is empty [file-empty]", id="empty"),
        pytest.param(
            b"kpis: \x07", "1:7: error: the character U+0007 is not allowed in YAML [odd-character]", id="bell"
        ),
        pytest.param(
            b"#" * (1 << 20) + b"\n", "1:1: error: the file is larger than 1 MiB [file-too-large]", id="large"
        ),
        pytest.param(
            b"kpis: " + b"[" * 100_000,
            "1:26: error: more than 20 lists and mappings inside one another [too-deep]",
            id="deep",
        ),
        pytest.param(
            b"kpis: " + b"9" * 5_000,
            "1:7: error: this number is longer or larger than any measurement [number-too-long]",
            id="long number",
        ),
    ],
)
def test_what_is_said_about_odd_bytes(folder: Path, data: bytes, said: str) -> None:
    (folder / "kpis.yaml").write_bytes(data)
    assert headlines(folder) == [f"kpis.yaml:{said}"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="newlines of Windows"),
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
    ],
)
def test_how_an_editor_saves_makes_no_difference(folder: Path, change: Callable[[bytes], bytes]) -> None:
    before = load_rule_set(folder)
    for name, data in GOOD.items():
        (folder / name).write_bytes(change(data))
    after = load_rule_set(folder)
    assert (after.plan, after.kpis, after.rules) == (before.plan, before.kpis, before.rules)
    assert after.revision != before.revision


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "rollout.yaml").unlink()
    assert headlines(folder) == ["rollout.yaml:1:1: error: there is no such file [file-missing]"]


def test_a_folder_in_place_of_a_file_is_named(folder: Path) -> None:
    (folder / "kpis.yaml").unlink()
    (folder / "kpis.yaml").mkdir()
    assert headlines(folder) == ["kpis.yaml:1:1: error: this is a folder, not a file [file-is-folder]"]


def test_a_missing_folder_says_where_to_name_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(ComplaintsError, match="STOPWATCH_CONFIG") as caught:
        load_rule_set(tmp_path / "nowhere")
    assert [one.code for one in caught.value.complaints] == ["file-missing"] * 3


@pytest.mark.slow
def test_a_file_of_too_many_values_is_not_read_to_its_end(folder: Path) -> None:
    (folder / "kpis.yaml").write_bytes(b"kpis: [" + b"1," * 50_000 + b"]")
    assert [line.rpartition("[")[2] for line in headlines(folder)] == ["too-many-values]"]


def test_json_with_tabs_is_read_as_yaml() -> None:
    node, complaints = load_text("x", b'{\n\t"rules": [\n\t\t{"id": "\\ud83d\\ude00\\/", "n": 1.50}\n\t]\n}\n')
    assert complaints == []
    assert node is not None


PIECES = st.sampled_from(
    [b"kpis:", b"rules:", b"sites:", b" - ", b"\n", b"  ", b"{", b"}", b"[", b"]", b",", b": ", b"id: x", b"&a ", b"*a",
     b"!!set", b"? ", b"|\n", b">\n", b'"', b"'", b"#", b"\t", b"\r", b"---\n", b"...\n", b"%YAML 1.1\n", b"<<: ",
     b"\\u", b"\xff", b"\x00", b"\xe2\x80\xa8", b"1e99", b"0x", b".inf", b"~", b"2026-11-20",
     b"overrides: ", b"threshold: "]
)  # fmt: skip


@settings(max_examples=60)
@given(st.sampled_from(FILES), st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=30).map(b"".join)))
def test_no_bytes_make_the_loader_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for other, good in GOOD.items():
        (folder / other).write_bytes(data if other == name else good)
    rule_set, complaints = check_folder(folder)
    shutil.rmtree(folder)
    assert rule_set is not None or "error: " in str(ComplaintsError(complaints))


@settings(max_examples=60)
@given(st.sampled_from(FILES), st.data())
def test_a_slip_of_the_pen_is_a_complaint_or_loads(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    good = (golden.HERE.parents[1] / "rules" / name).read_bytes()
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 12))
    slipped = good[:at] + data.draw(PIECES) + good[at + cut :]
    folder = tmp_path_factory.mktemp("slip")
    for other in FILES:
        (folder / other).write_bytes(slipped if other == name else GOOD[other])
    rule_set, complaints = check_folder(folder)
    shutil.rmtree(folder)
    assert (rule_set is None) == any(one.severity == "error" for one in complaints)
