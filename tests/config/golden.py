"""
Folders with one mistake each, and what is said about it.

``python -m tests.config.golden`` writes what is said now into every ``expected.txt``; read the difference afterwards.
"""

import shutil
import tempfile
from pathlib import Path

from stopwatch.config.load import FILES, check_folder

HERE = Path(__file__).parent
GOOD = HERE / "good"
BAD = HERE / "bad"


def cases() -> list[Path]:
    """Every folder below bad/: it holds the files that differ from those of good/."""
    return sorted(path for path in BAD.iterdir() if path.is_dir())


def said_about(case: Path) -> str:
    """All complaints about good/ with the files of *case* in place of its own, without the folder's name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in FILES:
            shutil.copy(case / file if (case / file).exists() else GOOD / file, folder / file)
        _, complaints = check_folder(folder)
        return "".join(complaint.render().replace(f"{folder}/", "") + "\n" for complaint in complaints)


if __name__ == "__main__":
    for one in cases():
        (one / "expected.txt").write_text(said_about(one), encoding="utf-8")
