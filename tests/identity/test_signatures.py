"""The electronic signature of a PDF is checked before its pages become pictures, and never implied."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from identity.refusals import Refusal
from identity.sanitise import run
from tests.identity import portable

LABEL, WHEN = "IE-7K4M-2XQ9 · 10 mars 2026", datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def authority(folder: Path, name: str, kind: str = "EC") -> tuple[Path, Path]:
    """Files with a key and its own certificate, as the issuer of proofs has them."""
    elliptic = kind == "EC"
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2028, 1, 1, tzinfo=UTC))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, key_cert_sign=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / f"{name}.key", folder / f"{name}.pem"
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(pem, pkcs8, plain))
    certificate_file.write_bytes(certificate.public_bytes(pem))
    return key_file, certificate_file


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return authority(tmp_path_factory.mktemp("issuer"), "issuer")


@pytest.fixture(scope="module")
def proof(issuer: tuple[Path, Path]) -> bytes:
    return signed_by(issuer)


def signed_by(issuer: tuple[Path, Path]) -> bytes:
    """A PDF signed by the issuer; in a thread: pyHanko wants an event loop of its own, and a browser test may run one here."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(_signed_by, issuer).result()


def _signed_by(issuer: tuple[Path, Path]) -> bytes:
    signer = signers.SimpleSigner.load(*map(str, issuer), key_passphrase=None)
    writer = IncrementalPdfFileWriter(io.BytesIO(portable.pdf()))
    return signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Signature"), signer=signer).getvalue()


def state(data: bytes, trust: bytes = b"", at: datetime = WHEN) -> str:
    made = run.sanitise(data, label=LABEL, trust=trust, at=at)
    assert len(made.pages) == 1
    return made.signature


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_signature_of_a_trusted_issuer_is_valid(kind: str, tmp_path: Path) -> None:
    issuer = authority(tmp_path, "issuer", kind)
    assert state(signed_by(issuer), issuer[1].read_bytes()) == "valid"


def test_without_a_certificate_to_trust_it_is_not_checked(proof: bytes) -> None:
    assert state(proof) == "not_checked"


def test_a_pdf_without_signature_has_none(issuer: tuple[Path, Path]) -> None:
    assert state(portable.pdf(), issuer[1].read_bytes()) == "none"


def test_a_signature_of_somebody_else_is_invalid(proof: bytes, tmp_path: Path) -> None:
    _, stranger = authority(tmp_path, "stranger")
    assert state(proof, stranger.read_bytes()) == "invalid"


def test_a_signature_under_a_changed_page_is_invalid(proof: bytes, issuer: tuple[Path, Path]) -> None:
    forged = proof.replace(b"Carte de Camille", b"Carte de  Sacha ")
    assert forged != proof
    assert state(forged, issuer[1].read_bytes()) == "invalid"


def test_a_page_changed_after_the_signature_makes_it_invalid(proof: bytes, issuer: tuple[Path, Path]) -> None:
    later = portable.revised(proof, 4, portable.stream(portable.RED_PAGE))
    assert state(later, issuer[1].read_bytes()) == "invalid"


def test_a_signature_after_its_certificate_ended_is_invalid(proof: bytes, issuer: tuple[Path, Path]) -> None:
    assert state(proof, issuer[1].read_bytes(), datetime(2029, 1, 1, tzinfo=UTC)) == "invalid"


def test_a_certificate_file_that_holds_none_makes_nothing_valid(proof: bytes) -> None:
    assert state(proof, b"no certificate") == "invalid"


def test_a_damaged_pdf_is_refused_before_anybody_asks_for_its_signature(issuer: tuple[Path, Path]) -> None:
    assert run.sanitise(b"%PDF-1.7\n", label=LABEL, trust=issuer[1].read_bytes(), at=WHEN).refusal is Refusal.UNREADABLE
