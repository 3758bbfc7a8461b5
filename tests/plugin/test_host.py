"""The real host: installs the plugin from a server, and runs its helper without a prompt."""

from __future__ import annotations

import datetime
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from planpush.database.session import db
from tests.claude import Host, bash
from tests.conftest import make_app
from tests.plugin.conftest import section
from tests.plugin.fake_server import TOKEN, FakeServer

NAME = "plans.example.com"


class Tunnel(BaseHTTPRequestHandler):
    """A proxy that leads every https address to the app: the host refuses loopback archives."""

    protocol_version = "HTTP/1.1"
    client: Any
    tls: ssl.SSLContext
    spoil = False

    def do_CONNECT(self) -> None:
        assert self.path == f"{NAME}:443"
        self.send_response(200)
        self.end_headers()
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = {"content_type": self.headers.get("Content-Type"), "data": body}
        answer = self.client.open(self.path, method=self.command, **given)
        data = answer.data
        if self.spoil and self.path.endswith(".zip"):
            data = data.replace(b"planpush", b"plunpush")
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *arguments: object) -> None:
        return


def certificate(path: Path) -> None:
    """Write a key and a certificate for NAME that signs itself."""
    key, day = ec.generate_private_key(ec.SECP256R1()), datetime.timedelta(days=1)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False)
    made = made.add_extension(x509.BasicConstraints(True, None), True)
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )


@pytest.fixture
def tunnel(tmp_path: Path, database_url: str) -> Iterator[tuple[type[Tunnel], dict[str, str]]]:
    """A server at https://NAME as far as the host can tell, and the environment that tells it."""
    app = make_app(database_url, tmp_path, base_url=f"https://{NAME}")
    certificate(tmp_path / "tls.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "tls.pem")
    handler = type("OneTunnel", (Tunnel,), {"client": app.test_client(), "tls": tls})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    proxy = f"http://127.0.0.1:{server.server_port}"
    trusted = dict.fromkeys(("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"), str(tmp_path / "tls.pem"))
    yield handler, {"HTTPS_PROXY": proxy} | trusted
    server.shutdown()
    server.server_close()
    thread.join()
    with app.app_context():
        db.engine.dispose()


def first_push(launcher: Path) -> list[dict[str, Any]]:
    """Return what the stand-in for the model does: a whole first push."""
    sent = section(
        "data-model", "It's `one` $table.</p><ul><li>" + "word " * 1500 + "</li></ul><p>End."
    )
    return [
        bash(f'"{launcher}" status'),
        bash(f"\"{launcher}\" put data-model <<'SECTION'\n{sent}SECTION"),
        bash(f"{launcher} outline"),
        {"tool": "Read", "input": {"file_path": f"{launcher.parents[1]}/reference/vocabulary.md"}},
        bash(f'"{launcher}" push --title "Tokens" --direction "focus on the data model"'),
    ]


@pytest.mark.long
def test_installed_from_a_server_it_pushes_without_a_prompt(
    tmp_path: Path, server: FakeServer, tunnel: tuple[type[Tunnel], dict[str, str]]
) -> None:
    host = Host(tmp_path / "home", tunnel[1])
    done = host.install(f"https://{NAME}/plugin/marketplace.json")
    assert done.returncode == 0, done.stdout + done.stderr
    (launcher,) = (host.home / ".claude/plugins/cache").rglob("scripts/planpush")
    assert os.access(launcher, os.X_OK)
    told = subprocess.run([launcher, "login"], env=host.environment, stdout=-1, text=True)
    assert f"open https://{NAME}/activate?user_code=" in told.stdout
    host.environment |= {"PLANPUSH_SERVER": server.address, "PLANPUSH_TOKEN": TOKEN}
    del host.environment["HTTPS_PROXY"]
    prompt = "/planpush focus on the data model"
    with host:
        turns = first_push(launcher)
        talk = host.begin("first", prompt, turns, "--permission-mode", "default").end()
    assert (talk.denials(), len(talk.results())) == ([], 5)
    body = server.pushes()[0].body
    assert body["direction"] == "focus on the data model"
    assert body["source"]["agent"] == "claude-code"
    assert "It's `one` $table." in body["sections"][0]["html"]


def test_an_archive_with_another_hash_is_refused(
    tmp_path: Path, tunnel: tuple[type[Tunnel], dict[str, str]]
) -> None:
    tunnel[0].spoil = True
    host = Host(tmp_path / "home", tunnel[1])
    done = host.install(f"https://{NAME}/plugin/marketplace.json")
    assert done.returncode != 0
    assert "integrity" in done.stdout + done.stderr
    assert not list((host.home / ".claude/plugins/cache").rglob("scripts/planpush"))
