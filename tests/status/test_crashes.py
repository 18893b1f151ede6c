from __future__ import annotations

import pytest

from kubectl_goweb.status.diagnosis.crashes import Crash, CrashKind, read_crash

PANIC = """{"level":"INFO","msg":"listening"}
panic: runtime error: invalid memory address or nil pointer dereference [recovered, repanicked]
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x6b3c1d]

goroutine 34 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1868 +0xb9
github.com/acme/lib.Do(0x0)
\t/root/go/pkg/mod/github.com/acme/lib@v1.0.0/do.go:9 +0x11
main.handler({0x7a1f40, 0xc0000f2000}, 0xc0000a8000)
\t/src/handlers/cart.go:42 +0x1d
main.main()
\t/src/main.go:12 +0x5
exit status 2
"""


def test_a_panic_names_the_first_frame_of_ones_own_code() -> None:
    crash = read_crash(PANIC.splitlines())
    assert crash is not None
    assert crash.message == "panic: runtime error: invalid memory address or nil pointer dereference"
    assert crash.place == "cart.go:42"


def test_a_fatal_error_is_read_like_a_panic() -> None:
    crash = read_crash(
        ["fatal error: concurrent map writes", "", "goroutine 7 [running]:", "main.f()", "\t/a/m.go:3 +0x1"]
    )
    assert crash is not None
    assert (crash.message, crash.place, crash.is_go) == ("fatal error: concurrent map writes", "m.go:3", True)


def test_only_the_newest_panic_counts() -> None:
    crash = read_crash(["panic: first", "\t/a/one.go:1 +0x1", "restarted", "panic: second", "\t/a/two.go:2 +0x1"])
    assert crash is not None
    assert (crash.message, crash.place) == ("panic: second", "two.go:2")


def test_without_a_panic_the_last_line_is_the_best_that_is_known() -> None:
    crash = read_crash(["starting", "cannot open database: connection refused", ""])
    assert crash is not None
    assert (crash.message, crash.is_go) == ("cannot open database: connection refused", False)


def test_an_empty_log_tells_nothing() -> None:
    assert read_crash(["", "  "]) is None


def crash_of(text: str) -> Crash:
    found = read_crash(text.splitlines())
    assert found is not None
    return found


DEADLOCK = """fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.wait(...)
\t/src/wait.go:31
main.main()
\t/src/main.go:9 +0x1d

goroutine 18 [chan receive]:
main.worker()
\t/src/worker.go:7 +0x25
created by main.main in goroutine 1
\t/src/main.go:8 +0x15

goroutine 19 [chan receive]:
main.worker()
\t/src/worker.go:7 +0x25
created by main.main in goroutine 1
\t/src/main.go:8 +0x15
"""


def test_a_deadlock_tells_what_the_goroutines_wait_for() -> None:
    crash = crash_of(DEADLOCK)
    assert (crash.kind, crash.place) == (CrashKind.DEADLOCK, "wait.go:31")
    assert crash.goroutines == ("3 goroutines: 2 chan receive at worker.go:7, 1 chan receive at wait.go:31")


TRIMMED = """panic: invalid port "http": strconv.Atoi: parsing "http": invalid syntax

goroutine 1 [running]:
strconv.Atoi(...)
\tstrconv/atoi.go:1
github.com/lib/conf.Load({0xc00, 0x2})
\tgithub.com/lib/conf@v1.2.3/load.go:40 +0x11
example.com/shop/internal/settings.(*Settings).port(0x0)
\texample.com/shop/internal/settings/settings.go:77 +0x2f
main.main()
\texample.com/shop/cmd/web/main.go:12 +0x5
"""


def test_the_own_module_is_known_from_the_import_path_of_a_trimmed_binary() -> None:
    crash = crash_of(TRIMMED)
    assert crash.place == "settings.go:77"
    assert crash.function == "example.com/shop/internal/settings.(*Settings).port"


def test_a_package_that_is_only_named_like_a_standard_one_is_ones_own() -> None:
    assert (
        crash_of("panic: x\n\ngoroutine 1 [running]:\nlog/audit.Write()\n\t/src/log/write.go:3 +0x1").place
        == "write.go:3"
    )


def test_the_message_of_a_panic_is_kept_whole() -> None:
    crash = crash_of("panic: first line\n\tsecond line\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/m.go:3 +0x1")
    assert crash.message == "panic: first line second line"


RACE = """==================
WARNING: DATA RACE
Write at 0x00c00001c0a8 by goroutine 8:
  main.(*counter).add()
      /src/counter.go:19 +0x44
  main.main.func1()
      /src/main.go:14 +0x2f

Previous read at 0x00c00001c0a8 by goroutine 7:
  main.(*counter).get()
      /src/counter.go:12 +0x3a
==================
Found 1 data race(s)
exit status 66
"""


