"""The words of errors and the mechanism that each of them tells of.

The words are those of Go's standard library, of the C library below it, and of the databases and brokers that services
are made of; the first rule that fits decides.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The machine's word for a finding's mechanism; part of the interface, as the codes are."""

    DNS = "dependency-dns"
    REFUSED = "dependency-refused"
    TIMEOUT = "dependency-timeout"
    UNREACHABLE = "dependency-unreachable"
    RESET = "dependency-reset"
    TLS = "dependency-tls"
    LOGIN = "dependency-login"
    FULL = "dependency-full"
    STANDBY = "dependency-read-only"
    SCHEMA = "dependency-schema"
    LEADER = "leader-lost"
    RIGHTS = "missing-rights"
    LOADER = "missing-loader"
    DIRECTORY = "file-is-directory"
    PORT_IN_USE = "port-in-use"
    PORT_FORBIDDEN = "port-forbidden"
    NO_FILE = "missing-file"
    READ_ONLY = "read-only-filesystem"
    PERMISSION = "permission"
    DISK_FULL = "disk-full"
    FILES = "too-many-open-files"
    VARIABLE = "missing-environment"
    ARGUMENTS = "wrong-arguments"
    SETTINGS = "wrong-settings"
    API_GONE = "api-not-served"
    EXEC_FORMAT = "exec-format"
    PANIC = "go-panic"
    FATAL = "go-fatal-error"
    RACE = "go-data-race"
    DEADLOCK = "go-deadlock"
    SIGNAL = "signal"
    ENDS = "exits-by-itself"


_ADDRESS = r"(?P<target>\[?[\w.:-]+\]?:\d+|[\w.-]+)"
_DIAL = rf"dial (?:tcp|udp|unix)\S* {_ADDRESS}: "
_LISTEN = r"listen (?:tcp|udp)\S* (?P<target>\S*:\d+): bind: "
_LOOKUP = r"lookup (?P<target>[\w.-]+)(?: on [\w.:\[\]]+)?: "
_VARIABLE = r"[\"'`]?(?P<target>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|\$[A-Z][A-Z0-9_]+)[\"'`]?"
_ENV = r"env(?:ironment)?(?: var(?:iable)?)?s?"
_LACKING = (
    r"(?:(?:is|are|was|were|has) )?(?:not (?:been )?(?:set|defined|found|provided)|unset|missing|required|undefined|"
    r"(?:must|cannot|can't|needs to|may not|should) be (?:set|empty|blank|provided|defined)|empty|blank)"
)

