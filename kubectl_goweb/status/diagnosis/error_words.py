"""The words of errors and the mechanism that each of them tells of.

The words are those of Go's standard library, of the C library below it, and of the databases and brokers that services
are made of; the first rule that fits decides.
"""

from __future__ import annotations

from kubectl_goweb.status.diagnosis.dependency_words import DEPENDENCIES
from kubectl_goweb.status.diagnosis.mechanisms import Reason

_LISTEN = r"listen (?:tcp|udp)\S* (?P<target>\S*:\d+): bind: "
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
    *DEPENDENCIES,
    (
        Reason.READ_ONLY,
        "it writes to {target}, and the container's file system is read-only",
        (r"(?P<target>\S+): read-only file system",),
    ),
    (
        Reason.FILES,
        "the node has given out as many inotify watches as it may (fs.inotify.max_user_watches)",
        (r"inotify_add_watch\S*: no space left on device|fsnotify\w*: no space left on device",),
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
        Reason.NO_FILE,
        "the program {target}, which it calls, is not in the image",
        (r"exec: \"(?P<target>[^\"]+)\": executable file not found",),
    ),
    (
        Reason.NO_FILE,
        "there is no settings file at {target}",
        (r"Config File \"[^\"]+\" Not Found in \"\[(?P<target>[^\]\s\"]+)",),
    ),
    (
        Reason.NO_FILE,
        "no file of {target} is where it looks: not in the image, or its workingDir is another",
        (r"pattern matches no files: `(?P<target>[^`]+)`",),
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
        (r"yaml: |toml: |cannot unmarshal|invalid configuration", r"missing unit in duration|json: unknown field",
         r"illegal base64 data|listen \w+: address \S+: invalid port", r"invalid character .* (?:looking for|after)",
         r"(?:parsing|invalid \w+) \"[^\"]*\"(?:: invalid)?"),
    ),
)  # fmt: skip
