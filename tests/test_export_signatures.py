"""Signatures of originals: told as they are, also when somebody changed the file afterwards."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import keys, pem
from asn1crypto import x509 as asn1_x509
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec
from pyhanko_certvalidator.registry import SimpleCertificateStore

from cli import main
from pipeline.export.signatures import signatures
from tests.conftest import LETTER, save_pdf

SIGNER = "Ủy ban nhân dân xã An Bình"


@pytest.fixture(scope="module")
def signer() -> signers.SimpleSigner:
    """A signer with a certificate of its own making."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SIGNER)])
    start = datetime(2022, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(pem.unarmor(der)[2]),
        signing_key=keys.PrivateKeyInfo.load(pem.unarmor(private)[2]),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def sign(path: Path, to: Path, signer: signers.SimpleSigner, field: str = "Sig1") -> Path:
    with path.open("rb") as original, to.open("wb") as out:
        signers.sign_pdf(
            IncrementalPdfFileWriter(original),
            signers.PdfSignatureMetadata(field_name=field),
            signer=signer,
            new_field_spec=SigFieldSpec(field),
            output=out,
        )
    return to


@pytest.fixture
def signed(tmp_path: Path, signer: signers.SimpleSigner) -> Path:
    """A signed scan of a letter."""
    plain = tmp_path / "plain.pdf"
    with pikepdf.open(save_pdf(tmp_path / "drawn.pdf", LETTER)) as pdf:
        pdf.save(plain)  # signing is stricter about a file's form than reading
    return sign(plain, tmp_path / "signed.pdf", signer)


def test_a_signature_that_holds(signed: Path) -> None:
    (found,) = signatures(signed)
    assert (found.signer, found.holds, found.reason) == (SIGNER, True, "whole")
    assert found.time
    assert abs(datetime.fromisoformat(found.time) - datetime.now(UTC)) < timedelta(hours=1)
    assert (found.serial_number, found.issuer) == ("abc", SIGNER)
    assert found.valid_from == "2022-01-01T00:00:00+00:00"


def test_a_second_signature_leaves_the_first_one_standing(
    signed: Path, signer: signers.SimpleSigner, tmp_path: Path
) -> None:
    first, second = signatures(sign(signed, tmp_path / "twice.pdf", signer, "Sig2"))
    assert (first.holds, first.reason) == (True, "added_to")
    assert (second.holds, second.reason) == (True, "whole")


def test_what_a_mailbox_put_before_the_file_breaks_nothing(signed: Path) -> None:
    signed.write_bytes(b"\x75\xab header of some transport\r\n" + signed.read_bytes())
    assert [one.reason for one in signatures(signed)] == ["whole"]


def test_a_changed_byte_breaks_it(signed: Path) -> None:
    data = bytearray(signed.read_bytes())
    at = data.index(b"stream") + 200  # in the picture of the page
    data[at] ^= 1
    signed.write_bytes(data)
    (found,) = signatures(signed)
    assert (found.holds, found.reason, found.signer) == (False, "content_changed", SIGNER)


def test_a_page_changed_by_an_added_revision_breaks_it(signed: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.pdf"
    with signed.open("rb") as original:
        writer = IncrementalPdfFileWriter(original)
        page = writer.root["/Pages"]["/Kids"][0]
        page["/Rotate"] = writer.root["/Pages"]["/Count"]
        writer.update_container(page)
        with changed.open("wb") as out:
            writer.write(out)  # type: ignore[no-untyped-call]
    (found,) = signatures(changed)
    assert (found.holds, found.reason) == (False, "changed_later")


def test_a_file_saved_anew_no_longer_has_what_was_signed(signed: Path, tmp_path: Path) -> None:
    with pikepdf.open(signed) as pdf:
        pdf.save(tmp_path / "anew.pdf")
    assert [one.holds for one in signatures(tmp_path / "anew.pdf")] == [False]


def test_no_signature_and_no_pdf(tmp_path: Path) -> None:
    assert signatures(save_pdf(tmp_path / "plain.pdf", LETTER)) == []
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n/ByteRange [0 1 2 3]")
    assert [one.reason for one in signatures(broken)] == ["unreadable"]


def test_the_delivery_tells_and_the_original_stays_as_it_is(signed: Path, tmp_path: Path) -> None:
    before = hashlib.sha256(signed.read_bytes()).hexdigest()
    out = tmp_path / "out"
    arguments = ["process", signed, "--out", out, "--jobs", "1", "--export", "signatures,pdfa"]
    done = CliRunner().invoke(main, ["--lang", "en", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    (told,) = (out / "delivery" / "signatures").glob("*.json")
    data = json.loads(told.read_text(encoding="utf-8"))
    assert data["sha256"] == before == hashlib.sha256(signed.read_bytes()).hexdigest()
    assert [one["holds"] for one in data["signatures"]] == [True]
    assert signatures(next((out / "delivery" / "pdfa").glob("*.pdf"))) == []


@pytest.mark.shared
def test_the_signatures_of_real_letters_are_followed(shared: Path) -> None:
    paths = sorted((shared / "scans").glob("*signed*.pdf"))
    found = {path.name: signatures(path) for path in paths}
    assert all(found.values())
    assert all(one.signer and one.time for ones in found.values() for one in ones)
