"""Pieces of an image's root file system, as entries of a tar."""

import io
import os
import re
import subprocess
import tarfile
from pathlib import Path


def add_file(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def add_folder(tar: tarfile.TarFile, name: str, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    tar.addfile(entry)


def add_program(tar: tarfile.TarFile, program: Path) -> None:
    """A program of this machine with the libraries it needs, links followed."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    present = set(tar.getnames())
    for path in {str(program), *re.findall(r"(/\S+)", listed)}:
        if path.lstrip("/") not in present:
            tar.add(os.path.realpath(path), path.lstrip("/"))
