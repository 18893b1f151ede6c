"""The measured table of docs/guard.md is written by the real suite; here it is held against the suite's scenarios."""

from __future__ import annotations

import re
from pathlib import Path

from tests.real.guard_scenarios import SCENARIOS
from tests.real.guard_table import BEGIN, END

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guard.md"


def test_every_scenario_has_its_measured_row() -> None:
    """When this fails: WRITE_GUARD_TABLE=1 python -m pytest tests/real/test_guard.py."""
    measured = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"^\| ([^|]+?)(?: \([^|]*\))? \|", measured, re.MULTILINE)[2:]
    assert rows == [scenario.name for scenario in SCENARIOS]
