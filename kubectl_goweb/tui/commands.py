"""What can be typed after a `:`, declared once: completion, help and the palette are made from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    says: str
    aliases: tuple[str, ...] = ()
    argument: str = ""
    """What may follow: `namespace`, `context`, `workload`, `column`; a field of Choices."""
    needs: bool = False
    """Nothing can be done without its argument."""


COMMANDS = (
    Command("overview", "problems, workloads and nodes", ("home", "o"), "namespace"),
    Command("pods", "all Pods", ("po", "pod"), "namespace"),
    Command("workloads", "all workloads", ("deploy", "dp", "deployments", "sts", "ds", "wl"), "namespace"),
    Command("nodes", "all nodes", ("no", "node")),
    Command("control-plane", "the parts of the control plane", ("cp", "controlplane", "masters")),
    Command("problems", "everything that is wrong, with its evidence", ("pr", "findings")),
    Command("events", "what the cluster warns of", ("ev", "event", "warnings")),
    Command("journal", "what was done with this program, and the way back", ("jr",)),
    Command("yaml", "what is selected, as the API has it", ("y",)),
    Command("describe", "what is selected, described, with its events", ("desc",)),
    Command("logs", "the logs of a workload, or of what is selected", ("log",), "workload"),
    Command("probes", "probe all Pods, or those of a workload, as their kubelets do", ("probe",), "workload"),
    Command("path", "follow a request to a workload, or to what is selected", (), "workload"),
    Command("changes", "what changed around a workload, or what is selected", ("changed",), "workload"),
    Command("build", "build the image of goweb.yaml"),
    Command("scan", "look for vulnerabilities in the image of goweb.yaml and its source"),
    Command("release", "build, scan, push and roll out goweb.yaml, guarded"),
    Command("canary", "the same step by step: new Pods are compared with old ones"),
    Command("pipeline", "take the commit through all stages, to production"),
    Command("jobs", "the job under way, or the last one", ("job",)),
    Command("ns", "look at another namespace, `all` for every one", ("namespace",), "namespace", needs=True),
    Command("ctx", "go to another context of the kubeconfig", ("context", "ct"), "context", needs=True),
    Command("sort", "sort the rows by a column; again: the other way round", (), "column", needs=True),
    Command("theme", "change the colours"),
    Command("help", "show the keys", ("h", "?")),
    Command("q", "leave", ("quit", "q!", "exit")),
)
_BY_WORD = {word: command for command in COMMANDS for word in (command.name, *command.aliases)}


@dataclass(frozen=True, slots=True)
class Choices:
    """What an argument can be."""

    namespace: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    workload: tuple[str, ...] = ()
    column: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was meant, or why it cannot be done."""

    name: str = ""
    argument: str = ""
    problem: str = ""


def call(typed: str) -> Call:
    """What was typed, read; a word that begins just one command stands for it."""
    word, _, argument = typed.strip().removeprefix(":").strip().partition(" ")
    if not word:
        return Call()
    found = _BY_WORD.get(word) or _only(word)
    if found is None:
        near = ", ".join(one.name for one in COMMANDS if one.name.startswith(word[:1]))
        return Call(problem=f"there is no :{word}" + (f"; there is: {near}" if near else ""))
    argument = argument.strip()
    if found.needs and not argument:
        return Call(problem=f":{found.name} needs a {found.argument}")
    if argument and not found.argument:
        return Call(problem=f":{found.name} takes nothing behind it")
    return Call(found.name, argument)


def _only(word: str) -> Command | None:
    beginning = [one for one in COMMANDS if one.name.startswith(word)]
    return beginning[0] if len(beginning) == 1 else None


def completions(typed: str, choices: Choices) -> tuple[str, ...]:
    """Whole lines that begin with, or contain, what was typed; those that begin with it first."""
    word, space, argument = typed.removeprefix(":").lstrip().partition(" ")
    if not space:
        return tuple(_matching(word, (one.name for one in COMMANDS))) or tuple(_matching(word, _BY_WORD))
    found = _BY_WORD.get(word)
    if found is None or not found.argument:
        return ()
    possible: tuple[str, ...] = getattr(choices, found.argument)
    if found.argument == "namespace":
        possible = ("all", *possible)
    return tuple(f"{word} {one}" for one in _matching(argument.strip(), possible))


def settled(typed: str, choices: Choices) -> str:
    """The line with an argument that is only begun put in full; a namespace may be one that nobody has listed."""
    word, space, argument = typed.strip().partition(" ")
    found = _BY_WORD.get(word.removeprefix(":"))
    if not space or found is None or found.argument in ("", "namespace"):
        return typed
    known: tuple[str, ...] = getattr(choices, found.argument)
    complete = completions(typed, choices)
    return complete[0] if argument.strip() not in known and complete else typed


def _matching(part: str, words: Iterable[str]) -> Iterable[str]:
    words = tuple(words)
    wanted = part.casefold()
    yield from (word for word in words if word.casefold().startswith(wanted))
    yield from (word for word in words if wanted in word.casefold() and not word.casefold().startswith(wanted))


@dataclass(slots=True)
class History:
    """What was typed before, newest last."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        if line in self.lines:
            self.lines.remove(line)
        self.lines.append(line)
        del self.lines[:-50]

    def before(self, place: int) -> str:
        """The line `place` steps back; empty beyond the first."""
        return self.lines[-place] if 0 < place <= len(self.lines) else ""
