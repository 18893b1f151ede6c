"""A small cluster to look at without a cluster: a seeded world and an API server for it on loopback."""

from __future__ import annotations
