from __future__ import annotations

import json

import pytest

from kubectl_goweb.errors import ServerError
from kubectl_goweb.objects import Kind, Pod, decode_event, decode_page


def page(*items: object) -> bytes:
    return json.dumps({"metadata": {"resourceVersion": "7", "continue": "more"}, "items": items}).encode()


def named(name: str, **more: object) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "shop", **more}}


def test_a_page_tells_its_version_and_how_to_go_on() -> None:
    found = decode_page(Kind.POD, page(named("a")))
    assert (found.resource_version, found.cont, [one.key for one in found.items]) == ("7", "more", ["shop/a"])


def test_a_malformed_item_is_set_aside_and_the_others_are_read() -> None:
    odd = named("odd") | {"spec": {"containers": "none"}}
    found = decode_page(Kind.POD, page(named("a"), odd, named("b")))
    assert [one.name for one in found.items] == ["a", "b"]
    assert [bad.name for bad in found.malformed] == ["shop/odd"]
    assert "containers" in found.malformed[0].why


@pytest.mark.parametrize("odd", [None, 3, "text", [], {}, {"metadata": None}, {"metadata": {"name": 7}}])
def test_an_item_that_is_no_object_at_all_is_set_aside_too(odd: object) -> None:
    found = decode_page(Kind.POD, page(named("a"), odd))
    assert (len(found.items), len(found.malformed)) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"items":[', b"[]", b'{"items": 5}', b'{"items":[{"metadata"'])
def test_an_answer_that_is_no_list_is_an_error_in_one_sentence(body: bytes) -> None:
    with pytest.raises(ServerError, match=r"pods"):
        decode_page(Kind.POD, body)


def test_unknown_fields_and_a_megabyte_of_annotations_are_left_out() -> None:
    found = decode_page(Kind.POD, page(named("a", annotations={"big": "x" * 1_000_000}) | {"unheardOf": [1, 2]}))
    assert [one.name for one in found.items] == ["a"]


def test_items_null_is_an_empty_list() -> None:
    assert decode_page(Kind.POD, b'{"metadata":{},"items":null}').items == ()


def test_a_watch_line_becomes_an_event() -> None:
    line = json.dumps({"type": "MODIFIED", "object": named("a", resourceVersion="9")}).encode()
    event = decode_event(Kind.POD, line)
    assert isinstance(event.object, Pod)
    assert (event.type, event.resource_version, event.object.name) == ("MODIFIED", "9", "a")


def test_a_bookmark_has_only_a_version() -> None:
    event = decode_event(Kind.POD, b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12"}}}')
    assert (event.type, event.resource_version, event.object) == ("BOOKMARK", "12", None)


def test_an_error_event_has_a_code_and_a_message() -> None:
    event = decode_event(Kind.POD, b'{"type":"ERROR","object":{"code":410,"message":"too old"}}')
    assert (event.code, event.message) == (410, "too old")


def test_a_malformed_object_in_a_watch_is_named_and_keeps_its_version() -> None:
    line = json.dumps({"type": "ADDED", "object": named("odd", resourceVersion="9") | {"spec": 4}}).encode()
    event = decode_event(Kind.POD, line)
    assert event.malformed is not None
    assert (event.malformed.name, event.resource_version) == ("shop/odd", "9")


def test_a_line_that_is_no_event_is_an_error() -> None:
    with pytest.raises(ServerError, match=r"no event"):
        decode_event(Kind.POD, b'{"type":"ADDED"')


def test_paths_are_those_of_the_api() -> None:
    assert Kind.POD.resource.path() == "/api/v1/pods"
    assert Kind.POD.resource.path("shop") == "/api/v1/namespaces/shop/pods"
    assert Kind.DEPLOYMENT.resource.path("shop", "web") == "/apis/apps/v1/namespaces/shop/deployments/web"
    assert Kind.NODE.resource.path("shop") == "/api/v1/nodes"
    assert Kind.ENDPOINT_SLICE.resource.group_plural == "endpointslices.discovery.k8s.io"
