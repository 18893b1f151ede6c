"""A .env file is sorted into what everybody may read and what not, and no value of a secret is ever in a message."""

from __future__ import annotations

import pytest

from kubectl_goweb.delivery.env_file import EnvFileError, Variable, parse, sort
from kubectl_goweb.delivery.service.model import Config
from kubectl_goweb.delivery.service.secrecy import is_secret_name, telling

HIDDEN = "kT9s0mV3ryH1dd3nV4lue2026xyz"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A=b", "b"),
        ("A = b c ", "b c"),
        ("A=b # why", "b"),
        ("A=b#c", "b#c"),
        ("A='b # c'", "b # c"),
        ('A="b\\n\\"c\\""', 'b\n"c"'),
        ('A="two\nlines"', "two\nlines"),
        ("A='no \\n escapes'", "no \\n escapes"),
        ("A=", ""),
        ("A=x=y", "x=y"),
    ],
)
def test_a_line_is_read_as_compose_reads_it(line: str, value: str) -> None:
    assert [(one.name, one.value) for one in parse(line, ".env")] == [("A", value)]


@pytest.mark.parametrize(
    ("text", "told"), [("A=b\nnothing\n", ".env:2: is no NAME=VALUE"), ('A="open\n', ".env:1: A: the")]
)
def test_a_line_that_cannot_be_meant_is_named(text: str, told: str) -> None:
    with pytest.raises(EnvFileError, match=told):
        parse(text, ".env")


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("DB_PASSWORD", True), ("API_KEY", True), ("apiKey_2", True), ("GITHUB_TOKEN", True), ("SECRET", True),
        ("PASSWORD_FILE", True), ("DATABASE_DSN", True), ("MONKEY", False), ("TOKENIZER", False), ("LOG_LEVEL", False),
        ("COMPASS", False), ("KEY_COUNT", False), ("AUTHOR", False),
    ],
)  # fmt: skip
def test_names_say_whether_a_variable_is_secret(name: str, is_secret: bool) -> None:
    assert is_secret_name(name) is is_secret


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("postgres://shop:pw@db/shop", "a URL with a password"),
        ("https://example.com/path?a=b", ""),
        ("AKIAABCDEFGHIJKLMNOP", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nx", "a private key"),
        (HIDDEN, "a random key"),
        ("info", ""),
        ("registry.example.com/team/shop", ""),
        ("2026-11-25T00:00:00Z", ""),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", ""),
    ],
)
def test_values_are_recognised_by_their_form(value: str, what: str) -> None:
    assert telling(value) == what


def test_the_rules_of_the_file_decide_before_those_of_names() -> None:
    rules = Config(secret_keys=("PIN",), plain_keys=("TOKEN_LIFETIME",))
    found = sort(parse("PIN=1\nTOKEN_LIFETIME=5m\nLEVEL=info\nDB_PASSWORD=x\n", ".env"), rules, ".env")
    assert [one.name for one in found.secret] == ["PIN", "DB_PASSWORD"]
    assert [one.name for one in found.plain] == ["TOKEN_LIFETIME", "LEVEL"]


def test_a_value_that_looks_secret_is_one_although_its_name_is_harmless() -> None:
    found = sort(parse(f"STORE={HIDDEN}\n", ".env"), Config(), ".env")
    assert found.why == {"STORE": "looks like a random key"}


def test_a_rule_that_would_show_a_secret_is_refused_without_showing_it() -> None:
    with pytest.raises(EnvFileError) as caught:
        sort(parse(f"STORE={HIDDEN}\n", ".env"), Config(plain_keys=("STORE",)), ".env")
    assert "STORE looks like a random key" in str(caught.value)
    assert HIDDEN not in str(caught.value) + caught.value.hint


def test_a_variable_does_not_show_its_value() -> None:
    assert HIDDEN not in repr(Variable("A", HIDDEN, 1))
