"""The examples run, and the README's code is true."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_examples(example: Path) -> None:
    run = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert "momentum" in run.stdout.lower()


def test_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codes = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert codes
    names: dict[str, Any] = {}
    for code in codes:
        if "spark" not in code:
            exec(compile(code, "README.md", "exec"), names)
    assert len(names["scores"]) == 2
