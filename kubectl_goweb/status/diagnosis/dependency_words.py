"""The words of errors about what a program depends on: names, addresses, certificates, logins, databases, rights.

The words are those of Go's standard library and of the databases and brokers that services are made of.
"""

from __future__ import annotations

from kubectl_goweb.status.diagnosis.mechanisms import Reason

_ADDRESS = r"(?P<target>\[?[\w.:-]+\]?:\d+|[\w.-]+)"
_DIAL = rf"dial (?:tcp|udp|unix)\S* {_ADDRESS}: "
_LOOKUP = r"lookup (?P<target>[\w.-]+)(?: on [\w.:\[\]]+)?: "

DEPENDENCIES: tuple[tuple[Reason, str, tuple[str, ...]], ...] = (
    (
        Reason.DNS,
        "the name {target} cannot be resolved",
        (
            _LOOKUP + "(?:no such host|server misbehaving|no answer from DNS server|.*Temporary failure)",
            # What the tools say with which init containers wait: nslookup, nc, wget, curl, psql.
            r"(?:can't find|can't resolve|bad address) [\"']?(?P<target>[\w.-]+)",
            r"[Cc]ould not resolve host: (?P<target>[\w.-]+)",
            r"could not translate host name \"(?P<target>[\w.-]+)\"",
        ),
    ),
    (
        Reason.DNS,
        "the cluster's DNS does not answer (asked for {target})",
        (_LOOKUP + ".*(?:i/o timeout|connection refused|no route to host|network is unreachable)",),
    ),
    (
        Reason.DNS,
        "a host name it needs cannot be resolved",
        (r"no such host|name resolver error|Name or service not known|could not translate host|nodename nor servname",),
    ),
    (
        Reason.SETTINGS,
        "the certificate and the key that it is given do not belong together, or are no PEM",
        (r"private key does not match public key|failed to find any PEM data|no PEM data found",),
    ),
    (Reason.TLS, "the other side's certificate is refused: {target}", (r"x509: (?P<target>.*)",)),
    (
        Reason.TLS,
        "TLS with the other side fails",
        (
            r"\btls: ",
            r"remote error: tls",
            r"server gave HTTP response to HTTPS client",
            r"SSL is not enabled on the server|server does not support SSL",
        ),
    ),
    (
        Reason.LOGIN,
        "the other side answers but does not accept the credentials",
        (
            r"password authentication failed for user \"?(?P<target>\w+)",
            r"Access denied for user '(?P<target>[^']+)'",
            r"SQLSTATE 28\w+|no pg_hba.conf entry|WRONGPASS|NOAUTH|AuthenticationFailed",
            r"(?i)invalid username or password|authentication failed|401 Unauthorized|code = Unauthenticated",
            r"username or password not allowed|nats: Authorization Violation|code = PermissionDenied",
            r"NoCredentialProviders|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch",
        ),
    ),
    (
        Reason.LOGIN,
        "the database answers and lets no one do that: {target}",
        (
            r"(?P<target>role \"[^\"]+\" does not exist|Host '[^']+' is not allowed to connect)",
            r"(?P<target>permission denied for (?:table|schema|database|relation|sequence|function) \S+)",
            r"(?P<target>(?:SELECT|INSERT|UPDATE|DELETE|CREATE) command denied to user \S+)",
        ),
    ),
    (
        Reason.LOGIN,
        "the other side answers but does not accept the credentials, or there are none",
        (
            r"AUTH <password> called without|asked for the client to provide credentials|SASL authentication failed",
            r"AssumeRoleWithWebIdentity|could not find default credentials|AccessDenied\b",
            r"(?i:token (?:has|is) expired)|/v1/auth/\S+.*Code: 40[013]",
        ),
    ),
    (
        Reason.REFUSED,
        "what it depends on answers, and is not ready for work yet: {target}",
        (
            r"(?P<target>the database system is (?:starting up|shutting down|in recovery mode|not yet accepting \w+))",
            r"(?P<target>LOADING Redis is loading|CLUSTERDOWN[^\n]*|MASTERDOWN[^\n]*)",
        ),
    ),
    (
        Reason.FULL,
        "the database answers and takes no more: {target}",
        (
            r"(?P<target>too many clients already|[Tt]oo many connections|remaining connection slots are reserved)",
            r"SQLSTATE 53300|max number of clients reached|redis: connection pool timeout",
            r"(?P<target>OOM command not allowed when used memory|MISCONF \w+ is configured to save)",
        ),
    ),
    (
        Reason.STANDBY,
        "it writes to a database that is read-only: a replica, or a primary that has just been replaced",
        (r"in a read-only transaction|SQLSTATE 25006|READONLY You can't write|--read-only option|NotWritablePrimary",),
    ),
    (
        Reason.SCHEMA,
        "the database's schema is not the one this version wants ({target}): a migration was not run, or is ahead",
        (
            r"(?P<target>(?:relation|column|table|database) [\"'`][^\"'`]+[\"'`](?: of relation \S+)?) does not exist",
            r"(?P<target>no such (?:table|column): \S+|Unknown (?:column|database) '[^']+')",
            r"(?P<target>Table '[^']+' doesn't exist)",
            r"(?P<target>does not host this topic-partition|topic or partition that does not exist)",
            r"(?P<target>Dirty database version \d+|no migration found for version \d+)",
        ),
    ),
    (
        Reason.RIGHTS,
        "{target}: no such right was given to this ServiceAccount (a Role and its RoleBinding give it)",
        (
            r"[Uu]ser \\?\"system:serviceaccount:(?P<target>\S+ cannot \w+ resource \\?\"[\w./-]+\\?\")",
            r"User \\?\"system:serviceaccount:(?P<target>\S+ cannot \w+ path \\?\"[^\"]+\")",
        ),
    ),
    (
        Reason.LEADER,
        (
            "it ended because it lost its leadership: its lease was not renewed in time, for the API server or its own "
            "processor was slow, or the network was cut"
        ),
        (r"(?i)\bleader ?election lost|lost leader(?:ship| election)|failed to renew lease",),
    ),
    (
        Reason.REFUSED,
        "nobody listens at {target}",
        (
            _DIAL + "connect: connection refused",
            r"connection to server at \"(?P<target>[^\"]+)\".* failed: Connection refused",  # libpq, as psql
            r"(?P<target>[\w.-]+:\d+) - (?:no response|rejecting connections)",  # pg_isready
            r"[Ff]ailed to connect to (?P<target>[\w.-]+) port \d+.*refused",
        ),
    ),
    (
        Reason.REFUSED,
        "nobody listens at an address it needs",
        (r"[Cc]onnect(?:ion)?:? (?:connection )?refused|ECONNREFUSED|nats: no servers available",),
    ),
    (
        Reason.RESET,
        "{target} ends the connection: it speaks another protocol, is ending itself, or a proxy before it cuts it",
        (
            # Who has a port of 32768 and more is a client of the program's own.
            r"(?:read|write) tcp \S+->(?P<target>\[?[\w.:]+\]?:(?:\d{1,4}|[12]\d{4})): .*(?:reset by peer|broken pipe)",
            _DIAL + r"connect: connection reset by peer",
            r"(?:Get|Post|Put|Head) \"?(?P<target>https?://[^\"\s/]+).*(?:connection reset by peer|: EOF$)",
        ),
    ),
    (
        Reason.RESET,
        "what it asks ends the connection: it speaks another protocol, is ending itself, or a proxy before it cuts it",
        (
            r"ECONNRESET|error reading server preface|connection error: .*EOF",
            r"upstream connect error or disconnect/reset before headers|out of available brokers to talk to: EOF",
        ),
    ),
    (
        Reason.UNREACHABLE,
        "there is no way to {target}",
        (_DIAL + "(?:connect: )?(?:no route to host|network is unreachable)",),
    ),
    (
        Reason.TIMEOUT,
        "{target} does not answer: a NetworkPolicy or firewall drops it, or nobody is there",
        (
            _DIAL + r"(?:i/o timeout|connect: connection timed out|.*deadline exceeded|.*operation was canceled)",
            r"(?:Get|Post|Put|Head) \"?(?P<target>https?://[^\"\s/]+).*(?:deadline exceeded|\.Timeout|i/o timeout)",
        ),
    ),
    (Reason.UNREACHABLE, "there is no way to an address it needs", (r"no route to host", r"network is unreachable")),
    (
        Reason.TIMEOUT,
        "something it needs does not answer in time",
        (
            r"i/o timeout|context deadline exceeded|connection timed out|Client\.Timeout exceeded|timeout expired",
            r"TLS handshake timeout|etcdserver: request timed out|server selection (?:error|timeout)",
            r"run out of available brokers|no Elasticsearch node available|timed out waiting for cache",
        ),
    ),
)
