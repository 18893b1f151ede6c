from __future__ import annotations

import pytest

from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.reasons import reason_of


@pytest.mark.parametrize(
    ("text", "reason", "target"),
    [
        ("dial tcp 10.0.0.5:5432: connect: connection refused", Reason.REFUSED, "10.0.0.5:5432"),
        ("failed to connect to `host=db`: dial error (dial tcp [fd00::1]:5432: connect: connection refused)",
         Reason.REFUSED, "[fd00::1]:5432"),
        ("dial tcp: lookup db on 10.96.0.10:53: no such host", Reason.DNS, "db"),
        ("lookup db.shop.svc.cluster.local: i/o timeout", Reason.DNS, "db.shop.svc.cluster.local"),
        ("dial tcp 10.96.1.1:6379: i/o timeout", Reason.TIMEOUT, "10.96.1.1:6379"),
        ('Get "https://api.example.com/v1": context deadline exceeded', Reason.TIMEOUT, "https://api.example.com"),
        ("dial tcp 10.0.0.5:80: connect: no route to host", Reason.UNREACHABLE, "10.0.0.5:80"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", Reason.TLS,
         "certificate signed by unknown authority"),
        ('pq: password authentication failed for user "app"', Reason.LOGIN, "app"),
        ("listen tcp :8080: bind: address already in use", Reason.PORT_IN_USE, ":8080"),
        ("listen tcp :80: bind: permission denied", Reason.PORT_FORBIDDEN, ":80"),
        ("open /etc/app.yaml: no such file or directory", Reason.NO_FILE, "/etc/app.yaml"),
        ("open /var/data/x: permission denied", Reason.PERMISSION, "/var/data/x"),
        ("mkdir /cache: read-only file system", Reason.READ_ONLY, "/cache"),
        ("write /tmp/x: no space left on device", Reason.DISK_FULL, "/tmp/x"),
        ("failed to create fsnotify watcher: inotify_add_watch: no space left on device", Reason.FILES, ""),
        ("pq: permission denied for table orders", Reason.LOGIN, "permission denied for table orders"),
        ("FATAL: the database system is starting up (SQLSTATE 57P03)", Reason.REFUSED,
         "the database system is starting up"),
        ("OOM command not allowed when used memory > 'maxmemory'.", Reason.FULL,
         "OOM command not allowed when used memory"),
        ("tls: private key does not match public key", Reason.SETTINGS, ""),
        ("kafka: client has run out of available brokers to talk to", Reason.TIMEOUT, ""),
        ("PUT https://vault:8200/v1/auth/kubernetes/login Code: 403. Errors: * permission denied", Reason.LOGIN, ""),
        ('exec: "git": executable file not found in $PATH', Reason.NO_FILE, "git"),
        ('Config File "config" Not Found in "[/etc/app]"', Reason.NO_FILE, "/etc/app"),
        ("html/template: pattern matches no files: `templates/*.html`", Reason.NO_FILE, "templates/*.html"),
        ('time: missing unit in duration "30"', Reason.SETTINGS, ""),
        ("accept tcp [::]:8080: accept4: too many open files", Reason.FILES, ""),
        ("DATABASE_URL is not set", Reason.VARIABLE, "DATABASE_URL"),
        ("required key DB_URL missing value", Reason.VARIABLE, "DB_URL"),
        ('env: required environment variable "DB_HOST" is not set', Reason.VARIABLE, "DB_HOST"),
        ("environment variable DATABASE_URL must be set", Reason.VARIABLE, "DATABASE_URL"),
        ("missing required environment variable PORT", Reason.VARIABLE, "PORT"),
        ("flag provided but not defined: -prot", Reason.ARGUMENTS, "-prot"),
        ("yaml: line 3: mapping values are not allowed", Reason.SETTINGS, ""),
        ("listen tcp: address 8080: missing port in address", Reason.SETTINGS, "8080"),
        ("exec /app: exec format error", Reason.EXEC_FORMAT, ""),
        ("FATAL: sorry, too many clients already (SQLSTATE 53300)", Reason.FULL, "too many clients already"),
        ("Error 1040: Too many connections", Reason.FULL, "Too many connections"),
        ("ERROR: cannot execute INSERT in a read-only transaction (SQLSTATE 25006)", Reason.STANDBY, ""),
        ("READONLY You can't write against a read only replica.", Reason.STANDBY, ""),
        ('pq: relation "orders" does not exist', Reason.SCHEMA, 'relation "orders"'),
        ("Error 1054: Unknown column 'total' in 'field list'", Reason.SCHEMA, "Unknown column 'total'"),
        ("Dirty database version 12. Fix and force version.", Reason.SCHEMA, "Dirty database version 12"),
        (('pods is forbidden: User "system:serviceaccount:shop:default" cannot list resource "pods" in API group "" in '
         'the namespace "shop"'), Reason.RIGHTS, 'shop:default cannot list resource pods'),
        ("problem running manager: leader election lost", Reason.LEADER, ""),
        ("read /etc/web/settings.yaml: is a directory", Reason.DIRECTORY, "/etc/web/settings.yaml"),
        (("/web: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or "
         "directory"), Reason.LOADER, "libssl.so.3"),
        ("exec /web: no such file or directory", Reason.NO_FILE, "/web"),
        ("rpc error: code = Unauthenticated desc = token expired", Reason.LOGIN, ""),
        ("read tcp 10.0.0.1:40000->10.0.0.2:5432: read: connection reset by peer", Reason.RESET, "10.0.0.2:5432"),
        ('Post "http://ledger/v1": EOF', Reason.RESET, "http://ledger"),
        ('code = Unavailable desc = connection error: desc = "error reading server preface: EOF"', Reason.RESET, ""),
        ("upstream connect error or disconnect/reset before headers. reset reason: overflow", Reason.RESET, ""),
        ("kafka: client has run out of available brokers to talk to: EOF", Reason.RESET, ""),
        ("dial tcp: lookup db on 10.96.0.10:53: dial udp 10.96.0.10:53: connect: network is unreachable", Reason.DNS,
         "db"),
        ("dial tcp: lookup db on 10.96.0.10:53: server misbehaving", Reason.DNS, "db"),
        ("rpc error: code = Unavailable desc = name resolver error: produced zero addresses", Reason.DNS, ""),
        ("nats: no servers available for connection", Reason.REFUSED, ""),
        ("net/http: TLS handshake timeout", Reason.TIMEOUT, ""),
        ("pq: SSL is not enabled on the server", Reason.TLS, ""),
        ('pq: no pg_hba.conf entry for host "10.1.0.7", user "web", database "web"', Reason.LOGIN, ""),
        ('Exception (403) Reason: "username or password not allowed"', Reason.LOGIN, ""),
        ("rpc error: code = PermissionDenied desc = not yours", Reason.LOGIN, ""),
        ("Error 1049 (42000): Unknown database 'orders'", Reason.SCHEMA, "Unknown database 'orders'"),
        ("UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition.", Reason.SCHEMA,
         "does not host this topic-partition"),
        ("malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`", Reason.SETTINGS, "GOMEMLIMIT"),
    ],
)  # fmt: skip
def test_the_words_of_an_error_tell_its_mechanism(text: str, reason: Reason, target: str) -> None:
    told = reason_of(text)
    assert told is not None
    assert (told.reason, told.target) == (reason, target)


@pytest.mark.parametrize(
    "text",
    [
        "the column does not exist in the report",
        "reads a read-only file",
        "became leader",
        "too many requests: 429",
        "panic: assignment to entry in nil map",
        "http: Server closed",
        "listening on :8080",
        "STATUS_OK received",
        "read tcp 10.0.0.2:8080->10.0.0.9:51234: read: connection reset by peer",
        "unexpected EOF",
        "pq: duplicate key value violates unique constraint",
    ],
)
def test_words_that_name_no_mechanism_are_not_guessed_at(text: str) -> None:
    assert reason_of(text) is None
