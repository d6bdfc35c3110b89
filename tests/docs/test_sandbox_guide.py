"""What the sandbox's guide shows as a test is run as one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.shown import PATIENCE
from tests.e2e.conftest import clean_environment
from tests.ports import free_port

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "sandbox.md"
_RUN = re.compile(r"<!-- run by tests/docs/test_sandbox_guide\.py -->\n```python\n(.*?)```", re.DOTALL)


def test_the_test_in_the_guide_passes(tmp_path: Path) -> None:
    (code,) = _RUN.findall(GUIDE.read_text("utf-8"))
    file = tmp_path / "test_shown.py"
    file.write_text(code.replace("4590", str(free_port())))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
