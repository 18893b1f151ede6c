"""What an image is called, and what it says about where it comes from. Pure."""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.delivery.source import Source

_SHORT = 12


class Name(Struct, frozen=True):
    """`repository:tag`."""

    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"

    def at(self, digest: str) -> str:
        """The image of this very digest, whatever the tag will point to tomorrow."""
        return f"{self.repository}@{digest}"


def tag_of(source: Source, context_digest: str) -> str:
    """The commit's tag; where there is no git, a hash of the sources."""
    return source.tag or f"src-{context_digest[:_SHORT]}"


def loaded_tag(tag: str, image_id: str) -> str:
    """A tag for a cluster without a registry: nodes know no digests there, so each image is named apart."""
    return f"{tag}-{image_id.removeprefix('sha256:')[:_SHORT]}"


def labels(source: Source, name: str, version: str) -> dict[str, str]:
    """https://github.com/opencontainers/image-spec/blob/main/annotations.md

    `created` is the commit's time, not the clock's: the same sources give the same image, and no rollout.
    """
    prefix = "org.opencontainers.image."
    found = {
        "title": name,
        "version": version,
        "revision": source.revision + ("-dirty" if source.is_dirty else ""),
        "source": source.remote,
        "created": source.created,
    }
    return {prefix + key: value for key, value in found.items() if value}
