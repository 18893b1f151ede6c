"""What programs say of what they cannot do: by the errors of Go, of the kernel, of a real PostgreSQL and, where those
would want a broker or a cluster of theirs, in the words of their Go clients.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .beside import policy
from .harness.kubectl import Kubectl
from .quarrels import Played
from .sickness import Json, deployment, probe, service

KAFKA = "kafka: client has run out of available brokers to talk to: EOF"
GRPC = 'rpc error: code = Unavailable desc = connection error: desc = "error reading server preface: EOF"'
MONGO = (
    "server selection error: server selection timeout, current topology: { Type: ReplicaSetNoPrimary, Servers: "
    "[{ Addr: db-0.db:27017, Type: Unknown, Last error: dial tcp: lookup db-0.db on 10.96.0.10:53: no such host }, ] }"
)
MYSQL = "Error 1045 (28000): Access denied for user 'web'@'10.1.0.7' (using password: YES)"
WIDGETS = 'no matches for kind "Widget" in version "goweb.test/v1"'
CACHE: Json = {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}
LIMITED = {"volumes": [{"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]}
KEPT = {"volumes": [{"name": "cache", "emptyDir": {}}]}
OF_DATABASE = 5432


def words(image: str, postgres: str) -> list[Played]:
    """`postgres` is the image of a database."""
    return [*_of_dependencies(image), *_of_databases(postgres), *_of_the_system(image), *_behind_walls(image)]


def crash(image: str, name: str, reason: str, says: str, *args: str, **more: Any) -> Played:
    return Played(name, "GW-POD-CRASHLOOP", reason, says, [deployment(name, image, *args, **more)])


def _of_dependencies(image: str) -> list[Played]:
    crashes = partial(crash, image)

    def over_tls(name: str, says: str, certified: str) -> Played:
        """Who asks and who answers with that certificate are in one Pod."""
        one = deployment(name, image, "get", "https://payments.internal:8443/",
                         pod={"hostAliases": [{"ip": "127.0.0.1", "hostnames": ["payments.internal"]}]})  # fmt: skip
        one["spec"]["template"]["spec"]["initContainers"] = [
            {"name": "payments", "image": image, "args": ["serve-tls", ":8443", certified], "restartPolicy": "Always"}
        ]
        return Played(name, "GW-POD-CRASHLOOP", "dependency-tls", says, [one])

    def ask(kubectl: Kubectl, namespace: str) -> None:
        """A name server that has nobody to ask."""
        server = kubectl.json("-n", namespace, "get", "service", "forwarder")["spec"]["clusterIP"]
        one = deployment("unresolved", image, "dial", "db.corp.example:5432",
                         pod={"dnsPolicy": "None", "dnsConfig": {"nameservers": [server]}})  # fmt: skip
        one["metadata"]["namespace"] = namespace
        kubectl.create(one)

    lookup = service("forwarder", "forwarder")
    lookup["spec"]["ports"] = [{"port": 53, "protocol": "UDP"}]
    served = [deployment("near-served", image, "serve", ready=probe()), service("near-served", "near-served")]
    return [
        Played("hangs", "GW-POD-CRASHLOOP", "dependency-timeout", "does not answer",
               [*_busy("near-busy", image), deployment("hangs", image, "dial", "$(NEAR_BUSY_SERVICE_HOST):5432")]),
        crashes("no-way", "dependency-unreachable", "there is no way to", "dial", "[2001:db8::1]:5432"),
        Played("reset", "GW-POD-CRASHLOOP", "dependency-reset", "ends the connection",
               [deployment("near-cut", image, "cut", ":8080"), service("near-cut", "near-cut"),
                deployment("reset", image, "get", "http://$(NEAR_CUT_SERVICE_HOST)/")]),
        over_tls("misnamed-peer", "not payments.internal", "other.example"),
        over_tls("expired-peer", "has expired", "expired"),
        Played("unresolved", "GW-POD-CRASHLOOP", "dependency-dns", "db.corp.example",
               [deployment("forwarder", image, "nameless", "servfail"), lookup], play=ask),
        Played("unknown-user", "GW-POD-CRASHLOOP", "dependency-login", "does not accept the credentials",
               [*served, deployment("unknown-user", image, "get", "http://$(NEAR_SERVED_SERVICE_HOST)/login")]),
        crashes("kafka", "dependency-reset", "ends the connection", "fatal", KAFKA),
        crashes("grpc", "dependency-reset", "ends the connection", "fatal", GRPC),
        crashes("mongo", "dependency-dns", "db-0.db", "fatal", MONGO),
        crashes("mysql", "dependency-login", "does not accept the credentials", "fatal", MYSQL),
    ]  # fmt: skip


def _busy(name: str, image: str) -> list[Json]:
    """A server whose queue is full, and its Service."""
    front = service(name, name)
    front["spec"]["ports"] = [{"port": OF_DATABASE}]
    return [deployment(name, image, "busy", f":{OF_DATABASE}", ports=[{"containerPort": OF_DATABASE}]), front]


def _of_databases(postgres: str) -> list[Played]:
    """Clients of a real database: the words are its own, and those of its C library."""
    login = {"POSTGRES_USER": "web", "POSTGRES_DB": "web", "POSTGRES_PASSWORD": "right", "PGDATA": "/tmp/data"}
    server = deployment("near-postgres", postgres, env=_env(login), ready={"exec": {"command": ["pg_isready"]}})
    front = service("near-postgres", "near-postgres")
    front["spec"]["ports"] = [{"port": OF_DATABASE}]

    def client(name: str, reason: str, says: str, does: str, **env: str) -> Played:
        variables = {"PGHOST": "$(NEAR_POSTGRES_SERVICE_HOST)", "PGUSER": "web", "PGPASSWORD": "right"} | env
        one = deployment(name, postgres, command=["psql", "-c", does], env=_env(variables))
        return Played(name, "GW-POD-CRASHLOOP", reason, says, [one])

    def crowd(kubectl: Kubectl, namespace: str) -> None:
        """One of the users may not have any connection more."""
        kubectl("-n", namespace, "rollout", "status", "deployment/near-postgres", "--timeout=120s")
        limit = "create role crowd login password 'right' connection limit 0"
        kubectl("-n", namespace, "exec", "deployment/near-postgres", "--", "psql", "-U", "web", "-c", limit)
        one = client("crowded-out", "", "", "select 1", PGUSER="crowd", PGDATABASE="web").objects[0]
        one["metadata"]["namespace"] = namespace
        kubectl.create(one)

    return [
        client("wrong-password", "dependency-login", "does not accept the credentials", "select 1", PGPASSWORD="left"),
        client("read-only-primary", "dependency-read-only", "read-only", "create table orders ()",
               PGOPTIONS="-c default_transaction_read_only=on"),
        client("no-database", "dependency-schema", "orders", "select 1", PGDATABASE="orders"),
        Played("crowded-out", "GW-POD-CRASHLOOP", "dependency-full", "too many connections",
               [server, front], play=crowd),
    ]  # fmt: skip


def _env(values: dict[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _of_the_system(image: str) -> list[Played]:
    """What the kernel, the runtime of Go and the API server do not allow."""
    crashes = partial(crash, image)
    nobody = {"runAsUser": 65532}
    stumbled = deployment(
        "stumbled", image, "stumble", "/cache/mark", replicas=2, ready=probe(timeoutSeconds=10), pod=KEPT, **CACHE
    )
    startup = probe(path="/started", failureThreshold=3)
    unreachable = probe(timeoutSeconds=5)
    unreachable["httpGet"]["host"] = "2001:db8::1"
    ports = [{"containerPort": 8080}]

    def unready(name: str, reason: str, says: str, *args: str, ready: Json) -> Played:
        return Played(name, "GW-POD-NOT-READY", reason, says,
                      [deployment(name, image, *args, ready=ready, ports=ports)])  # fmt: skip

    broken = unready("broken", "probe-status", "HTTP 500", "serve", ready=probe(path="/broken"))
    broken.objects[0]["spec"]["progressDeadlineSeconds"] = 10
    return [
        crashes("too-deep", "go-fatal-error", "stack overflow", "stack"),
        crashes("denied", "permission", "/cache.db", "write", "/cache.db", securityContext=nobody),
        crashes("filled", "disk-full", "/cache/all", "fill", "/cache/all", pod=LIMITED, **CACHE),
        crashes("few-files", "too-many-open-files", "as many files", "files"),
        crashes("unknown-flag", "wrong-arguments", "-colour", "flag", "-colour=red"),
        crashes("widgets", "api-not-served", "Widget", "fatal", WIDGETS),
        crashes("leader", "leader-lost", "lost its leadership", "fatal", "leader election lost"),
        crashes("may-not", "missing-rights", "cannot list resource", "api", "/api/v1/secrets"),
        crashes("shot", "signal", "SIGKILL", "kill", pod={"shareProcessNamespace": True}),
        Played("never-started", "GW-POD-KILLED", "startup-probe", "does not know the probed path /started",
               [deployment("never-started", image, "serve", startupProbe=startup)]),
        Played("stumbled", "GW-POD-RESTARTS", "go-panic", "the cache is not there yet", [stumbled]),
        broken,
        unready("misdirected", "probe-host", "Host", "serve", ready=probe(path="/misdirected")),
        unready("sent-on", "probe-redirect", "8443", "serve", ready=probe(path="/secure")),
        unready("deaf-port", "probe-refused", "nothing listens on the probed port", "sleep", "3600s", ready=probe()),
        unready("out-of-reach", "probe-unreachable", "the kubelet cannot reach", "serve", ready=unreachable),
    ]  # fmt: skip


def _behind_walls(image: str) -> list[Played]:
    """The name is that of the policy that decides; that nothing enforces it here does no harm: what they ask for does
    not answer anyway.
    """
    names = {"ports": [{"port": 53, "protocol": "UDP"}]}
    database = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": OF_DATABASE}]}
    friends = [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}]
    here: list[Json] = [{"from": [{"podSelector": {}}]}]
    balanced = service("balanced-web", "balanced-web")
    balanced["spec"]["type"] = "LoadBalancer"
    ports = [{"containerPort": 8080}]
    return [
        Played("no-way-out", "GW-NETPOL-CUTS", "egress", "egress to",
               [policy("no-way-out", "kept-in", egress=[names]),
                deployment("kept-in", image, "dial", "$(NEAR_BUSY_SERVICE_HOST):5432")]),
        Played("no-way-in", "GW-NETPOL-CUTS", "ingress", "ingress to",
               [*_busy("near-walled", image), policy("no-way-in", "near-walled", ingress=friends),
                deployment("kept-out", image, "dial", "$(NEAR_WALLED_SERVICE_HOST):5432")]),
        Played("no-names", "GW-NETPOL-CUTS", "dns", "DNS",
               [policy("no-names", "kept-silent", egress=[database]),
                deployment("kept-silent", image, "dial", "db.corp.example:5432")]),
        Played("homely", "GW-NETPOL-CUTS", "outside", "of type LoadBalancer",
               [deployment("balanced-web", image, "serve", ready=probe(), ports=ports), balanced,
                policy("homely", "balanced-web", ingress=here)]),
    ]  # fmt: skip
