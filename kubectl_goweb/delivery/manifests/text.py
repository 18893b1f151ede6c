"""Objects as YAML that a person likes to read: keys in Kubernetes' order, lists indented, long texts as blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from yaml.nodes import ScalarNode

from kubectl_goweb.delivery.manifests.body import Body

_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and never writes an anchor."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def yaml_text(bodies: Iterable[Body]) -> str:
    """Documents separated by `---`."""
    return "---\n".join(one_document(body) for body in bodies)


def one_document(body: Any) -> str:
    text: str = yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text
