"""kubectl's flags, declared once and taken before or after the verb."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from kubectl_goweb.cli.environment import columns
from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.kubeconfig import Overrides
from kubectl_goweb.kube.timeouts import parse_timeout

Arguments = argparse.Namespace


class Help(argparse.RawDescriptionHelpFormatter):
    """As argparse's own, which for its width imports shutil, at every start and not only for --help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns(sys.stdout, os.environ) - 2)


class Parser(argparse.ArgumentParser):
    """Tells wrong arguments as a UsageError, one sentence and a hint, instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see: {self.prog} --help")

    def flags(self) -> list[str]:
        """Every flag it takes."""
        return sorted(self._option_string_actions)

    def values(self, flag: str) -> tuple[str, ...] | None:
        """What the flag may be given: its choices, nothing where any text will do; None when it takes no value."""
        found = self._option_string_actions.get(flag)
        if found is None or found.nargs == 0:
            return None
        return tuple(str(one) for one in found.choices or ())


def common() -> Parser:
    """A parent parser with the flags of every verb; a flag that is not given leaves no trace."""
    parent = Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False, formatter_class=Help)
    where = parent.add_argument_group("which cluster, as kubectl finds it")
    where.add_argument("--kubeconfig", metavar="FILE", help="kubeconfig file instead of $KUBECONFIG or ~/.kube/config")
    where.add_argument("--context", metavar="NAME", help="context of the kubeconfig")
    where.add_argument("--cluster", metavar="NAME", help="cluster of the kubeconfig")
    where.add_argument("--user", metavar="NAME", help="user of the kubeconfig")
    where.add_argument("-s", "--server", metavar="URL", help="address of the API server")
    where.add_argument("--token", help="bearer token for the API server")
    where.add_argument("--as", dest="as_user", metavar="USER", help="user to impersonate")
    where.add_argument("--as-uid", metavar="UID", help="uid to impersonate")
    where.add_argument(
        "--as-group", dest="as_groups", metavar="GROUP", action="append", help="group to impersonate; repeatable"
    )
    where.add_argument("--certificate-authority", metavar="FILE", help="certificate authority of the API server")
    where.add_argument("--client-certificate", metavar="FILE", help="client certificate for TLS")
    where.add_argument("--client-key", metavar="FILE", help="client key for TLS")
    where.add_argument(
        "--insecure-skip-tls-verify", action="store_true", help="do not check the API server's certificate"
    )
    where.add_argument("--tls-server-name", metavar="NAME", help="name to expect in the API server's certificate")
    where.add_argument("--request-timeout", metavar="TIME", help="longest time for one request, such as 5s; 0: none")
    what = parent.add_argument_group("what to look at")
    what.add_argument("-n", "--namespace", metavar="NAME", help="namespace; the context's when not given")
    what.add_argument("-A", "--all-namespaces", action="store_true", help="look into all namespaces")
    what.add_argument("-l", "--selector", metavar="LABELS", help="label selector of the workloads, as kubectl takes it")
    how = parent.add_argument_group("how to show it")
    how.add_argument("--color", choices=("auto", "always", "never"), help="colours; auto: in a terminal")
    how.add_argument("--ascii", action="store_true", help="only ASCII signs")
    how.add_argument("--read-only", action="store_true", help="refuse every write at the connection")
    return parent


def overrides(args: Arguments) -> Overrides:
    """The flags that choose the cluster."""
    given = vars(args)
    names = set(Overrides.__struct_fields__) & set(given) - {"request_timeout", "as_groups"}
    return Overrides(
        **{name: given[name] for name in names},
        as_groups=tuple(given.get("as_groups", ())),
        request_timeout=parse_timeout(given["request_timeout"]) if "request_timeout" in given else None,
    )


def setting_flags(args: Arguments) -> dict[str, str | bool]:
    """The flags that are settings too."""
    return {name: value for name in ("color", "ascii", "read_only", "theme") if (value := getattr(args, name, None))}
