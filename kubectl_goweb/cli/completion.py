"""What `kubectl_complete-goweb` prints for kubectl's own shell completion: candidates, then a directive.

kubectl calls the program with the words typed after `kubectl goweb`, the last one unfinished, and takes the last line
as a cobra directive: `:4` means that no file names are to be offered
(https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Parser, common, overrides
from kubectl_goweb.cli.verbs import VERBS, Verb
from kubectl_goweb.errors import GowebError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, available, resolve
from kubectl_goweb.objects import Kind, decode_page

_NO_FILES, _FILES = ":4", ":0"
_TIMEOUT = 2.0
"""Seconds that a shell may be kept waiting for names from the cluster."""


def complete(words: Sequence[str], environment: Environment) -> Iterable[str]:
    """The candidates that begin with the last word, then the directive."""
    *before, last = words or [""]
    option = before[-1] if before else ""
    if last.startswith("-") and "=" in last:
        option, _, last = last.partition("=")
    if option in ("--kubeconfig", "--certificate-authority", "--client-certificate", "--client-key"):
        return [_FILES]
    verb = next((one for word in before for one in VERBS if one.name == word), None)
    try:
        found = _candidates(option, verb, last, before, environment)
    except GowebError:
        found = []  # a shell has no place for an error; the command itself will tell it
    return [*sorted(one for one in found if one.startswith(last)), _NO_FILES]


def _candidates(
    option: str, verb: Verb | None, last: str, before: Sequence[str], environment: Environment
) -> Iterable[str]:
    from kubectl_goweb.cli.main import parser, verb_parser

    given = _given(before)
    match option:
        case "--context":
            return available(given, environment.environ, environment.home).contexts
        case "--cluster":
            return available(given, environment.environ, environment.home).clusters
        case "--user":
            return available(given, environment.environ, environment.home).users
        case "-n" | "--namespace":
            return _names(given, Kind.NAMESPACE, environment)
    taken = verb_parser(verb) if verb else parser()
    values = taken.values(option)
    if values is not None:
        return values
    if last.startswith("-"):
        return taken.flags()
    if verb is None:
        return [one.name for one in VERBS]
    if verb.completes == "node":
        return _names(given, Kind.NODE, environment)
    if verb.completes == "entry":
        return _entries(environment)
    if verb.completes != "workload":
        return ()
    return [
        *_names(given, Kind.DEPLOYMENT, environment),
        *(f"sts/{name}" for name in _names(given, Kind.STATEFUL_SET, environment)),
        *(f"ds/{name}" for name in _names(given, Kind.DAEMON_SET, environment)),
    ]


def _given(before: Sequence[str]) -> Overrides:
    """The flags that choose the cluster, wherever they stand; what a verb still lacks is no matter yet."""
    try:
        return overrides(Parser(add_help=False, parents=[common()], allow_abbrev=False).parse_known_args([*before])[0])
    except GowebError:
        return Overrides()


def _names(given: Overrides, kind: Kind, environment: Environment) -> list[str]:
    access = resolve(given, environment.environ, environment.home)
    namespace = access.namespace if kind.resource.namespaced else ""
    with Connection(access, read_only=True, silence=_TIMEOUT) as connection:
        pages = connection.pages(kind.resource.path(namespace))
        return [one.name for page in pages for one in decode_page(kind, page).items]


def _entries(environment: Environment) -> list[str]:
    """The numbers of the journal."""
    from kubectl_goweb.actions.journal import Journal, Who, journal_path  # only two verbs need it

    entries, _ = Journal(journal_path(environment.environ, environment.home), Who("", "", "")).entries()
    return [str(one.id) for one in entries]
