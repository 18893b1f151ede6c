"""deploy: build, push, show what will change, apply it, guard the rollout and take it back when it fails."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.actions.guard.telling import OnFailure
from kubectl_goweb.actions.plan import Caution
from kubectl_goweb.cli import acting
from kubectl_goweb.cli.delivery.imaging import Published, build, declare_build, declare_load, publish, put_on_node
from kubectl_goweb.cli.delivery.progress import progress
from kubectl_goweb.cli.delivery.releasing import access_of, declare_conflicts, plan
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.guarded import declare_guard, guard
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.delivery.image.engine import engine
from kubectl_goweb.delivery.manifests import Release
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings

_ON_FAILURE = {"rollback": OnFailure.ROLLBACK, "pause": OnFailure.PAUSE, "stay": OnFailure.NONE}


def declare(parser: Parser) -> None:
    declare_file(parser)
    declare_build(parser)
    declare_load(parser)
    parser.add_argument("--load", action="store_true", help="load the image into the nodes instead of pushing it")
    parser.add_argument("--image", default="", help="deploy this image, by digest or tag, instead of building one")
    parser.add_argument("--no-guard", action="store_true", help="do not follow the rollout")
    declare_conflicts(parser)
    acting.add_flags(parser)
    declare_guard(parser)
    parser.set_defaults(on_failure=None)  # goweb.yaml says it


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    access = access_of(args, here, environment)
    published = None if args.image else _published(args, here, access, settings, environment)
    wanted = release_of(here, access.namespace, args.image, published)
    return release(args, wanted, access, settings, environment)


def _published(args: Arguments, here: Here, access: Access, settings: Settings, environment: Environment) -> Published:
    with engine(environment.environ) as docker, progress(environment, settings, verbose=args.verbose) as teller:
        built = build(args, here, docker, environment, teller)
        if args.load or args.containerd:
            return put_on_node(args, built, docker, access.context, teller)
        return publish(built, docker, teller)


def release_of(here: Here, namespace: str, image: str, published: Published | None) -> Release:
    """What is released: the image just published, or the one named."""
    file = here.reading.file
    if published is None:
        return Release(file=file, image=image, namespace=namespace, cause=image)
    return Release(
        file=file,
        image=published.reference,
        namespace=namespace,
        version=published.built.name.tag,
        cause=published.built.cause,
    )


def release(
    args: Arguments,
    wanted: Release,
    access: Access,
    settings: Settings,
    environment: Environment,
    *,
    cautions: Sequence[Caution] = (),
) -> Exit:
    """Show, confirm, apply, follow."""
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        acted = acting.act(
            lambda: plan(args, connection, wanted, cautions=cautions), args, access, connection, settings, environment
        )
        if acted.code is not Exit.OK or acted.applied is None or args.dry_run != "none" or args.no_guard:
            return acted.code
        if args.on_failure is None:
            args.on_failure = _ON_FAILURE[wanted.file.rollout.on_failure]
        if acted.applied.plan.is_nothing:
            args.soak = "0s"  # it has stood long enough, or it has not been well for as long
        return guard(args, connection, acted.applied.plan.target, settings, environment)
