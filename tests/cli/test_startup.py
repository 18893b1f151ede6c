"""What a start costs: what no static check of imports can tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "kubernetes",
    "textual",
    "rich",
    "urllib3",
    "http.client",
    "typing_extensions",
    "inspect",
    "asyncio",
    "yaml",
    "shutil",
    "kubectl_goweb.status.evacuation",
    "kubectl_goweb.tables.probes",
    "encodings.idna",
)
PROGRAM = """
import sys
from kubectl_goweb.__main__ import run
try:
    run()
finally:
    print("loaded:", *sorted(set(sys.modules) & set({heavy!r})), file=sys.stderr)
"""


@pytest.mark.parametrize("argv", [["--help"], ["status", "--help"], ["status", "-A"], ["status", "-A", "--no-headers"]])
def test_neither_help_nor_a_verdict_loads_a_large_library(argv: list[str], kubeconfig: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), *argv],
        env={"KUBECONFIG": str(kubeconfig), "HOME": str(kubeconfig.parent)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout
    assert ran.stderr.splitlines() == ["loaded:"]
