"""The goweb.yaml that a verb works on: its flags, and reading it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.delivery.service.reading import Reading, read
from kubectl_goweb.delivery.starting import SERVICE_FILE
from kubectl_goweb.errors import UsageError


class Here(Struct, frozen=True):
    """A service file and where it stands."""

    path: Path
    reading: Reading

    @property
    def folder(self) -> Path:
        return self.path.parent


def declare_file(parser: Parser) -> None:
    parser.add_argument(
        "-f", "--filename", metavar="FILE", default=SERVICE_FILE, help="the service file, or its folder (goweb.yaml)"
    )
    parser.add_argument("-e", "--env", metavar="NAME", default="", help="environment of the file")


def service_file(args: Arguments) -> Here:
    """UsageError when it is not there, ServiceFileError with every problem when it is wrong."""
    path = Path(args.filename)
    if path.is_dir():
        path /= SERVICE_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"there is no {path}", hint="write one for the Go module here: kubectl goweb init") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    return Here(path, read(text, source=str(path), environment=args.env))
