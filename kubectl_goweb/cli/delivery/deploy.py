"""deploy: build, scan, push, show what will change, apply it, guard the rollout and take it back when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from kubectl_goweb.actions.guard.terms import OnFailure
from kubectl_goweb.actions.plan import Caution, Plan
from kubectl_goweb.actions.prepare import history
from kubectl_goweb.cli import acting
from kubectl_goweb.cli.canary_flags import check_canary, declare_canary
from kubectl_goweb.cli.delivery.env_values import with_env
from kubectl_goweb.cli.delivery.imaging import (
    Built,
    Published,
    build,
    declare_build,
    declare_load,
    publish,
    put_on_node,
)
from kubectl_goweb.cli.delivery.progress import Teller, progress
from kubectl_goweb.cli.delivery.releasing import access_of, declare_conflicts, plan
from kubectl_goweb.cli.delivery.scanning import ANNOTATION, declare_scan, gate, verdict_lines
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.driven import Driven
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guard_flags import declare_guard
from kubectl_goweb.cli.guarded import guard
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import paper
from kubectl_goweb.delivery.image.engine import Engine, engine
from kubectl_goweb.delivery.manifests import Release
from kubectl_goweb.delivery.release import live
from kubectl_goweb.delivery.scan.gate import Outcome, Verdict
from kubectl_goweb.errors import Exit, GowebError, UsageError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref, Severity

_ON_FAILURE = {"rollback": OnFailure.ROLLBACK, "pause": OnFailure.PAUSE, "stay": OnFailure.NONE}


class _Made(Struct, frozen=True):
    """An image that may be released."""

    published: Published
    verdict: Verdict | None
    """None when no scan was wanted."""


def declare(parser: Parser) -> None:
    declare_file(parser)
    declare_build(parser)
    declare_load(parser)
    parser.add_argument("--load", action="store_true", help="load the image into the nodes instead of pushing it")
    parser.add_argument("--image", default="", help="deploy this image as it is: nothing is built, scanned or pushed")
    parser.add_argument("--cause", default="", help="with --image: what `kubectl rollout history` tells")
    parser.add_argument(
        "--annotate", metavar="KEY=VALUE", action="append", default=[], help="annotation of the Deployment; repeatable"
    )
    parser.add_argument("--no-scan", action="store_true", help="do not look for vulnerabilities")
    parser.add_argument("--no-guard", action="store_true", help="do not follow the rollout")
    declare_scan(parser)
    declare_conflicts(parser)
    acting.add_flags(parser)
    declare_guard(parser)
    declare_canary(parser, is_optional=True)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    check_canary(args)
    here = service_file(args)
    access = access_of(args, here, environment)
    if args.events:
        Driven(environment).stages(*_stages(args))
    annotations = dict(_annotation(one) for one in args.annotate)
    if args.image:
        wanted = Release(
            file=here.reading.file,
            image=args.image,
            namespace=access.namespace,
            version=args.tag or "",
            cause=args.cause or args.image,
            annotations=annotations,
        )
        return _release(args, with_env(here, wanted), access, (), settings, environment)
    made = _made(args, here, access, settings, environment)
    built, verdict = made.published.built, made.verdict
    if verdict is not None:
        annotations[ANNOTATION] = verdict.mark(made.published.digest or built.id)
    wanted = Release(
        file=here.reading.file,
        image=made.published.reference,
        namespace=access.namespace,
        version=built.name.tag,
        cause=built.cause,
        annotations=annotations,
    )
    return _release(args, with_env(here, wanted), access, _cautions(verdict), settings, environment)


def _stages(args: Arguments) -> Iterator[str]:
    if not args.image:
        yield "build"
        if not args.no_scan:
            yield "scan"
        yield "load" if args.load or args.containerd else "push"
    yield "apply"
    if args.dry_run == "none" and not args.no_guard:
        yield "canary" if args.canary else "guard"


def _annotation(given: str) -> tuple[str, str]:
    key, equals, value = given.partition("=")
    if not key or not equals:
        raise UsageError(f"{given!r} is no annotation", hint="as in: --annotate team=web")
    return key, value


def _made(args: Arguments, here: Here, access: Access, settings: Settings, environment: Environment) -> _Made:
    """The image, built, let through by the gate, and where nodes find it."""
    with (
        engine(environment.environ) as docker,
        progress(environment, settings, args) as teller,
    ):
        built = build(args, here, docker, environment, teller)
        verdict = (
            None if args.no_scan else _let_through(args, here, access, docker, built, settings, environment, teller)
        )
        if args.load or args.containerd:
            return _Made(put_on_node(args, built, docker, access.context, teller), verdict)
        return _Made(publish(built, docker, teller), verdict)


def _let_through(
    args: Arguments,
    here: Here,
    access: Access,
    docker: Engine,
    built: Built,
    settings: Settings,
    environment: Environment,
    teller: Teller,
) -> Verdict:
    """The gate's verdict; GowebError when it blocks."""
    running = ""
    if here.reading.file.scan.only_new:
        with Connection(access, read_only=True) as connection:
            running = live(connection, here.reading.file.name, access.namespace).image
    teller.stage("scan")
    teller.say(f"scanning {built.name}")
    verdict = gate(here, docker, str(built.name), args.govulndb, running, environment)
    for line in verdict_lines(verdict, paper(environment.stderr, environment.environ, settings)):
        teller.say(line)
    teller.judged(str(verdict.outcome), verdict.sentence)
    if verdict.blocks:
        raise GowebError(
            f"{built.name} is not released: {verdict.sentence}",
            hint="update what is vulnerable, or waive it in goweb.yaml: kubectl goweb explain-file scan.waivers",
        )
    return verdict


def _cautions(verdict: Verdict | None) -> Sequence[Caution]:
    if verdict is None or verdict.outcome is not Outcome.UNKNOWN:
        return ()
    return (Caution("GW-DEPLOY-UNSCANNED", Severity.WARNING, f"not scanned: {verdict.sentence}"),)


def _release(
    args: Arguments,
    wanted: Release,
    access: Access,
    cautions: Sequence[Caution],
    settings: Settings,
    environment: Environment,
) -> Exit:
    """Show, confirm, apply, guard."""
    teller = Driven(environment) if args.events else None
    if teller is not None:
        teller.stage("apply")
    if args.on_failure is None:
        args.on_failure = _ON_FAILURE[wanted.file.rollout.on_failure]
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:

        def planned() -> Plan:
            return plan(args, connection, wanted, cautions=cautions)

        target = Ref("Deployment", wanted.file.name, access.namespace)
        if args.canary and live(connection, target.name, target.namespace).image:
            from kubectl_goweb.cli.canaried import canaried  # watches and probes are for canaries only

            acted, code = canaried(
                args, lambda: (history(connection, target), planned()), connection, target, settings, environment
            )
            if code is not None:
                return code
        else:
            acted = acting.act(planned, args, access, connection, settings, environment)
        if acted.code is not Exit.OK or acted.applied is None or args.dry_run != "none" or args.no_guard:
            return acted.code
        if teller is not None:
            teller.stage("guard")
        if acted.applied.plan.is_nothing:
            args.soak = "0s"  # it has stood long enough, or it has not been well for as long
        return guard(args, connection, target, settings, environment)
