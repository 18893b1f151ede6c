"""What a goweb.yaml may say, as types. The JSON Schema, the explanations of `explain-file` and the checks of a file are
all made from them.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

FORMAT = "goweb/v1"

Name = Annotated[str, Meta(pattern=r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$", description="A DNS label.")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Duration = Annotated[
    str, Meta(pattern=r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$", description="A time such as 500ms, 5s, 2m or 1h30m.")
]
Cpu = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]{1,3})?$|^[0-9]+m$", description="Cores such as 250m, 0.5 or 2.")]
Bytes = Annotated[
    str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$", description="Bytes such as 64Mi or 2Gi.")
]
Share = Annotated[str, Meta(pattern=r"^[0-9]+%$", description="A share of the replicas such as 25%.")]
Count = Annotated[int, Meta(ge=0)]
UrlPath = Annotated[str, Meta(pattern=r"^/[^\s]*$", description="A path such as /api/health.")]
Host = Annotated[
    str,
    Meta(
        pattern=r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$",
        description="A host name such as shop.example.com.",
    ),
]
Repository = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$",
        description="A repository without a tag, such as registry.example.com/team/shop.",
    ),
]
EnvName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day such as 2027-01-31.")]
Severity = Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
StageName = Literal["vet", "test", "build", "scan", "staging", "acceptance", "production"]


class Part(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of everything in the file: a key that is not declared is refused."""


class Build(Part, frozen=True, kw_only=True):
    context: Annotated[str, Meta(description="Folder that is sent to the builder, from the file's folder.")] = "."
    dockerfile: Annotated[str, Meta(description="The Dockerfile, from the context.")] = "Dockerfile"
    main: Annotated[str, Meta(description="The main package that becomes the binary, such as ./cmd/web.")] = "."
    target: Annotated[str, Meta(description="Stage of the Dockerfile to build; the last when empty.")] = ""
    args: Annotated[
        dict[str, str], Meta(description="Build arguments. They are readable in the image: never a secret.")
    ] = {}
    platforms: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z0-9]+/[a-z0-9]+(/v[0-9]+)?$")], ...],
        Meta(description="Platforms such as linux/amd64; the engine's own when empty. Several need BuildKit."),
    ] = ()


class Service(Part, frozen=True, kw_only=True):
    port: Annotated[Port, Meta(description="Port of the Service, which leads to the container's.")] = 80
    type: Annotated[
        Literal["ClusterIP", "NodePort", "LoadBalancer"], Meta(description="How it is reached from outside.")
    ] = "ClusterIP"


class Rollout(Part, frozen=True, kw_only=True):
    max_surge: Annotated[
        Count | Share, Meta(description="Pods beyond the replicas during a rollout, as a number or 25%.")
    ] = "25%"
    max_unavailable: Annotated[
        Count | Share, Meta(description="Pods below the replicas during a rollout, as a number or 25%.")
    ] = 0
    deadline: Annotated[Duration, Meta(description="Time without progress after which a rollout has failed.")] = "5m"
    min_ready: Annotated[Duration, Meta(description="Time a Pod must stay ready before it counts as available.")] = "0s"
    on_failure: Annotated[
        Literal["rollback", "pause", "stay"],
        Meta(description="What happens to a failed rollout: back to the last revision, hold it, or leave it."),
    ] = "rollback"


class HealthCheck(Part, frozen=True, kw_only=True):
    endpoint: Annotated[UrlPath, Meta(description="Path that answers 200 when the service can serve.")] = "/api/health"
    interval: Annotated[Duration, Meta(description="Time between two checks; Kubernetes counts whole seconds.")] = "5s"
    timeout: Annotated[Duration, Meta(description="Longest time for an answer.")] = "2s"
    retries: Annotated[
        int, Meta(ge=1, description="Failed checks in a row after which the Pod gets no requests, then is restarted.")
    ] = 3
    startup: Annotated[Duration, Meta(description="Longest time from the start to the first good answer.")] = "60s"


