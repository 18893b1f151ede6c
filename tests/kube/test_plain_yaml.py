"""The quick reader of plain YAML must agree with the library or leave the text to it."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from kubectl_goweb.kube.plain_yaml import read_plain_yaml

KUBECTL = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    extensions:
    - extension:
        last-update: Fri, 13 Oct 2023 10:00:00 UTC
        provider: minikube.sigs.k8s.io
        version: v1.31.2
      name: cluster_info
    server: https://192.168.49.2:8443
  name: minikube
- cluster:
    insecure-skip-tls-verify: true
    server: https://[::1]:6443
  name: arn:aws:eks:eu-west-1:123456789012:cluster/shop
contexts:
- context:
    cluster: minikube
    namespace: default
    user: minikube
  name: minikube
current-context: minikube
kind: Config
preferences: {}
users:
- name: minikube
  user:
    client-certificate: /home/ana/.minikube/profiles/minikube/client.crt
    client-key: /home/ana/.minikube/profiles/minikube/client.key
- name: eks
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-west-1
      - eks
      - get-token
      command: aws
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
"""

INDENTED = """\
# written by hand

kind: Config
clusters:
  -   name: "a b"
      cluster: {server: x}
  - name: 'x # y'
    cluster:
      server: "https://10.0.0.1"
"""


def library(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def test_what_kubectl_writes_is_read_without_the_library() -> None:
    assert read_plain_yaml(KUBECTL) == (library(KUBECTL),)
    dumped = yaml.safe_dump(library(KUBECTL))
    assert read_plain_yaml(dumped) == (library(dumped),)


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  x\n",
        "a: >-\n  x\n",
        "a: &x b\n",
        "a: *x\n",
        "a: !!str b\n",
        "a: {b: c}\n",
        "a: [b]\n",
        "a: b\n  c\n",
        "a: b # c\n",
        "a: 1.5\n",
        "a: 0x10\n",
        "a: 010\n",
        "a: 1:30\n",
        "a: yes\n",
        "a: ~\n",
        "a: 2024-01-01\n",
        "<<: b\n",
        "? a\n",
        "--- \na: b\n",
        "a: b\n---\na: c\n",
        "a: b\na: c\n",
        'a: "\\n"\n',
        "a: 'it''s'\n",
        "a: ü\n",
        "a:b\n",
        "a: b: c\n",
        "a:\n  b: c\n d: e\n",
        "- a\nb: c\n",
        "a\n",
        "",
        "1: a\n",
        "yes: a\n",
        "a: .inf\n",
        "a: -1\n",
        "a: @b\n",
        "a: `b\n",
        "a: %b\n",
        "-\n  a: b\n",
        "a: --\n",
        "a: ---\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_library(text: str) -> None:
    assert read_plain_yaml(text) is None


def test_whatever_is_read_is_read_as_the_library_reads_it() -> None:
    dice = random.Random(1)
    signs = ["\n", "\n  ", "\n- ", "- ", ": ", ":", " ", "#", " #", "'", '"', "{}", "[]", "a", "b: c", "true", "null"]
    signs += [
        "y",
        "No",
        "1",
        "0",
        "-",
        ".",
        "|",
        "&a",
        "*",
        "!",
        "%",
        "~",
        "e3",
        "=",
        "<<",
        "?",
        ",",
        "null: ",
        "x:\n",
        "/",
        "--",
        "--a",
    ]
    read = 0
    for _ in range(10_000):
        base = dice.choice([KUBECTL, INDENTED, ""])
        start = dice.randrange(len(base) + 1)
        text = base[max(0, start - dice.randrange(300)) : start]
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(signs) + text[at + dice.randrange(3) :]
        found = read_plain_yaml(text)
        if found is not None:
            read += 1
            assert repr(found[0]) == repr(library(text)), text
    assert read > 400
