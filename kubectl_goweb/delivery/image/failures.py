"""Why a build or a push failed, from the words of Docker and Go, as one sentence and a next step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from kubectl_goweb.delivery.image.events import CompileError
from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_COMPILER = re.compile(r"^(?:vet: )?(?P<file>[^\s:]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<says>.+)$")
_TAIL = 12


class Known(Struct, frozen=True):
    """A failure that has words of its own."""

    pattern: str
    """Its named groups fill the sentence; of several only one matches."""
    sentence: str
    hint: str = ""

    def told(self, text: str, **names: str) -> str:
        """The sentence, when the text is about this failure; else empty."""
        match = re.search(self.pattern, text, re.IGNORECASE)
        if match is None:
            return ""
        return self.sentence.format(**names, **{key: value or "" for key, value in match.groupdict().items()}).rstrip(
            " :"
        )


class BuildError(GowebError):
    """The image was not built. `compile_errors` are the places in the code, `output` the failed step's last lines."""

    def __init__(
        self,
        sentence: str,
        *,
        hint: str = "",
        compile_errors: tuple[CompileError, ...] = (),
        output: tuple[str, ...] = (),
    ) -> None:
        super().__init__(sentence, hint=hint)
        self.compile_errors = compile_errors
        self.output = output


class PushError(GowebError):
    """The image is not in the registry."""


class EngineError(GowebError):
    """The Docker Engine cannot be used."""


def lines_of(text: str) -> list[str]:
    """The lines of a tool's output without colours."""
    return [line.rstrip() for line in _ANSI.sub("", text).replace("\r", "\n").split("\n") if line.strip()]


def compile_errors(output: Sequence[str]) -> tuple[CompileError, ...]:
    """The Go compiler's complaints, each once."""
    found = []
    for line in output:
        match = _COMPILER.match(line)
        if match:
            name = match["file"].removeprefix("./")
            found.append(CompileError(name, int(match["line"]), int(match["column"] or 0), plain(match["says"])))
    return tuple(dict.fromkeys(found))


def build_failure(message: str, step: str, output: Sequence[str]) -> BuildError:
    """What the builder's last words mean, read together with what the failed step printed."""
    wrong = compile_errors(output)
    told = tuple(plain(line) for line in output[-_TAIL:])
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return BuildError(f"the Go code does not compile: {wrong[0]}{more}", compile_errors=wrong)
    text = " ".join([plain(message), *told])
    base = re.search(r"(?:^FROM (?:--platform=\S+ )?|load metadata for )(?P<image>\S+)", step, re.IGNORECASE)
    for known in _KNOWN:
        if sentence := known.told(text, base=base["image"] if base else "of the Dockerfile"):
            return BuildError(sentence, hint=known.hint, output=told)
    where = f" at {plain(step)}" if step else ""
    return BuildError(f"the image was not built: it failed{where}: {plain(message)}", output=told)


def push_failure(message: str, repository: str) -> PushError:
    """What a push's error event means."""
    text = plain(message)
    host = repository.split("/", 1)[0]
    for known in _KNOWN_PUSHES:
        if sentence := known.told(text, repository=repository, host=host):
            return PushError(f"{sentence} ({text})", hint=known.hint.format(host=host))
    return PushError(f"cannot push to {repository}: {text}")


