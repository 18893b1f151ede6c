"""The programs `kubectl-goweb` and `kubectl_complete-goweb`."""

from __future__ import annotations

import sys


def run() -> None:
    from kubectl_goweb.cli.environment import real  # an import error must not hide behind an import
    from kubectl_goweb.cli.main import leave, main

    leave(main(sys.argv[1:], real()))


def complete() -> None:
    from kubectl_goweb.cli.completion import complete as candidates
    from kubectl_goweb.cli.environment import real

    for line in candidates(sys.argv[1:], real()):
        print(line)


if __name__ == "__main__":
    run()
