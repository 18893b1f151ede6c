"""Text in terminal cells, measured as Textual measures it: every line comes out exactly as wide as it is said to be."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def fitted(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """The text in exactly `width` cells: padded, or cut at the end with an ellipsis. No wide character is halved."""
    if text.isascii():
        length = len(text)
        if length > width:
            return text[: max(width - 1, 0)] + ellipsis[:width]
    else:
        length = cell_len(text)
        if length > width:
            return set_cell_size(text, max(width - 1, 0)) + ellipsis[:width]
    padding = " " * (width - length)
    return padding + text if right else text + padding
