"""The MariaDB behind a WordPress: Debian's binaries, a data folder and a port, among the programs of that site."""

from __future__ import annotations

import secrets
import shutil

from scripts.services.ground import free_port, run_as, write_secret
from scripts.services.programs import Programs

USER = DATABASE = "wordpress"
_SMALL = ["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--performance-schema=OFF", "--skip-log-bin"]
_FORGETFUL = ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite"]


def why_not() -> str:
    """Return why a MariaDB cannot be had here, or nothing."""
    missing = [name for name in ("mariadbd", "mariadb-install-db") if not _found(name)]
    return f"no {missing[0]} here: apt-get install mariadb-server-core" if missing else ""


def start(programs: Programs) -> tuple[int, str]:
    """Start a server with one empty database that one user may do everything with; return its port and password.

    It never waits for the disk: it is there for one test.
    """
    data, port, password = programs.own(programs.home / "mariadb"), free_port(), secrets.token_urlsafe(12)
    install = [_found("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    install += ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
    run_as(programs.user, install, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
    first = programs.home / "first.sql"
    write_secret(first, _first_words(password))
    programs.user.give(first)
    # Clients are answered after the first words. The socket's name is relative: long ones are refused.
    where = ["--bind-address=127.0.0.1", f"--port={port}", "--socket=socket", "--skip-name-resolve"]
    command = [_found("mariadbd"), "--no-defaults", f"--datadir={data}", f"--init-file={first}", *where]
    programs.start("mariadb", [*command, *_SMALL, *_FORGETFUL], mark=str(data), port=port)
    return port, password


def _first_words(password: str) -> str:
    return "\n".join(
        [
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;",
            f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{password}';",
            f"GRANT ALL ON {DATABASE}.* TO {USER}@'127.0.0.1';",
            f"ALTER USER root@localhost IDENTIFIED BY '{secrets.token_urlsafe(16)}';",
        ]
    )


def _found(name: str) -> str:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") or ""
