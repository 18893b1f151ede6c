"""Putting text into the clipboard at the other end of a terminal: OSC 52, through SSH, tmux and screen. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping

_MOST = 74_000
"""Characters of base64 that terminals take at least (xterm's documented limit is 100,000 with its wrapping)."""


def sequence(text: str, environ: Mapping[str, str]) -> str:
    """What to write to the terminal. Inside tmux both ways are used: its own (`set-clipboard on`) and straight through
    it (`allow-passthrough on`), since either may be off.
    """
    coded = base64.b64encode(text.encode()).decode()[:_MOST]
    plain = f"\x1b]52;c;{coded}\a"
    if environ.get("TMUX"):
        return f"{plain}\x1bPtmux;{plain.replace(chr(27), chr(27) * 2)}\x1b\\"
    if environ.get("STY"):  # GNU screen takes no more than 768 bytes of such a string at once
        pieces = (plain[start : start + 700] for start in range(0, len(plain), 700))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain
