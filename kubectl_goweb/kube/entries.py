"""What a kubeconfig's entries point at: files relative to it, base64 in it. KubeconfigError, naming file and entry,
when it is not there or not readable.
"""

from __future__ import annotations

import binascii
from pathlib import Path

from kubectl_goweb.errors import KubeconfigError


def relative(path: str, base: Path | None) -> Path:
    """A path in a kubeconfig starts from that file's folder, a path in a flag from where we stand."""
    return (base.parent if base else Path.cwd()) / path


def from_here(path: str) -> str:
    """A flag's path, so that it no longer depends on what names it."""
    return str(Path(path).absolute())


def text_of(path: Path, what: str) -> str:
    """The file's text; `what` names file and entry in the complaint."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise KubeconfigError(f"{what}: cannot read {path}: {why}", hint=f"look at it with: ls -l {path}") from error
    if not text.strip():
        raise KubeconfigError(f"{what}: {path} is empty", hint="fetch the kubeconfig again")
    return text


def decoded(data: str, what: str) -> str:
    """The text of a kubeconfig's base64; line breaks in it are allowed, as in Go."""
    try:
        text = binascii.a2b_base64(data.translate({10: None, 13: None}), strict_mode=True).decode()
    except (ValueError, UnicodeDecodeError) as error:  # binascii.Error is a ValueError
        raise KubeconfigError(
            f"{what} is not valid base64", hint="fetch the kubeconfig again, or check how it was copied"
        ) from error
    if not text.strip():
        raise KubeconfigError(f"{what} is empty", hint="fetch the kubeconfig again")
    return text
