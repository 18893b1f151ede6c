"""What can be typed to see only a part."""

from __future__ import annotations

import pytest

from kubectl_goweb.tui.filters import parse

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("typed", "text", "passes"),
    [
        ("web", "the WEB-1 Pod", True),
        ("web", "api", False),
        ("  web ", "web", True),
        ("", "anything", True),
        ("!web", "api", True),
        ("!web", "web-1", False),
        ("/^web-\\d+$/", "web-12", True),
        ("/^web-\\d+$", "web-x", False),
        ("!/\\d/", "web", True),
        ("~wb1", "web-1", True),
        ("~wb1", "w b1", False),
        ("~1w", "web-1", False),
        ("!~wb", "api", True),
        ("[", "a [ b", True),
        ("-l app=web", "", True),
        ("-l app==web,tier!=back", "", True),
        ("-l app=api", "", False),
        ("-l app", "", True),
        ("-l !app", "", False),
        ("!-l app=web", "", False),
        ("-l", "", True),
        ("!", "", True),
    ],
)
def test_filter_lets_through_what_was_meant(typed: str, text: str, passes: bool) -> None:
    assert parse(typed).passes(text, lambda: LABELS) is passes


@pytest.mark.parametrize("typed", ["/(", "-l a=b=c", "!/*"])
def test_half_a_filter_is_a_problem_and_hides_nothing(typed: str) -> None:
    found = parse(typed)

    assert found.problem or not found.is_active
    assert found.passes("anything", lambda: LABELS)
