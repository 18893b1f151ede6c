"""One object as the API has it, as YAML or described with its events; read again whenever it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import msgspec
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kubectl_goweb.errors import GowebError, NotFoundError
from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.objects import Event, Kind, decode_page
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.log_lines import Level
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.log_buffer import LogLine
from kubectl_goweb.tui.searching import SearchScreen
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.words import line

_NOBODY = Target("", "", "", "")


class DocumentScreen(SearchScreen):
    def __init__(self, stage: Stage, key: str, *, describes: bool = False) -> None:
        super().__init__(stage)
        self._describes = describes
        self.about = key
        kind, namespace, name = key.split("/", 2)
        self._kind = Kind(kind)
        self._path = self._kind.resource.path(namespace, name)
        self._object = f"{namespace}/{name}" if namespace else name
        self._said = Static(id="log-state", markup=False)
        self._version = ""
        self._is_reading = False
        self.lines.is_document = True
        self.lines.is_following = False
        self.lines.shows_all = True

    def body(self) -> Iterable[Widget]:
        return (self._said, self.lines)

    def prepare(self, view: View) -> Callable[[], None]:
        found = getattr(view.snapshot, self._kind.resource.field).get(self._object)
        version = "" if found is None else found.metadata.resource_version

        def paint() -> None:
            is_new = not self._version or (version and version != self._version)
            if is_new and not self._is_reading:
                self._is_reading = True
                self.run_worker(self._read(), exclusive=True, group="document")

        return paint

    async def _read(self) -> None:
        from kubectl_goweb.tui.describing import description
        from kubectl_goweb.tui.document import document  # loads the YAML writer

        def read() -> tuple[dict[str, Any], tuple[str, ...]]:
            found = msgspec.json.decode(self.stage.source.read(self._path), type=dict[str, Any])
            if not self._describes:
                return found, document(found, self._kind)
            return found, description(found, self._kind, self._events(found), self.stage.now())

        try:
            found, told = await asyncio.to_thread(read)
        except GowebError as error:
            gone = " (it is gone)" if isinstance(error, NotFoundError) and self._version else ""
            self._version = self._version or "-"
            self._said.update(line((f"{plain(error.sentence)}{gone}", Tone.BAD)))
            return
        finally:
            self._is_reading = False
        self._version = str(found.get("metadata", {}).get("resourceVersion", "-"))
        self._said.update(self._head())
        self.lines.replace([LogLine(_NOBODY, "", text, text, Level.NONE, _value_at(text)) for text in told])

    def _events(self, found: dict[str, Any]) -> list[Event] | None:
        """All that are about it; None when they cannot be read. A node's are kept in no namespace of its own."""
        meta = found.get("metadata", {})
        fields = {"involvedObject.kind": str(self._kind), "involvedObject.name": meta.get("name", "")}
        if meta.get("namespace"):
            fields["involvedObject.uid"] = meta.get("uid", "")
        selector = quote(",".join(f"{name}={value}" for name, value in fields.items()))
        path = Kind.EVENT.resource.path(meta.get("namespace", ""))
        try:
            body = self.stage.source.read(f"{path}?fieldSelector={selector}")
        except GowebError:
            return None
        return [one for one in decode_page(Kind.EVENT, body).items if isinstance(one, Event)]

    def _head(self) -> Content:
        short = plain(self.about.partition("/")[2].lstrip("/"))
        return line((f"{self._kind} {short}", "bold"), (f"  resourceVersion {plain(self._version)}", Tone.FAINT))


def _value_at(text: str) -> int:
    """Keys stand out from their values."""
    key, colon, value = text.partition(": ")
    return len(key) + 2 if colon and value else -1
