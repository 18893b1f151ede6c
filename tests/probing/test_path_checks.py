"""Every hop asked for real: what is sent by which way, and what cannot be asked is said."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from msgspec import structs

from kubectl_goweb.errors import ForbiddenError
from kubectl_goweb.objects import Kind, Pod, Snapshot
from kubectl_goweb.probing.path_checks import checks
from kubectl_goweb.status.live_paths import Checked, Place
from kubectl_goweb.status.paths import HopState
from kubectl_goweb.status.probes.results import Durations, ProbeResult, Reason, Source, Way
from kubectl_goweb.status.probes.targets import Target
from kubectl_goweb.status.routes import Route, trail
from tests.probing.test_dns import answer
from tests.status.objects import Json, decoded, pod_json, snapshot

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Answers = Callable[[Target, Way], tuple[int | None, Reason]]


class Fake:
    """A sender and a connection that answer by a rule, and remember what they were asked."""

    def __init__(self, rule: Answers | None = None, names: Mapping[str, str] | None = None) -> None:
        self.rule = rule or (lambda target, way: (200, Reason.OK))
        self.names = names or {}
        self.asked: list[tuple[str, Way, str, bool]] = []
        self.threads: list[threading.Thread] = []

    def probe(self, target: Target, way: Way) -> ProbeResult:
        whose = target.ref.kind if target.ref else ""
        self.asked.append((whose, way, target.request.says, target.rules.verify_tls))
        code, reason = self.rule(target, way)
        return ProbeResult(
            target.key,
            target.request.kind,
            reason is Reason.OK,
            reason,
            str(reason),
            code,
            Durations(0.001),
            NOW,
            way,
            Source.US,
            "10.1.1.1:443",
        )

    def forward(self, namespace: str, pod: str, port: int, *, timeout: float) -> FakeForward:
        if namespace == "forbidden":
            raise ForbiddenError("eve may not create pods/portforward")
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=self._serve, args=(theirs,))
        thread.start()
        self.threads.append(thread)
        return FakeForward(ours)

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            while len(head := sock.recv(2)) == 2:
                asked = sock.recv(struct.unpack("!H", head)[0])
                known = next((ip for name, ip in self.names.items() if name.encode().split(b".")[0] in asked), "")
                is_a = asked[-4:-2] == b"\0\1"
                records = [(1, bytes(int(part) for part in known.split(".")))] if known and is_a else []
                message = answer(asked, *records, code=0 if known else 3)
                sock.sendall(struct.pack("!H", len(message)) + message)


class FakeForward:
    complaint = ""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock

    def close(self) -> None:
        self.socket.close()


def web_pod(name: str, *, ready: bool = True, port: int = 8080) -> Json:
    one = pod_json(name=name, labels={"app": "web"}, conditions={"Ready": str(ready)}, podIP="10.0.0.1", specs=1)
    probe = {"httpGet": {"path": "/healthz", "port": "http"}}
    ports = [{"name": "http", "containerPort": port}]
    one["spec"]["containers"] = [{"name": "web", "ports": ports, "readinessProbe": probe}]
    return one


def shop(*pods: Json, tls: bool = False, address: str = "10.1.1.1", **spec: object) -> Snapshot:
    ports = [{"port": 80, "targetPort": "http"}]
    service = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"clusterIP": "10.9.0.1", "selector": {"app": "web"}, "ports": ports, **spec},
    }
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    ingress = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "rules": [{"host": "shop.example", "http": {"paths": [path]}}],
            "tls": [{"hosts": ["shop.example"], "secretName": "web-tls"}] if tls else [],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": address}] if address else []}},
    }
    return structs.replace(
        snapshot(pods=pods or (web_pod("web-1"), web_pod("web-2"), web_pod("web-3", ready=False))),
        services={one.key: one for one in decoded(Kind.SERVICE, service)},
        ingresses={one.key: one for one in decoded(Kind.INGRESS, ingress)},
    )


DNS_POD = decoded(Kind.POD, pod_json(name="dns"))[0]


def told(fake: Fake, route: Route, found: Snapshot, *, namespace: str = "shop") -> dict[str, Checked]:
    assert isinstance(DNS_POD, Pod)
    dns = structs.replace(DNS_POD, metadata=structs.replace(DNS_POD.metadata, namespace=namespace))
    done = checks(trail(route, found), fake, fake, [(dns, 53)], lambda: NOW)
    for thread in fake.threads:
        thread.join(5)
    return {one.what: one for one in done}


def test_service_and_ready_pods_are_asked_at_their_probe_through_the_api_server() -> None:
    fake = Fake(names={"web.shop": "10.9.0.1"})
    found = told(fake, Route("shop", "web"), shop())
    assert [one.state for one in found.values()] == [HopState.OK] * 3
    assert list(found) == [Place.DNS, Place.SERVICE, Place.PODS]
    assert found[Place.DNS].text == "web.shop.svc.cluster.local is 10.9.0.1"
    assert sorted(fake.asked) == [
        ("Pod", Way.API_PROXY, "GET :8080/healthz", True),
        ("Pod", Way.API_PROXY, "GET :8080/healthz", True),
        ("Service", Way.API_PROXY, "GET :80/healthz", True),
    ]
    assert found[Place.PODS].text.startswith("2 of 3: ")


def test_a_host_is_asked_directly_with_the_path_that_was_named() -> None:
    fake = Fake(names={"web.shop": "10.9.0.1"})
    found = told(fake, Route("shop", host="shop.example", path="/cart"), shop(tls=True))
    assert ("Ingress", Way.DIRECT, "GET https :443/cart", True) in fake.asked
    assert ("Service", Way.API_PROXY, "GET :80/cart", True) in fake.asked
    assert found[Place.INGRESS].text == "answers 200 in 1 ms at 10.1.1.1:443"


def test_a_certificate_that_is_not_accepted_does_not_hide_what_the_host_answers() -> None:
    def rule(target: Target, way: Way) -> tuple[int | None, Reason]:
        is_strict = way is Way.DIRECT and target.rules.verify_tls
        return (None, Reason.TLS_EXPIRED) if is_strict else (200, Reason.OK)

    found = told(Fake(rule), Route("shop", host="shop.example"), shop(tls=True))
    assert (found[Place.INGRESS].state, found[Place.CERTIFICATE].state) == (HopState.OK, HopState.BROKEN)


def test_a_404_of_the_controller_where_the_service_answers_is_a_broken_hop() -> None:
    found = told(
        Fake(lambda target, way: (404 if way is Way.DIRECT else 200, Reason.OK)),
        Route("shop", host="shop.example"),
        shop(),
    )
    assert found[Place.INGRESS].state is HopState.BROKEN
    assert found[Place.INGRESS].text.endswith("while the Service answers 200")


def test_what_cannot_be_asked_says_why() -> None:
    fake = Fake(names={})
    found = told(fake, Route("shop", host="shop.example"), shop(address="", tls=True))
    assert found[Place.DNS].text == "not checked: the cluster's domain is not cluster.local"
    assert told(Fake(), Route("shop", "web"), shop(), namespace="forbidden")[Place.DNS].text == (
        "not checked: pod/dns: eve may not create pods/portforward"
    )
    outside = told(Fake(), Route("shop", "web"), shop(type="ExternalName"))
    assert outside[Place.SERVICE].text == "not checked: it leads out of the cluster"
    elsewhere = told(Fake(), Route("shop", "web", "81"), shop())
    assert elsewhere[Place.SERVICE].text == "not checked: it has no port 81"


def test_datagrams_and_ports_that_no_pod_has_are_not_asked_for() -> None:
    fake = Fake()
    found = told(fake, Route("shop", "web"), shop(ports=[{"port": 53, "protocol": "UDP", "targetPort": "http"}]))
    assert found[Place.PODS].text == found[Place.SERVICE].text
    assert found[Place.PODS].text.startswith("not checked: UDP passes neither")
    unnamed = told(fake, Route("shop", "web"), shop(ports=[{"port": 80, "targetPort": "htpp"}]))
    assert unnamed[Place.PODS].text == "not checked: none of them has a port 'htpp'"
    assert [one[0] for one in fake.asked] == ["Service"]


def test_pods_that_speak_no_http_are_connected_to_by_a_port_forward() -> None:
    one = web_pod("db-1")
    one["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": "http"}}
    fake = Fake(names={"web.shop": "10.9.0.1"})
    found = told(fake, Route("shop", "web"), shop(one))
    assert fake.asked == [("Pod", Way.PORT_FORWARD, "TCP :8080", True)]
    assert found[Place.PODS].state is HopState.OK
    assert "speaks HTTP alone" in found[Place.SERVICE].text


def test_a_port_is_asked_what_is_declared_for_it_and_not_what_another_port_speaks() -> None:
    """A request of HTTP to a port that speaks something else would be called broken, and would be a nuisance there."""
    one = web_pod("web-1")
    container = one["spec"]["containers"][0]
    container["ports"] += [{"name": "metrics", "containerPort": 9100}, {"name": "health", "containerPort": 9090}]
    container["livenessProbe"] = {"grpc": {"port": 9090, "service": "shop"}}
    asked = {}
    for name, spec in {
        "unknown": {"port": 9100, "targetPort": "metrics"},
        "grpc": {"port": 9090, "targetPort": "health"},
        "named": {"port": 9100, "name": "http-metrics", "targetPort": 9100},
        "said": {"port": 9100, "appProtocol": "https", "targetPort": 9100},
        "usual": {"port": 443, "targetPort": 9100},
    }.items():
        fake = Fake(names={"web.shop": "10.9.0.1"})
        told(fake, Route("shop", "web"), shop(one, ports=[spec]))
        asked[name] = sorted((whose, says) for whose, _, says, _ in fake.asked)
    assert asked == {
        "unknown": [("Pod", "TCP :9100")],
        "grpc": [("Pod", "gRPC :9090 shop")],
        "named": [("Pod", "GET :9100/"), ("Service", "GET :9100/")],
        "said": [("Pod", "GET https :9100/"), ("Service", "GET https :9100/")],
        "usual": [("Pod", "GET https :9100/"), ("Service", "GET https :443/")],
    }


def test_a_name_that_only_this_service_lacks_is_not_known() -> None:
    found = told(Fake(names={"kubernetes.default": "10.9.0.9"}), Route("shop", "web"), shop())
    assert (found[Place.DNS].state, found[Place.DNS].text) == (
        HopState.BROKEN,
        "web.shop.svc.cluster.local is not known",
    )


def test_where_there_is_no_service_nothing_is_asked() -> None:
    fake = Fake()
    assert told(fake, Route("shop", "nowhere"), shop()) == {}
    assert fake.asked == []
