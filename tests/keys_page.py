"""docs/keys.md, written from the cockpit's one declaration of its keys: python -m tests.keys_page > docs/keys.md"""

from __future__ import annotations

from kubectl_goweb.tui.keys import GROUPS, Key

_HEAD = """\
# Keys

Every key of the cockpit, by where it works. `?` shows those that work where you are, the footer the most needed ones,
`ctrl+p` finds everything by its name. In the settings (`~/.config/kubectl-goweb/config.toml`) a key gets another place
by its id:

    [keys]
    "go.pods" = "f2"
    "view.logs" = "l,f3"

This page is written from the program: `python -m tests.keys_page > docs/keys.md`.
"""


def page() -> str:
    parts = [_HEAD]
    for title, keys in GROUPS:
        rows = [f"| {_shown(key)} | {_cell(key.says)} | `{key.id}` |" for key in keys]
        parts.append(
            "\n".join(
                [f"\n## {title[0].upper()}{title[1:]}\n", "| key | what it does | id |", "|---|---|---|", *rows, ""]
            )
        )
    return "".join(parts)


def _shown(key: Key) -> str:
    names = {"greater_than_sign": ">", "less_than_sign": "<", "slash": "/", "colon": ":", "question_mark": "?"}
    names |= {"left_square_bracket": "[", "right_square_bracket": "]"}
    return ", ".join(f"`{names.get(one, one)}`" for one in key.keys.split(","))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
