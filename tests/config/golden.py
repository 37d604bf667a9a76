"""
Folders with one mistake each, and what is said about it; the README quotes an example of every mistake from them.

``python -m tests.config.golden`` writes what is said now into every ``expected.txt`` and into the README; read the
difference afterwards.
"""

import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

from stopwatch.app.building import examine
from stopwatch.config.load import FILES

HERE = Path(__file__).parent
GOOD = HERE / "good"
BAD = HERE / "bad"
README = Path(__file__).parents[2] / "rules" / "README.md"
SECTION = re.compile(r"(?<=\n)### `([a-z0-9-]+)` \((error|warning)\)\n\n(.*?)(?=\n##|\Z)", re.DOTALL)
"""The section of one mistake: code, weight, and what is written about it."""


def cases() -> list[Path]:
    """Every folder below bad/: it holds the files that differ from those of good/."""
    return sorted(path for path in BAD.iterdir() if path.is_dir())


def said_about(case: Path) -> str:
    """All complaints about good/ with the files of *case* in place of its own, without the folder's name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in FILES:
            shutil.copy(case / file if (case / file).exists() else GOOD / file, folder / file)
        _, complaints = examine(folder)
        return "".join(complaint.render().replace(f"{folder}/", "") + "\n" for complaint in complaints)


@cache
def examples() -> dict[str, str]:
    """For every mistake that a folder shows, what is said about it: in the folder of its name, else in the plainest."""
    found: dict[str, str] = {}
    for case in sorted(cases(), key=lambda case: (len((case / "expected.txt").read_text(encoding="utf-8")), case.name)):
        said = (case / "expected.txt").read_text(encoding="utf-8")
        for complaint in re.findall(r"^\S.*\n(?: .*\n)*", said, re.MULTILINE):
            code = re.search(r"\[([a-z0-9-]+)\]$", complaint.splitlines()[0])
            assert code is not None, complaint
            if code[1] not in found or code[1] == case.name:
                found[code[1]] = complaint
    return found


def with_examples(readme: str) -> str:
    """The text of the README with an example below every mistake that a folder shows."""

    def section(match: re.Match[str]) -> str:
        code, weight, text = match.groups()
        words = text.partition("\n```")[0].rstrip()
        example = f"\n\n```text\n{examples()[code]}```" if code in examples() else ""
        return f"### `{code}` ({weight})\n\n{words}{example}\n"

    return SECTION.sub(section, readme)


def main() -> None:
    """Write everything anew."""
    for case in cases():
        (case / "expected.txt").write_text(said_about(case), encoding="utf-8")
    README.write_text(with_examples(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
