"""A Pod's containers as a table: state, readiness, restarts, how each ended last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from kubectl_goweb.objects import Container, ContainerState, ContainerStatus, Pod
from kubectl_goweb.objects.core import Terminated
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.pod_columns import ended_word
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone, short_image

COLUMNS = (
    Column("name", "CONTAINER"),
    Column("ready", "READY"),
    Column("state", "STATE"),
    Column("restarts", "RESTARTS", right=True),
    Column("last", "LAST END"),
    Column("image", "IMAGE", spare=1),
    Column("message", "SAYS", elastic=True),
)


def containers(pod: Pod, now: datetime) -> Table:
    """Init containers first, in the order in which they start; those the kubelet has not told of are `not started`."""
    told = {status.name: status for status in chain(pod.status.init_container_statuses, pod.status.container_statuses)}
    init = ((container, "init ") for container in pod.spec.init_containers)
    main = ((container, "") for container in pod.spec.containers)
    return Table(COLUMNS, tuple(_rows(pod.key, chain(init, main), told, now)))


def _rows(
    pod: str, found: Iterable[tuple[Container, str]], told: dict[str, ContainerStatus], now: datetime
) -> Iterable[Row]:
    for container, prefix in found:
        status = told.get(container.name)
        name = Cell(plain(f"{prefix}{container.name}"))
        image = Cell(plain(short_image(container.image)))
        key = f"Container/{pod}/{container.name}"
        if status is None:
            empty = Cell("")
            yield Row(key, (name, Cell("no"), Cell("not started", Tone.FAINT), Cell("0"), empty, image, empty))
            continue
        state, tone, message = _state(status.state, now)
        ended = status.last_state.terminated
        yield Row(
            key,
            (
                name,
                Cell("yes", Tone.GOOD) if status.ready else Cell("no", tone),
                Cell(plain(state), tone),
                Cell(str(status.restart_count), Tone.WARN if status.restart_count else Tone.PLAIN),
                Cell(plain(_ended(ended, now)) if ended else ""),
                image,
                Cell(plain(message or (ended.message if ended else "")), tone),
            ),
        )


def _state(state: ContainerState, now: datetime) -> tuple[str, Tone, str]:
    """The state in words, its tone, and what the kubelet says about it."""
    if state.running is not None:
        since = f" {age(state.running.started_at, now)}" if state.running.started_at else ""
        return f"running{since}", Tone.PLAIN, ""
    if state.terminated is not None:
        ended = state.terminated
        return _ended(ended, now), Tone.BAD if ended.exit_code else Tone.FAINT, ended.message
    if state.waiting is not None:
        word = state.waiting.reason or "waiting"
        starting = word in ("ContainerCreating", "PodInitializing", "waiting")
        return word, Tone.BUSY if starting else Tone.BAD, state.waiting.message
    return "waiting", Tone.BUSY, ""


def _ended(ended: Terminated, now: datetime) -> str:
    when = f" {age(ended.finished_at, now)} ago" if ended.finished_at else ""
    return f"{ended_word(ended)} exit {ended.exit_code}{when}"
