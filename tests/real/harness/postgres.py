"""A real PostgreSQL as an image that takes the variables of the official one, which cannot be pulled here: this
machine's own server with a start script.
"""

import io
import tarfile
from pathlib import Path

from . import machine
from .build import Say
from .images import docker
from .layout import Layout
from .rootfs import add_file, add_folder, add_program

USER = 999
"""Of the official image."""
_START = """\
#!/bin/sh
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf %s "$POSTGRES_PASSWORD" > /tmp/password
    initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --no-locale
    echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$PGDATA" postgres
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
exec postgres -D "$PGDATA" -c "listen_addresses=*"
"""
_PASSWD = f"postgres:x:{USER}:{USER}:postgres:/var/lib/postgresql:/bin/sh\n"
_PROGRAMS = ("postgres", "initdb", "pg_isready", "psql")


def publish_postgres(layout: Layout, say: Say) -> str:
    """Push the image to the cluster's registry unless the engine has it; its name."""
    image = f"{layout.registry}/postgres:real"
    if not docker(layout, "images", "--quiet", image).strip():
        machine.install({"pg_ctlcluster": "postgresql"}, say)
        version = max(int(one.name) for one in Path("/usr/lib/postgresql").iterdir() if one.name.isdigit())
        programs = f"/usr/lib/postgresql/{version}"
        changes = [f"ENV PATH={programs}/bin:/bin", f"USER {USER}:{USER}", 'ENTRYPOINT ["/start"]']
        arguments = [part for change in changes for part in ("--change", change)]
        docker(layout, "import", *arguments, "-", image, stdin=_root(Path(programs), version))
        docker(layout, "push", "--quiet", image)
    return image


def _root(programs: Path, version: int) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        add_file(tar, "start", _START.encode(), 0o755)
        add_file(tar, "etc/passwd", _PASSWD.encode())
        for name in _PROGRAMS:
            add_program(tar, programs / "bin" / name)
        add_program(tar, Path("/bin/sh"))
        for library in ("plpgsql.so", "dict_snowball.so"):
            add_program(tar, programs / "lib" / library)
        tar.add(f"/usr/share/postgresql/{version}", f"usr/share/postgresql/{version}")
        tar.add("/usr/share/zoneinfo/Etc", "usr/share/zoneinfo/Etc")
        add_folder(tar, "tmp", 0o1777)
        add_folder(tar, "var/run/postgresql", 0o777)
    return target.getvalue()
