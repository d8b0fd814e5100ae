"""Make `.venv` and fill it from the hashed lock, on a machine that has Python, make and git and nothing else.

Standard library only. `--test` adds what the tests need. Missing Debian packages are installed when we are root or sudo asks for
no password; else they are named in one sentence. A stamp in `.venv` makes the next call take no time.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
LOCK, TEST_LOCK = BASE_DIR / "requirements.lock", BASE_DIR / "tests" / "requirements.lock"
# What WeasyPrint opens at run time, and the Debian package that holds it.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "libfontconfig1",
}
THIS_PYTHON = "{}.{}".format(*sys.version_info[:2])
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


class CannotGoOn(Exception):
    """One sentence for the operator."""


def main(arguments: list[str]) -> int:
    testing = "--test" in arguments
    try:
        if sys.version_info < (3, 11):  # noqa: UP036  this file is what an older Python is told by
            raise CannotGoOn(f"Python 3.11 or newer is needed and this is {THIS_PYTHON}; write `make PYTHON=python3.11 run`.")
        install_packages(missing_packages(testing=testing))
        install_requirements(testing=testing)
    except CannotGoOn as reason:
        print(f"bootstrap: {reason}", file=sys.stderr)
        return 1
    return 0


def missing_packages(*, testing: bool) -> list[str]:
    """Debian packages whose content is not here. We ask for the content, not the package: other systems name it otherwise."""
    missing = []
    if not has_venv() and not (VENV / "bin" / "python").exists():
        missing.append("python3-venv")
    missing += [package for library, package in LIBRARIES.items() if not has_library(library)]
    if not has_font():
        missing.append("fonts-dejavu-core")
    if testing:
        wanted: dict[str, Callable[[], bool]] = {"postgresql": has_postgres, "redis-server": has_redis, "chromium": has_chromium}
        wanted["dovecot-imapd"] = has_dovecot
        wanted["clamav-daemon"] = lambda: Path("/usr/sbin/clamd").exists() or shutil.which("clamd") is not None
        wanted["nodejs"] = lambda: shutil.which("node") is not None  # runs a recipe of docs/handover.md as printed
        wanted["zip"] = lambda: shutil.which("zip") is not None  # the floor of make bench
        missing += [package for package, is_here in wanted.items() if not is_here()]
    return missing


def has_venv() -> bool:
    try:
        import ensurepip
        import venv

        del ensurepip, venv
    except ImportError:
        return False
    return True


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_font() -> bool:
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    return any(font.suffix in (".ttf", ".otf", ".ttc") for folder in folders for font in folder.rglob("*"))


def has_postgres() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None


def has_redis() -> bool:
    return bool(shutil.which("redis-server") or shutil.which("valkey-server"))


def has_chromium() -> bool:
    return shutil.which("chromium") is not None


def has_dovecot() -> bool:
    return Path("/usr/lib/dovecot/imap-login").exists()


def install_packages(packages: list[str]) -> None:
    if not packages:
        return
    names = " ".join(packages)
    how = f"install them with `apt-get install {names}` (Ubuntu 24.04 has the same names) and try again."
    if shutil.which("apt-get") is None:
        raise CannotGoOn(f"this system lacks what Debian packages as {names}; install the like of it and try again.")
    rights: list[str] = []
    if os.geteuid() != 0:
        rights = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.run([*rights, "true"], capture_output=True).returncode:
            raise CannotGoOn(f"the system packages {names} are missing and we may not install them; {how}")
    print(f"bootstrap: installing the system packages {names}", flush=True)
    # RUNLEVEL=1: we want the programs of PostgreSQL, Redis and Dovecot, not services that listen on this machine.
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    run([*apt, "update"], quiet=True, otherwise=f"`apt-get update` failed; {how}")
    run([*apt, "install", "-y", "--no-install-recommends", *packages], quiet=True, otherwise=f"`apt-get install` failed; {how}")


def install_requirements(*, testing: bool) -> None:
    """Install exactly what the lock says, each file checked against its hash."""
    stamp = VENV / ("installed-for-tests" if testing else "installed")
    locks = [LOCK, TEST_LOCK] if testing else [LOCK]
    wanted = hashlib.sha256(THIS_PYTHON.encode() + b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    python = VENV / "bin" / "python"
    if stamp.is_file() and stamp.read_text() == wanted and runs(python):
        return
    if not runs(python):
        print(f"bootstrap: making {VENV.name} with Python {sys.version.split()[0]}", flush=True)
        run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            otherwise="the virtual environment could not be made; see above.",
        )
    print("bootstrap: installing the locked requirements", flush=True)
    # --no-deps: the lock is complete, so pip has nothing to solve. pip compiles, since four processes import it all at once.
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    lock = TEST_LOCK if testing else LOCK  # the tests' lock holds the product's requirements too
    run(
        [*pip, "--require-hashes", "-r", str(lock)],
        otherwise="the requirements could not be installed; see above for what pip says, and try again.",
    )
    stamp.write_text(wanted)


def runs(python: Path) -> bool:
    """Whether the virtual environment works and is of the Python that runs us."""
    ask = "import sys, pip; print('%s.%s' % sys.version_info[:2])"
    if not python.exists():
        return False
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == THIS_PYTHON


def run(command: list[str], *, otherwise: str, quiet: bool = False) -> None:
    """Run it; when it fails, show what a quiet one said, and stop with a sentence."""
    done = subprocess.run(command, capture_output=quiet, text=True)
    if done.returncode:
        if quiet:
            print((done.stdout + done.stderr)[-4000:], file=sys.stderr)
        raise CannotGoOn(otherwise)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
