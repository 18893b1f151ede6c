"""Log lines as Go services write them, and what is made of them."""

from __future__ import annotations

import pytest

from kubectl_goweb.status.log_lines import Level, Line, Reading, read_line, reading


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        pytest.param(
            '{"time":"2026-11-25T03:07:41.1Z","level":"INFO","msg":"listening","address":":8080","tries":3}',
            Level.INFO,
            "listening  address=:8080 tries=3",
            id="slog, JSON",
        ),
        pytest.param(
            '{"time":"x","level":"WARN+2","msg":"slow","request":{"path":"/a b","ms":7.5}}',
            Level.WARN,
            'slow  request="{"path":"/a b","ms":7.5}"',
            id="slog with a level in between and a group",
        ),
        pytest.param(
            '{"level":"error","ts":1732504061.5,"caller":"web/main.go:14","msg":"cannot save","error":"no space left",'
            '"stacktrace":"main.save\\n\\t/src/main.go:14"}',
            Level.ERROR,
            'cannot save  caller=web/main.go:14 error="no space left" stacktrace="main.save  /src/main.go:14"',
            id="zap",
        ),
        pytest.param('{"L":"dpanic","T":"now","M":"broken"}', Level.FATAL, "broken", id="zap in development"),
        pytest.param(
            '{"level":"debug","time":1732504061,"message":"hit","ok":true,"user":null}',
            Level.DEBUG,
            "hit  ok=true user=null",
            id="zerolog",
        ),
        pytest.param(
            'time=2026-11-25T03:07Z level=ERROR msg="health check \\"deep\\" failed" status=500 error="stale for 3m"',
            Level.ERROR,
            'health check "deep" failed  status=500 error="stale for 3m"',
            id="slog, text",
        ),
        pytest.param(
            "E1125 03:07:41.123456       1 leader.go:330] lost the lease",
            Level.ERROR,
            "lost the lease  at=leader.go:330",
            id="klog",
        ),
        pytest.param(
            "\x1b[90m3:07AM\x1b[0m \x1b[33mWRN\x1b[0m slow \x1b[36mms=\x1b[0m900",
            Level.WARN,
            "3:07AM WRN slow ms=900",
            id="zerolog for people, coloured",
        ),
        pytest.param("panic: assignment to entry in nil map", Level.FATAL, None, id="a panic"),
        pytest.param("listening on :8080", Level.NONE, None, id="plain"),
        pytest.param("the msg= is not a pair of this line", Level.NONE, None, id="no logfmt"),
        pytest.param('{"level":"info","msg":"cut in the mid', Level.NONE, None, id="half an object"),
        pytest.param('["a list"]', Level.NONE, None, id="JSON that is no object"),
        pytest.param('{"level":30,"pid":7}', Level.NONE, "level=30 pid=7", id="a level that is unknown is shown"),
        pytest.param("{}", Level.NONE, "", id="an empty object"),
    ],
)
def test_a_line_is_read_as_its_library_means_it(line: str, level: Level, text: str | None) -> None:
    told = reading(line)

    assert (told.level, told.text) == (level, line if text is None else text)


def test_fields_begin_where_they_are_said_to() -> None:
    told = reading('{"level":"INFO","msg":"served","path":"/a"}')

    assert told.text[told.fields_at :] == "path=/a"
    assert reading("level=INFO msg=ready").fields_at == -1


@pytest.mark.parametrize(
    "line",
    [
        "\x1b]0;owned\x07hello\x1b[2J",
        '{"msg":"\\u001b[2Jhello\\u202e","k\\u0007":"\\u009b31m"}',
        'level=INFO msg="a\x1b[2Jb" k=\x9b31m',
        '{"msg":"' + "[" * 3000 + '"}',
        "[" * 100_000,
        '{"a":' * 5000,
        '{"msg":"\\ud800"}',
        "\r\x00\x08",
    ],
)
def test_hostile_lines_come_out_as_printable_text(line: str) -> None:
    told = reading(line)

    assert told.text.isprintable()
    assert len(told.text) <= 20_002


def test_an_empty_line_stays_one() -> None:
    assert reading("") == Reading("")


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (
            "\x1b[90m3:07AM\x1b[0m \x1b[31mFTL\x1b[0m main.go:9 > cannot listen",
            Line(Level.FATAL, "cannot listen", "", "main.go:9"),
        ),
        ("error: no such table", Level.ERROR),
        ("errors are counted", Level.NONE),
        ('{"severity":"ALERT","event":"disk full"}', Line(Level.FATAL, "disk full")),
        (
            'web | level=error msg="two\\nlines" err="\\x1b is no JSON"',
            Line(Level.ERROR, "two\nlines", "x1b is no JSON"),
        ),
        ('{"level":"error","msg":"no","error":{"msg":"broken pipe"}}', Line(Level.ERROR, "no", "broken pipe")),
    ],
)
def test_diagnosis_finds_level_error_and_place_in_the_same_lines(raw: str, line: Line | Level) -> None:
    told = read_line(raw)

    assert (told.level if isinstance(line, Level) else told) == line
    if isinstance(line, Level):
        assert reading(raw).level is line
