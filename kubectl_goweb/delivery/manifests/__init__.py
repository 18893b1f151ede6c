"""A service file as Kubernetes objects. Pure: the same file and image give the same objects, in the same order.

Objects are JSON as the API takes it: their types live in the API server, which checks every field (`release`).
"""

from kubectl_goweb.delivery.manifests.body import Body, Release
from kubectl_goweb.delivery.manifests.objects import objects
from kubectl_goweb.delivery.manifests.text import yaml_text

__all__ = ["Body", "Release", "objects", "yaml_text"]
