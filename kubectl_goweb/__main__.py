"""The programs `kubectl-goweb` and `kubectl_complete-goweb`."""

from __future__ import annotations

import sys


def run() -> None:
    _load_msgspec()
    from kubectl_goweb.cli.environment import real  # an import error must not hide behind an import
    from kubectl_goweb.cli.main import leave, main
    from kubectl_goweb.cli.signals import heed

    heed()
    leave(main(sys.argv[1:], real()))


def complete() -> None:
    _load_msgspec()
    from kubectl_goweb.cli.completion import complete as candidates
    from kubectl_goweb.cli.environment import real

    for line in candidates(sys.argv[1:], real()):
        print(line)


def _load_msgspec() -> None:
    """Import msgspec without typing_extensions, as if that were not installed (None says so to `import`).

    It takes three names from there that `typing` has had since Python 3.11, and falls back to that by itself; loading
    the package, which textual needs, would cost every start 9 of 90 ms.
    """
    if "typing_extensions" not in sys.modules:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]
        try:
            import msgspec  # noqa: F401
        finally:
            del sys.modules["typing_extensions"]


if __name__ == "__main__":
    run()
