"""goweb.yaml: what it may say, how it is read, what is wrong with it. Pure: text in, values out; no file is opened."""

from kubectl_goweb.delivery.service.model import ServiceFile
from kubectl_goweb.delivery.service.reading import read

__all__ = ["ServiceFile", "read"]
