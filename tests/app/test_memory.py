"""What a peak took goes back to the system."""

import subprocess
import sys

PEAK = """
import sys
from pathlib import Path
from stopwatch.app.memory import give_back_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "with":
    assert give_back_memory()
bytearray(b"x") * 30_000_000  # the largest block so far: without more ado glibc keeps all smaller ones from now on
before = resident()
blocks = [bytearray(b"x") * 700_000 for _ in range(60)]
last = bytearray(b"x") * 100_000  # lies above them
blocks.clear()
print((resident() - before) // 2**20)
"""


def grown(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", PEAK, how], capture_output=True, text=True, check=True).stdout)


def test_what_a_peak_took_goes_back_to_the_system() -> None:
    assert grown("without") >= 30
    assert grown("with") <= 4
