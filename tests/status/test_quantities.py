from __future__ import annotations

from fractions import Fraction

import pytest

from kubectl_goweb.status.quantities import amount_text, bytes_text, cpu_text, quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", Fraction(1, 2)),
        ("2", Fraction(2)),
        ("1.5Gi", Fraction(3 * 1024**3, 2)),
        ("1e3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("12E2", Fraction(1200)),
        ("100n", Fraction(1, 10**7)),
        (".5", Fraction(1, 2)),
        ("-3k", Fraction(-3000)),
        ("0", Fraction(0)),
        (4, Fraction(4)),
        (0.1, Fraction(1, 10)),
    ],
)
def test_a_quantity_is_its_exact_number(text: str | float, number: Fraction) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize("text", ["", "abc", "1.5.2", "1 Gi", "1gi", "1Ki2", "0x10", float("nan")])
def test_what_is_no_quantity_is_unknown(text: str | float) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("resource", "text", "written"),
    [
        ("cpu", "1500m", "1500m"),
        ("cpu", "2000m", "2"),
        ("requests.cpu", "0.1", "100m"),
        ("cpu", "1u", "1m"),
        ("memory", "1.5Gi", "1536Mi"),
        ("limits.memory", "2048Mi", "2Gi"),
        ("memory", "100M", "95Mi"),
        ("memory", "123", "123"),
        ("pods", "4", "4"),
    ],
)
def test_an_amount_is_written_as_people_write_it(resource: str, text: str, written: str) -> None:
    number = quantity(text)
    assert number is not None
    assert amount_text(resource, number) == written


def test_every_binary_text_reads_back_as_the_same_number_when_it_is_whole() -> None:
    for amount in (1, 1023, 1024, 10 * 1024, 64 * 1024**2, 3 * 1024**4):
        assert quantity(bytes_text(Fraction(amount))) == amount
    assert quantity(cpu_text(Fraction(1, 4))) == Fraction(1, 4)