def test_a_race_report_names_the_line_that_writes() -> None:
    crash = crash_of(RACE)
    assert (crash.kind, crash.message, crash.place) == (
        CrashKind.RACE,
        "data race: unsynchronised write",
        "counter.go:19",
    )


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("fatal error: concurrent map read and map write", CrashKind.MAP_RACE),
        ("fatal error: stack overflow", CrashKind.STACK),
        ("runtime: out of memory: cannot allocate 4194304-byte block", CrashKind.MEMORY),
        ("SIGQUIT: quit", CrashKind.SIGNAL),
        ("panic: boom", CrashKind.PANIC),
        ("fatal error: unexpected signal during runtime execution", CrashKind.FATAL),
    ],
)
def test_the_runtimes_last_words_are_told_apart(head: str, kind: CrashKind) -> None:
    assert crash_of(f"{head}\n\ngoroutine 5 [running]:\nmain.f()\n\t/a/m.go:3 +0x1").kind is kind


@pytest.mark.parametrize(
    ("line", "message", "place"),
    [
        ('{"level":"ERROR","msg":"cannot serve","error":"listen tcp :8080: bind: address already in use"}',
         "cannot serve: listen tcp :8080: bind: address already in use", ""),
        ('{"level":"fatal","caller":"w/main.go:12","msg":"no","error":"dial tcp db:543: connect: connection refused"}',
         "no: dial tcp db:543: connect: connection refused", "main.go:12"),
        ('{"level":"fatal","error":"open /etc/web.yaml: no such file or directory","message":"no settings"}',
         "no settings: open /etc/web.yaml: no such file or directory", ""),
        ('{"time":"2026-03-01T12:00:00Z","level":"ERROR","source":{"file":"/src/main.go","line":42},"msg":"boom"}',
         "boom", "main.go:42"),
        ('time=2026-03-01T12:00:00Z level=ERROR msg="no database" err="dial tcp: lookup db: no such host"',
         "no database: dial tcp: lookup db: no such host", ""),
        ("F0301 12:00:00.000000       1 main.go:12] cannot start: no port", "cannot start: no port", "main.go:12"),
        ("2026/03/01 12:00:00 DATABASE_URL is not set", "DATABASE_URL is not set", ""),
        ("2026/03/01 12:00:00 main.go:12: DATABASE_URL is not set", "DATABASE_URL is not set", "main.go:12"),
        ('2026-03-01T12:00:00.000Z\tFATAL\tweb/main.go:12\tcannot listen\t{"error": "bind: permission denied"}',
         "cannot listen: bind: permission denied", "main.go:12"),
    ],
)  # fmt: skip
def test_the_last_error_of_a_log_is_read_whichever_logger_wrote_it(line: str, message: str, place: str) -> None:
    crash = crash_of(f'{{"level":"INFO","msg":"starting"}}\n{line}')
    assert (crash.message, crash.place, crash.is_go) == (message, place, False)


def test_an_earlier_warning_does_not_hide_the_plain_last_words() -> None:
    assert crash_of("2026/03/01 12:00:00 WARN slow\n2026/03/01 12:00:01 cannot open x").message == "cannot open x"


def test_a_function_of_the_runtime_that_is_linked_by_name_is_not_ones_own() -> None:
    crash = crash_of(
        "fatal error: concurrent map writes\n\ngoroutine 9 [running]:\n"
        "internal/runtime/maps.fatal({0x1, 0x2})\n\truntime/panic.go:1181 +0x18\n"
        "main.race.func1()\n\tgoweb.test/real/sick/main.go:137 +0x3c"
    )
    assert crash.place == "main.go:137"


def test_what_is_logged_right_after_a_fatal_error_is_no_part_of_its_message() -> None:
    crash = crash_of('fatal error: all goroutines are asleep - deadlock!\n{"level":"INFO","msg":"starting"}')
    assert crash.message == "fatal error: all goroutines are asleep - deadlock!"


def test_what_is_indented_goes_on_with_the_line_above_it() -> None:
    refused = 'connection to server at "10.91.1.5", port 5432 failed: Connection refused'
    crash = read_crash([refused, "\tIs the server running on that host and accepting TCP/IP connections?"])
    assert crash is not None
    assert crash.message == refused


USAGE = "Usage of web:\n  -listen string\n    \twhere to serve"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{{"level":"INFO","msg":"starting"}}\nflag provided but not defined: -colour\n{USAGE}',
         "flag provided but not defined: -colour"),
        (f'flag provided but not defined: -colour\n{{"level":"INFO","msg":"starting"}}\n{USAGE}',
         "flag provided but not defined: -colour"),
        (f'flag provided but not defined: -colour\n{USAGE}\n{{"level":"INFO","msg":"starting"}}',
         "flag provided but not defined: -colour"),
        ("Error: unknown flag: --colour\nUsage:\n  web [flags]", "Error: unknown flag: --colour"),
        ("Incorrect Usage: flag provided but not defined: -x\n\nNAME:\n   web\n\nUSAGE:\n   web [options]",
         "Incorrect Usage: flag provided but not defined: -x"),
        ("starting\nusage of memory: 12 MB\ndone", "done"),
    ],
)  # fmt: skip
def test_what_is_complained_of_before_the_usage_is_what_counts(text: str, message: str) -> None:
    crash = read_crash(text.splitlines())
    assert crash is not None
    assert crash.message == message
