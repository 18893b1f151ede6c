"""What every code means, how it is known and what to do: the text of `explain` and of docs/codes.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kubectl_goweb.status.diagnosis.codes import Code, Entry
from kubectl_goweb.status.diagnosis.codes_around import AROUND
from kubectl_goweb.status.diagnosis.codes_of_pods import OF_PODS
from kubectl_goweb.status.diagnosis.order import EXPLAINS

CATALOGUE: Mapping[Code, Entry] = MappingProxyType({**OF_PODS, **AROUND})


def explanation(code: Code) -> tuple[str, ...]:
    """The page of one code, as lines of Markdown."""
    entry = CATALOGUE[code]
    lines = [f"## {code}", "", entry.means, "", f"* severity: {entry.severity}", f"* known from: {entry.known}"]
    lines.append(f"* what to do: {entry.mend}")
    if entry.reasons:
        lines.append(f"* reasons: {', '.join(f'`{one}`' for one in entry.reasons)}")
    explains = EXPLAINS.get(code, ())
    if explains:
        lines.append(f"* explains: {', '.join(dict.fromkeys(explains))}")
    by = [other for other, codes in EXPLAINS.items() if code in codes]
    if by:
        lines.append(f"* explained by: {', '.join(by)}")
    return tuple(lines)


def page() -> str:
    """docs/codes.md"""
    head = (
        "# Codes of findings\n\n"
        "What `kubectl goweb explain` prints. Codes and reasons are stable: scripts and runbooks may name them.\n"
        "A finding that another one explains is told below it; it is no cause of its own.\n"
    )
    return head + "".join("\n" + "\n".join(explanation(code)) + "\n" for code in Code)


if __name__ == "__main__":
    print(page(), end="")
