"""What the types cannot say: keys that contradict each other, and secrets that stand in the open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from kubectl_goweb.delivery.service import durations
from kubectl_goweb.delivery.service.model import Config, ServiceFile
from kubectl_goweb.delivery.service.secrecy import is_secret_name, telling

Broken = Iterator[tuple[str, str]]
"""Keys, and what is wrong with each."""


def broken_rules(file: ServiceFile, *, environments: tuple[str, ...]) -> Broken:
    yield from _rollout(file)
    yield from _times(file)
    yield from _resources(file)
    yield from _secrets(file.config)
    yield from _build(file)
    yield from _network(file)
    yield from _scan(file)
    yield from _pipeline(file, environments)


def _rollout(file: ServiceFile) -> Broken:
    nothing = (0, "0%")
    if file.rollout.max_surge in nothing and file.rollout.max_unavailable in nothing:
        yield "rollout.maxSurge", "cannot be 0 together with maxUnavailable: no Pod could ever be replaced"
    if durations.seconds(file.rollout.deadline) <= durations.seconds(file.rollout.min_ready):
        yield "rollout.deadline", "must be longer than minReady, or every rollout fails"


def _times(file: ServiceFile) -> Broken:
    check = file.health_check
    for key in ("interval", "timeout", "startup"):
        if durations.seconds(getattr(check, key)) <= 0:
            yield f"healthCheck.{key}", "must be longer than nothing"
    if durations.seconds(check.timeout) > durations.seconds(check.interval):
        yield "healthCheck.timeout", f"must not be longer than the interval, {check.interval}"
    if durations.seconds(file.shutdown.delay) >= durations.seconds(file.shutdown.grace):
        yield "shutdown.delay", f"must be shorter than the grace, {file.shutdown.grace}: it is part of it"


def _resources(file: ServiceFile) -> Broken:
    own = file.resources
    if own.memory_limit is not None and durations.amount(own.memory) > durations.amount(own.memory_limit):
        yield "resources.memory", f"must not be more than memoryLimit, {own.memory_limit}"
    if own.cpu_limit is not None and durations.cores(own.cpu) > durations.cores(own.cpu_limit):
        yield "resources.cpu", f"must not be more than cpuLimit, {own.cpu_limit}"


def _secrets(config: Config) -> Broken:
    twice = Counter([*config.env, *(one.name for one in config.secrets)])
    for name, count in twice.items():
        if count > 1:
            yield "config.secrets", f"{name} is given twice"
    for name, value in config.env.items():
        what = telling(str(value))
        if what:
            yield f"config.env.{name}", f"looks like {what}, and everybody can read this file; use config.secrets"
        elif is_secret_name(name, config.secret_keys, config.plain_keys) and str(value):
            hint = "use config.secrets, or config.plainKeys if it is none"
            yield f"config.env.{name}", f"is the name of a secret, and everybody can read this file; {hint}"


def _build(file: ServiceFile) -> Broken:
    for name, value in file.build.args.items():
        if telling(value) or is_secret_name(name, (), file.config.plain_keys):
            yield f"build.args.{name}", "looks like a secret; a build argument can be read in the image"
    for key, path in (("context", file.build.context), ("dockerfile", file.build.dockerfile)):
        if path.startswith("/") or ".." in path.split("/"):
            yield f"build.{key}", f"must be inside the folder of the file, not {path!r}"


def _network(file: ServiceFile) -> Broken:
    for index, source in enumerate(file.network.allow_from if file.network else ()):
        if not (source.app or source.labels or source.namespace):
            yield f"network.allowFrom[{index}]", "names nobody; give it app, labels or namespace"


def _scan(file: ServiceFile) -> Broken:
    for index, waiver in enumerate(file.scan.waivers):
        try:
            date.fromisoformat(waiver.expires)
        except ValueError:
            yield f"scan.waivers[{index}].expires", f"{waiver.expires!r} is no day of the calendar"


def _pipeline(file: ServiceFile, environments: tuple[str, ...]) -> Broken:
    seen = set()
    for index, stage in enumerate(file.pipeline.stages):
        if stage.name in seen:
            yield f"pipeline.stages[{index}].name", f"{stage.name} stands twice"
        seen.add(stage.name)
        if stage.environment and stage.environment not in environments:
            known = ", ".join(environments) or "none"
            yield f"pipeline.stages[{index}].environment", f"there is no {stage.environment!r}; there are: {known}"