_KNOWN = (
    Known(
        r"no space left on device|disk quota exceeded",
        "the image was not built: the Docker Engine's disk is full",
        "make room: docker system df, then docker system prune",
    ),
    Known(
        r"dockerfile parse error(?: on)? line (?P<line>\d+): (?P<says>[^.]*)",
        "the Dockerfile is wrong in line {line}: {says}",
        "",
    ),
    Known(
        r"unknown instruction: (?P<says>\S+)",
        "the Dockerfile is wrong: unknown instruction {says}",
        "",
    ),
    Known(
        r"the --mount option requires BuildKit",
        "the Dockerfile uses RUN --mount, which the engine's classic builder cannot do",
        "install docker buildx, or take --mount out",
    ),
    Known(
        r"(?:Cannot locate specified Dockerfile|failed to read dockerfile|open Dockerfile: no such file): ?"
        r"(?P<says>\S*)",
        "there is no such Dockerfile in the context: {says}",
        "see build.dockerfile in goweb.yaml",
    ),
    Known(
        r"failed to reach build target (?P<says>\S+)|target stage \"?(?P<stage>[^\" ]+)\"? could not be found",
        "the Dockerfile has no stage {says}{stage}",
        "see build.target in goweb.yaml",
    ),
    Known(
        r"manifest (?:for \S+ )?(?:not found|unknown)|pull access denied|repository \S+ not found",
        "base image {base} does not exist, or may not be pulled",
        "see its FROM lines; log in if it is private: docker login REGISTRY",
    ),
    Known(
        r"(?:dial tcp|lookup|Get \"?https?://)[^ ]* .*?(?:no such host|connection refused|i/o timeout|"
        r"network is unreachable|server misbehaving|TLS handshake timeout|EOF|deadline exceeded|Client.Timeout)",
        "base image {base} cannot be pulled: its registry does not answer",
        "is the engine's network up? an image that is there already needs no registry: docker pull IMAGE",
    ),
    Known(
        r"failed to fetch anonymous token|failed to authorize",
        "base image {base} cannot be pulled: its registry does not answer or refuses",
        "log in if it is private: docker login REGISTRY",
    ),
    Known(
        r"go\.mod requires go >= (?P<needs>\S+) \(running go (?P<says>[^;)]+)",
        "the Dockerfile's Go {says} is too old: go.mod requires {needs}",
        "change its FROM golang: line",
    ),
    Known(
        r"missing go\.sum entry|updates to go\.(?:mod|sum) needed",
        "go.mod and go.sum do not fit the code",
        "run: go mod tidy",
    ),
    Known(
        r"no required module provides package (?P<says>[^;\s]+)",
        "the code imports a package that go.mod does not have: {says}",
        "run: go mod tidy",
    ),
    Known(
        r"COPY failed: (?:file not found in build context or excluded by \.dockerignore: )?(?:stat )?(?P<says>\S+?):"
        r"|\"/(?P<copied>[^\"]+)\": not found",
        "the Dockerfile copies what is not in the context: {says}{copied}",
        "is it excluded by .dockerignore?",
    ),
    Known(r"(?:signal: killed|exit code: 137)", "a step of the build was killed, most likely for want of memory", ""),
)

_KNOWN_PUSHES = (
    Known(
        r"no basic auth credentials|authentication required|unauthorized|401",
        "{host} does not know who pushes to {repository}",
        "log in: docker login {host}",
    ),
    Known(r"denied|forbidden|403", "{host} does not let you push to {repository}", "ask for the right to push there"),
    Known(
        r"name unknown|repository .* not found|404",
        "{host} has no repository {repository}",
        "create it, or see image in goweb.yaml",
    ),
    Known(
        r"HTTP response to HTTPS client",
        "{host} speaks http, not https",
        "add it to insecure-registries of the Docker Engine",
    ),
    Known(
        r"x509|certificate",
        "the certificate of {host} is not trusted",
        "give the Docker Engine its CA: /etc/docker/certs.d/{host}/ca.crt",
    ),
    Known(
        r"connection refused|no such host|i/o timeout|unreachable",
        "{host} does not answer",
        "is the registry up, and its name right?",
    ),
    Known(
        r"\b5\d\d\b|Internal Server Error|Bad Gateway",
        "{host} failed while {repository} was pushed",
        "try again; see the registry's log",
    ),
    Known(
        r"EOF|reset by peer|broken pipe|unexpected end|use of closed network connection",
        "{host} cut the upload to {repository}",
        "try again; is a proxy in between with a limit on sizes?",
    ),
    Known(r"no space|insufficient storage|507", "the disk of {host} is full", ""),
)
