"""`go test -json` as counts and failures: https://pkg.go.dev/cmd/test2json. Pure."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from kubectl_goweb.objects.text import plain

_TAIL = 12


class CaseResult(Struct, frozen=True, rename="camel"):
    """One test of one package."""

    package: str
    name: str
    """Empty for the package itself, when it does not build or panics."""
    outcome: str
    """`pass`, `fail` or `skip`."""
    seconds: float
    output: tuple[str, ...] = ()
    """Last lines of a failure."""


class _Event(Struct, frozen=True, rename="pascal"):
    action: str
    package: str = ""
    test: str = ""
    elapsed: float = 0.0
    output: str = ""
    import_path: str = ""


class GoTestReader:
    """Feed it every line; it keeps what every test came to."""

    def __init__(self) -> None:
        self.cases: list[CaseResult] = []
        self._output: dict[tuple[str, str], list[str]] = {}
        self._decoder = msgspec.json.Decoder(_Event)

    def feed(self, line: str) -> str:
        """The line as it is worth reading; empty when it is none."""
        try:
            event = self._decoder.decode(line)
        except msgspec.DecodeError:
            return line.rstrip("\n")
        package = event.package or event.import_path
        key = (package, event.test)
        if event.action in ("output", "build-output"):
            self._output.setdefault(key, []).append(event.output.rstrip("\n"))
            return event.output.rstrip("\n")
        if event.action in ("pass", "fail", "skip") and (event.test or event.action == "fail"):
            told = tuple(plain(each) for each in self._output.pop(key, [])[-_TAIL:]) if event.action == "fail" else ()
            self.cases.append(CaseResult(package, event.test, event.action, event.elapsed, told))
        return ""

    @property
    def summary(self) -> str:
        """`12 passed, 1 failed: TestPay (example.com/shop/pay)`."""
        tests = [case for case in self.cases if case.name]
        failed = [case for case in tests if case.outcome == "fail"]
        broken = [
            case
            for case in self.cases
            if not case.name and case.outcome == "fail" and case.package not in {one.package for one in failed}
        ]
        told = [f"{sum(case.outcome == 'pass' for case in tests)} passed"]
        skipped = sum(case.outcome == "skip" for case in tests)
        told += [f"{skipped} skipped"] if skipped else []
        if failed:
            more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
            told.append(f"{len(failed)} failed: {failed[0].name} ({failed[0].package}){more}")
        if broken:
            told.append(f"{broken[0].package} does not build or panics")
        return ", ".join(told)
