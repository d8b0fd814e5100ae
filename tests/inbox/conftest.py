"""A real IMAP server (Dovecot) in a folder of its own, and messages that have arrived there."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imap_tools import MailBoxUnencrypted

from dsar.services import inbox
from notifications.inbox import Arrived
from tests.processes import Server, dies_with_us, free_port, missing, wait_for_port

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

PASSWORD = "mot-de-passe-de-la-boite"
CONFIG = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


def write_certificates(folder: Path) -> None:
    """An authority of the test's own (ca.pem), a stranger's (other.pem), and a certificate of the first for 127.0.0.1 alone."""
    begin, key_of = datetime.now(UTC) - timedelta(days=1), {}
    for name in ("ca", "other", "server"):
        issuer = "other" if name == "other" else "ca"
        key_of[name] = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} of the tests")]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{issuer} of the tests")]))
            .public_key(key_of[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=name != "server", path_length=None), critical=True)
        )
        if name == "server":
            place = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(place, critical=False)
        signed = builder.sign(key_of[issuer], hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key_of["server"].private_bytes(*plain))


def start_dovecot() -> Server:
    """Run by root it needs the two service users of the Debian package; run by anybody else it is that person throughout."""
    binary = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(binary).exists() or not Path("/usr/lib/dovecot/imap-login").exists():
        missing("Dovecot", "dovecot-imapd")
    folder, port = Path(tempfile.mkdtemp(prefix="dsar-dovecot-", dir="/tmp")), free_port()  # a short path: it holds sockets
    me = pwd.getpwuid(os.geteuid()).pw_name
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    (folder / "mail").mkdir()
    write_certificates(folder)
    (folder / "tls_port").write_text(str(tls_port := free_port()))
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)
    users = ("dovenull", "dovecot", "dovecot") if os.geteuid() == 0 else (me, me, me)
    settings = dict(zip(("login", "internal", "group"), users, strict=True))
    config = folder / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            folder=folder, port=port, tls_port=tls_port, password=PASSWORD, uid=owner.pw_uid, gid=owner.pw_gid, **settings
        )
    )
    process = subprocess.Popen(
        dies_with_us([binary, "-F", "-c", str(config)]),
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors").open("wb"),
        start_new_session=True,
    )
    try:
        wait_for_port(port, process)
    except RuntimeError as error:
        log = "".join(file.read_text() for file in (folder / "errors", folder / "log") if file.exists())
        raise RuntimeError(f"{error} {log}") from error
    return Server(process, folder, port)


@pytest.fixture(scope="session")
def _dovecot() -> Iterator[Server]:
    server = start_dovecot()
    yield server
    server.stop()


@dataclass
class Mailbox:
    """One account on the server; `deliver` puts a message there as if it had arrived at that instant."""

    port: int
    user: str
    folder: Path

    @property
    def tls_port(self) -> int:
        return int((self.folder / "tls_port").read_text())

    def open(self) -> MailBoxUnencrypted:
        return MailBoxUnencrypted("127.0.0.1", self.port).login(self.user, PASSWORD)

    def deliver(self, raw: bytes, *, at: datetime, folder: str = "INBOX") -> None:
        with self.open() as box:
            box.append(raw, folder, dt=at)

    def seen(self, folder: str = "INBOX") -> list[bool]:
        with self.open() as box:
            box.folder.set(folder)
            return ["\\Seen" in message.flags for message in box.fetch(mark_seen=False, headers_only=True)]


@pytest.fixture
def mailbox(_dovecot: Server, settings: SettingsWrapper, request: pytest.FixtureRequest) -> Mailbox:
    """An empty mailbox that the settings of this test name."""
    box = Mailbox(_dovecot.port, f"box{abs(hash(request.node.nodeid))}", _dovecot.folder)
    settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_TLS = "127.0.0.1", box.port, "none"
    settings.IMAP_USER, settings.IMAP_PASSWORD, settings.IMAP_SINCE = box.user, PASSWORD, date(2026, 1, 1)
    return box


@pytest.fixture
def arrive(db: None) -> Callable[..., None]:
    """Hands one message to the service, without a server: the next UID, at that instant."""
    uids = iter(range(1, 10_000))

    def one(raw: bytes, *, at: datetime = datetime(2026, 3, 10, 9, 30, tzinfo=UTC), now: datetime | None = None) -> None:
        message = Arrived("box@test/INBOX", 7, next(uids), at, len(raw), raw)
        inbox.take_in(message, now=now or at)

    return one
