from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_goweb.errors import SettingsError
from kubectl_goweb.settings import Context, Settings, load


def file(home: Path, text: str) -> Path:
    path = home / ".config" / "kubectl-goweb" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_flags_win_over_the_environment_and_the_environment_over_the_file(tmp_path: Path) -> None:
    file(tmp_path, 'color = "never"\ntheme = "light"\nascii = true\n')
    found = load({"GOWEB_COLOR": "always", "GOWEB_THEME": "dark"}, tmp_path, {"color": "auto"})
    assert found == Settings(color="auto", theme="dark", ascii=True)


@pytest.mark.parametrize(("word", "means"), [("yes", True), ("ON", True), ("1", True), ("0", False), ("no", False)])
def test_the_environment_says_yes_and_no_in_many_words(tmp_path: Path, word: str, means: bool) -> None:
    assert load({"GOWEB_ASCII": word}, tmp_path, {}).ascii is means


def test_rules_for_contexts_hold_by_pattern_and_add_up(tmp_path: Path) -> None:
    file(tmp_path, '[contexts."prod-*"]\nprotected = true\n[contexts."*-eu"]\nread_only = true\n')
    found = load({}, tmp_path, {})
    assert found.context("prod-eu") == Context(read_only=True, protected=True)
    assert found.context("prod-us") == Context(protected=True)
    assert found.context("kind") == Context()
    assert load({}, tmp_path, {"read_only": True}).context("kind") == Context(read_only=True)


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ('colour = "never"', "'colour'", "color"),
        ('color = "red"', "color in .*cannot be 'red'", "auto, always, never"),
        ("ascii = 3", "ascii in .*cannot be 3", "true or false"),
        ('[contexts."prod-*"]\nprotect = true', r"'contexts\.prod-\*\.protect'", "protected"),
        ('[contexts."prod-*"]\nprotected = "very"', "contexts in .*cannot be", "settings"),
        ("color = ", "cannot read the settings", "mend"),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_place(tmp_path: Path, text: str, says: str, hint: str) -> None:
    path = file(tmp_path, text)
    with pytest.raises(SettingsError, match=says) as told:
        load({}, tmp_path, {})
    assert str(path) in told.value.sentence
    assert hint in told.value.hint


def test_a_slip_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GOWEB_COLR") as told:
        load({"GOWEB_COLR": "never"}, tmp_path, {})
    assert told.value.hint == "did you mean color?"
    with pytest.raises(SettingsError, match="GOWEB_ASCII cannot be 'perhaps'"):
        load({"GOWEB_ASCII": "perhaps"}, tmp_path, {})