RULES: tuple[tuple[Reason, str, tuple[str, ...]], ...] = (
    (Reason.EXEC_FORMAT, "the binary is built for another processor than the node's", (r"exec format error",)),
    (Reason.PORT_IN_USE, "something in the Pod listens on {target} already", (_LISTEN + "address already in use",)),
    (Reason.PORT_IN_USE, "something in the same Pod listens on that port already", (r"bind: address already in use",)),
    (
        Reason.PORT_FORBIDDEN,
        "a user that is not root may not listen on {target}: ports below 1024 are root's",
        (_LISTEN + "permission denied",),
    ),
    (
        Reason.PORT_FORBIDDEN,
        "the address it wants to listen on is not the Pod's",
        (r"bind: cannot assign requested address",),
    ),
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
        Reason.FULL,
        "the database answers and takes no more connections: {target}",
        (
            r"(?P<target>too many clients already|[Tt]oo many connections|remaining connection slots are reserved)",
            r"SQLSTATE 53300|max number of clients reached",
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
            r"(?P<target>Dirty database version \d+)",
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
        ("it ended because it lost its leadership: its lease was not renewed in time, for the API server or its own "
        "processor was slow, or the network was cut"),
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
            r"TLS handshake timeout|etcdserver: request timed out",
        ),
    ),
    (
        Reason.READ_ONLY,
        "it writes to {target}, and the container's file system is read-only",
        (r"(?P<target>\S+): read-only file system",),
    ),
    (
        Reason.DISK_FULL,
        "there is no room left at {target}",
        (r"(?:write|open|create|mkdir|f?sync|fallocate):? (?P<target>/\S+?): no space left on device",),
    ),
    (Reason.DISK_FULL, "a disk it writes to is full", (r"no space left on device",)),
    (Reason.FILES, "it has as many files and connections open as it may", (r"too many open files",)),
    (
        Reason.DIRECTORY,
        "{target} is a directory where a file is meant: a subPath whose key is not there, or a volume over the file",
        (r"(?:open|read|exec:?) \"?(?P<target>/\S+?)\"?: is a directory",),
    ),
    (
        Reason.LOADER,
        ("a library or the loader of the program is not in the image: built with cgo, it cannot run in an image from "
        "scratch or of another C library (CGO_ENABLED=0)"),
        (r"error while loading shared libraries: (?P<target>\S+?):", r"GLIBC_\S+' not found"),
    ),
    (
        Reason.NO_FILE,
        ("the program {target} is not in the image, or the loader that it needs is not: one built with cgo cannot run "
        "in an image from scratch or of another C library (CGO_ENABLED=0)"),
        (r"^exec (?P<target>/\S+): no such file or directory",),
    ),
    (
        Reason.NO_FILE,
        "the file {target} is not in the image and not mounted",
        (
            r"(?:open|stat|read|lstat|chdir|fork/exec) (?P<target>\S+?):? no such file or directory",
            r"(?P<target>/\S+?): no such file or directory",
        ),
    ),
    (
        Reason.PERMISSION,
        "the user it runs as may not use {target}",
        (r"(?:open|mkdir|create|rename|unlink|chmod|stat|fork/exec) (?P<target>\S+?):? permission denied",),
    ),
    (
        Reason.PERMISSION,
        "the user it runs as is not allowed something",
        (r"permission denied", r"operation not permitted", r"EACCES"),
    ),
    (
        Reason.VARIABLE,
        "the environment variable {target} is not set",
        (
            rf"required (?:key|{_ENV}) {_VARIABLE} (?:missing value|{_LACKING})",
            rf"{_VARIABLE}:? (?:{_ENV} )?{_LACKING}",
            rf"(?i:missing|required|unset|undefined|please set|need)(?: required| the| an?)*(?: {_ENV})?:? {_VARIABLE}",
            rf"(?i:(?:required|missing) {_ENV}:? )[\"'`]?(?P<target>\w+)",
            rf"(?i:{_ENV}):? [\"'`$]?(?P<target>[A-Z][A-Z0-9_]*)[\"'`]? {_LACKING}",
            # A structured line names it in a field beside its message.
            rf"(?i:missing|required|{_LACKING})\b.{{0,60}}\b(?:name|key|var|variable|env|setting)={_VARIABLE}",
        ),
    ),
    (
        Reason.ARGUMENTS,
        "the program does not know an argument it is given: {target}",
        (
            r"flag provided but not defined: (?P<target>\S+)",
            r"unknown (?:shorthand )?flag:? (?P<target>.+)",
            r"unknown command (?P<target>.+)",
        ),
    ),
    (
        Reason.SETTINGS,
        "{target} is no address to listen on or to ask: host and port belong into it, as in :8080",
        (r"address (?P<target>\S+): (?:missing port in address|too many colons in address)",),
    ),
    (
        Reason.SETTINGS,
        "{target} is no port",
        (r"lookup (?:tcp|udp)/(?P<target>\S+?): (?:unknown port|Servname not supported)",),
    ),
    (
        Reason.SETTINGS,
        ("an address in its settings has an invisible character in it: a line break at its end, as a value gets that "
        "was made by echo or from a file"),
        (r"net/url: invalid control character in URL",),
    ),
    (
        Reason.SETTINGS,
        "{target} in its settings is no address that can be read",
        (r"parse \\?\"(?P<target>[^\"\\]+)\\?\": (?:first path segment|invalid port|missing protocol|invalid URI)",),
    ),
    (
        Reason.SETTINGS,
        "Go does not understand {target}: sizes end in KiB, MiB or GiB, not in Ki, Mi or Gi",
        (r"malformed (?P<target>GOMEMLIMIT)",),
    ),
    (
        Reason.API_GONE,
        "it asks for {target}, which this API server does not serve: gone with an upgrade, or its CRD is not installed",
        (r"no matches for kind \\?\"(?P<target>[\w.-]+\\?\" in (?:version|group) \\?\"[\w./-]+)",
         r"no matches for (?P<target>[\w./-]+, Resource=\w+)",
         r"failed to (?:list|watch) \*?(?P<target>[\w./-]+): .*could not find the requested resource",
         r"the server could not find the requested resource(?: \(\w+ (?P<target>[\w./-]+)\))?"),
    ),
    (
        Reason.SETTINGS,
        "it cannot read its settings",
        (r"yaml: |toml: |cannot unmarshal|invalid configuration", r"invalid character .* (?:looking for|after)",
         r"(?:parsing|invalid \w+) \"[^\"]*\"(?:: invalid)?"),
    ),
)  # fmt: skip