class SecretReference(Part, frozen=True, kw_only=True):
    name: Annotated[EnvName, Meta(description="The environment variable.")]
    secret: Annotated[str, Meta(description="Name of the Secret that holds the value.")]
    key: Annotated[str, Meta(description="Key in the Secret; the variable's name when empty.")] = ""
    optional: Annotated[bool, Meta(description="Whether the service starts without it.")] = False


class Store(Part, frozen=True, kw_only=True):
    """A store of secrets outside the cluster."""

    kind: Annotated[
        Literal["externalSecrets", "vault", "csi"],
        Meta(description="External Secrets operator, Vault agent injector, or Secrets Store CSI driver."),
    ]
    name: Annotated[str, Meta(description="The SecretStore, Vault role or SecretProviderClass.")]
    path: Annotated[str, Meta(description="Where the values are in the store, such as secret/data/shop.")] = ""
    refresh: Annotated[Duration, Meta(description="How often the operator reads the store again.")] = "1h"


class Config(Part, frozen=True, kw_only=True):
    env: Annotated[
        dict[EnvName, str | int | float | bool], Meta(description="Plain variables. They are not secret: see secrets.")
    ] = {}
    env_file: Annotated[
        str, Meta(description="A .env file, read by `kubectl goweb config`; it never goes into the image.")
    ] = ""
    secret_keys: Annotated[
        tuple[str, ...], Meta(description="Patterns of names whose values are secret, besides the usual ones.")
    ] = ()
    plain_keys: Annotated[
        tuple[str, ...], Meta(description="Patterns of names that are not secret although they look so.")
    ] = ()
    secrets: Annotated[tuple[SecretReference, ...], Meta(description="Variables whose values are in Secrets.")] = ()
    store: Annotated[Store | None, Meta(description="The store that fills the Secrets.")] = None


class Resources(Part, frozen=True, kw_only=True):
    cpu: Annotated[Cpu, Meta(description="CPU the scheduler sets aside.")] = "100m"
    memory: Annotated[Bytes, Meta(description="Memory the scheduler sets aside, and the limit unless it has one.")] = (
        "64Mi"
    )
    cpu_limit: Annotated[Cpu | None, Meta(description="Most CPU; sets GOMAXPROCS. None: only the request.")] = None
    memory_limit: Annotated[Bytes | None, Meta(description="Most memory; sets GOMEMLIMIT to nine tenths of it.")] = None


class Ingress(Part, frozen=True, kw_only=True):
    host: Annotated[Host, Meta(description="Host name, such as shop.example.com.")]
    path: Annotated[UrlPath, Meta(description="Path below which requests go to the service.")] = "/"
    tls: Annotated[
        bool | str, Meta(description="TLS with the Secret NAME-tls (true), a Secret of this name, or none (false).")
    ] = True
    ssl_redirect: Annotated[bool, Meta(description="Redirect HTTP to HTTPS.")] = True
    class_: Annotated[str, Meta(description="Ingress class; the redirect annotation follows it.")] = field(
        name="class", default="nginx"
    )
    annotations: Annotated[dict[str, str], Meta(description="Further annotations.")] = {}


class Source(Part, frozen=True, kw_only=True):
    app: Annotated[str, Meta(description="Pods with the label app=VALUE.")] = ""
    labels: Annotated[dict[str, str], Meta(description="Pods with these labels.")] = {}
    namespace: Annotated[str, Meta(description="Namespace of those Pods; the service's own when empty.")] = ""


class Network(Part, frozen=True, kw_only=True):
    allow_from: Annotated[
        tuple[Source, ...], Meta(description="Who may connect; a NetworkPolicy refuses everybody else.")
    ]


class Database(Part, frozen=True, kw_only=True):
    image: Annotated[str, Meta(description="The PostgreSQL image.")] = "postgres:16"
    size: Annotated[Bytes, Meta(description="Size of its volume.")] = "1Gi"
    storage_class: Annotated[str, Meta(description="StorageClass of the volume; the default when empty.")] = ""
    password_secret: Annotated[str, Meta(description="Secret with the key password.")]
    database: Annotated[str, Meta(description="Name of the database and its user.")] = "app"


