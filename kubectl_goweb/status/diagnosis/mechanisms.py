"""The machine's words for what is wrong."""

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
