"""A line to a real OpenSearch node that can be cut, and that can be one with TLS and an account, as
a server others can reach has it; with an authority for certificates made for the test."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


class Line:
    """After `requests` more writes nothing gets through; with `account` only who names it."""

    def __init__(self, server: str, account: str | None) -> None:
        self.requests = 10**9
        self.server = urlsplit(server)
        self.account = account

    def cut(self, path: str) -> bool:
        """Whether the line is dead for a request."""
        if "_bulk" in path:
            self.requests -= 1
        return self.requests < 0

    def denied(self, given: str | None) -> bool:
        """Whether the credentials given are not those of the account."""
        if self.account is None:
            return False
        return given != "Basic " + base64.b64encode(self.account.encode()).decode()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the server hangs up: no reason to print anything."""


@contextmanager
def line_to(
    server: str, *, account: str | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Line, str]]:
    """A line to a node without TLS, and the address of its near end."""
    line = Line(server, account)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if line.cut(self.path):
                self.close_connection = True
                self.connection.close()
            elif line.denied(self.headers.get("Authorization")):
                self.answer(401, "application/json", b'{"error": "Unauthorized", "status": 401}')
            else:
                self.pass_on(body)

        def pass_on(self, body: bytes) -> None:
            connection = HTTPConnection(line.server.hostname or "", line.server.port)
            left_out = ("host", "authorization")
            headers = {n: v for n, v in self.headers.items() if n.lower() not in left_out}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            self.answer(answer.status, answer.getheader("Content-Type"), answer.read())
            connection.close()

        def answer(self, status: int, kind: str | None, data: bytes) -> None:
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with _Server((HOST, 0), Handler) as proxy:
        if tls:
            proxy.socket = tls.wrap_socket(
                proxy.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield line, f"{'https' if tls else 'http'}://{HOST}:{proxy.server_port}"
        proxy.shutdown()


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates, which it writes into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA {folder.name}")])
        builder = self._builder(self._name, self._key.public_key())
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = folder / "ca.pem"
        self._write(self.certificate, builder)

    def sign(self, name: str) -> Signed:
        """A certificate for a server on HOST, or for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
        builder = self._builder(subject, key.public_key()).add_extension(address, critical=False)
        signed = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        self._write(signed.certificate, builder)
        signed.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return signed

    def server(self, *, ask_for_certificate: bool = False) -> ssl.SSLContext:
        """TLS of a server whose certificate this authority signed; it may ask for its clients'."""
        own = self.sign("server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate, own.key)
        if ask_for_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.certificate)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def _write(self, path: Path, builder: x509.CertificateBuilder) -> None:
        certificate = builder.sign(self._key, hashes.SHA256())
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