class Storage(Part, frozen=True, kw_only=True):
    postgres: Annotated[Database | None, Meta(description="A PostgreSQL with a volume beside the service.")] = None


class Waiver(Part, frozen=True, kw_only=True):
    id: Annotated[str, Meta(description="The vulnerability, such as CVE-2021-38561 or GO-2021-0113.")]
    owner: Annotated[str, Meta(min_length=1, description="Who answers for it.")]
    expires: Annotated[Day, Meta(description="The first day on which it does not count any more.")]
    reason: Annotated[str, Meta(min_length=1, description="Why it may pass.")]
    package: Annotated[str, Meta(description="Only in this package; in any when empty.")] = ""


class Scan(Part, frozen=True, kw_only=True):
    fail_on: Annotated[Severity, Meta(description="The least severity that blocks.")] = "HIGH"
    ignore_unfixed: Annotated[bool, Meta(description="Let pass what has no fixed version yet.")] = False
    only_new: Annotated[
        bool, Meta(description="Let pass what the image that runs has too: nothing gets worse by the release.")
    ] = False
    waivers: Annotated[tuple[Waiver, ...], Meta(description="What may pass, by whom, until when, and why.")] = ()
    database_age: Annotated[Duration, Meta(description="Age of the database after which a scan is not trusted.")] = (
        "48h"
    )
    on_error: Annotated[
        Literal["fail", "warn"], Meta(description="When no scanner can tell: block, or warn and go on.")
    ] = "fail"


class Stage(Part, frozen=True, kw_only=True):
    name: Annotated[StageName, Meta(description="The stage.")]
    command: Annotated[
        tuple[str, ...], Meta(description="Command of the stage instead of, or for acceptance after, its own work.")
    ] = ()
    timeout: Annotated[Duration, Meta(description="Longest time of the stage.")] = "15m"
    environment: Annotated[str, Meta(description="Environment of the file that staging or production uses.")] = ""


class Pipeline(Part, frozen=True, kw_only=True):
    stages: Annotated[tuple[Stage, ...], Meta(description="Stages in their order; the usual ones when empty.")] = ()


class Shutdown(Part, frozen=True, kw_only=True):
    grace: Annotated[Duration, Meta(description="Time from SIGTERM until the process is killed.")] = "30s"
    delay: Annotated[
        Duration, Meta(description="Time before SIGTERM in which requests that are still routed here are served.")
    ] = "5s"


class ServiceFile(Part, frozen=True, kw_only=True):
    """A whole file, with one environment's changes in it."""

    name: Annotated[Name, Meta(description="Name of the service, and of every object made for it.")]
    image: Annotated[Repository, Meta(description="Repository of the image; a build chooses the tag.")]
    namespace: Annotated[str, Meta(description="Namespace; the one of the command line or context when empty.")] = ""
    replicas: Annotated[Count, Meta(description="How many Pods serve.")] = 2
    port: Annotated[Port, Meta(description="Port on which the program listens.")] = 8080
    build: Annotated[Build, Meta(description="How the image is built.")] = Build()
    service: Annotated[Service, Meta(description="The stable address in the cluster.")] = Service()
    rollout: Annotated[Rollout, Meta(description="How a new version replaces the old one.")] = Rollout()
    health_check: Annotated[
        HealthCheck, Meta(description="The check behind startup, readiness and liveness probes.")
    ] = HealthCheck()
    shutdown: Annotated[Shutdown, Meta(description="How a Pod ends.")] = Shutdown()
    config: Annotated[Config, Meta(description="Environment variables, plain and secret.")] = Config()
    resources: Annotated[Resources, Meta(description="CPU and memory.")] = Resources()
    ingress: Annotated[Ingress | None, Meta(description="Host and path under which it is reached from outside.")] = None
    network: Annotated[Network | None, Meta(description="Who may connect.")] = None
    storage: Annotated[Storage, Meta(description="What keeps data beside it.")] = Storage()
    scan: Annotated[Scan, Meta(description="The gate that a vulnerable image does not pass.")] = Scan()
    pipeline: Annotated[Pipeline, Meta(description="The stages from a commit to production.")] = Pipeline()
