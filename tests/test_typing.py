"""What an author's type checker sees."""

import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parent / "typing" / "signatures.py"
CHECKERS = {
    "mypy": ["mypy", "--strict", "--warn-unused-ignores", "--no-incremental"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_exact_signatures_survive_the_decorators(checker: str) -> None:
    pytest.importorskip(checker)
    command = [sys.executable, "-m", *CHECKERS[checker], str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
