"""An index on a server others can reach: TLS, an account, certificates, from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.search_letters import letters
from pipeline.errors import CongvanError, UsageError
from pipeline.search import connect, deliver, opensearch_server
from tests.opensearch_line import Authority, line_to
from tests.test_search_delivery import held, send, write

ACCOUNT = "indexer:mật khẩu"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "own")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """An account and an authority as an operator sets them; no long waiting."""
    user, password = ACCOUNT.split(":")
    monkeypatch.setenv("CONGVAN_OPENSEARCH_USER", user)
    monkeypatch.setenv("CONGVAN_OPENSEARCH_PASSWORD", password)
    monkeypatch.setenv("CONGVAN_OPENSEARCH_CA", str(authority.certificate))
    monkeypatch.setattr(opensearch_server, "FIRST_PAUSE", 0.001)


def failure(target: str) -> CongvanError:
    with pytest.raises(CongvanError) as error, connect(target) as index:
        index.search("x")
    return error.value


def test_letters_go_over_tls_with_an_account_and_a_cut_line_loses_none(
    tmp_path: Path, opensearch: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "BATCH", 10)
    names = write(tmp_path, 45)
    with line_to(opensearch, account=ACCOUNT, tls=authority.server()) as (line, address):
        target = f"{address}/secure"
        line.requests = 5
        with pytest.raises(CongvanError) as error:
            send(tmp_path, target)
        assert error.value.code == "server_unreachable"
        line.requests = 10**9
        assert 0 < len(held(target)) < 45
        assert send(tmp_path, target).unchanged >= 20
        assert held(target) == names
        with connect(target) as index:
            assert index.search("kind:letter").total == 45


def test_a_server_of_an_unknown_authority_is_not_trusted(
    tmp_path: Path, opensearch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Authority(tmp_path / "other")
    with line_to(opensearch, account=ACCOUNT, tls=other.server()) as (_, address):
        error = failure(f"{address}/secure")
        assert error.code == "server_certificate"
        assert "CONGVAN_OPENSEARCH_CA" in str(error)
        assert "certificate verify failed" in str(error)
        monkeypatch.delenv("CONGVAN_OPENSEARCH_CA")
        assert failure(f"{address}/secure").code == "server_certificate"


def test_wrong_credentials_are_said(
    opensearch: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONGVAN_OPENSEARCH_PASSWORD", "wrong")
    with line_to(opensearch, account=ACCOUNT, tls=authority.server()) as (_, address):
        error = failure(f"{address}/secure")
        assert error.code == "server_denied"
        assert "wrong" not in str(error)
        monkeypatch.delenv("CONGVAN_OPENSEARCH_USER")
        assert failure(f"{address}/secure").code == "server_denied"


def test_a_certificate_of_its_own_is_shown_where_asked_for(
    opensearch: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = authority.sign("client")
    tls = authority.server(ask_for_certificate=True)
    with line_to(opensearch, account=ACCOUNT, tls=tls) as (_, address):
        assert failure(f"{address}/own").code in ("server_certificate", "server_unreachable")
        monkeypatch.setenv("CONGVAN_OPENSEARCH_CERT", str(own.certificate))
        monkeypatch.setenv("CONGVAN_OPENSEARCH_KEY", str(own.key))
        with connect(f"{address}/own") as index:
            assert index.add(letters(3)).indexed == 3


@pytest.mark.parametrize("name", ["CA", "CERT", "KEY"])
def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"CONGVAN_OPENSEARCH_{name}", str(tmp_path / "nowhere.pem"))
    with pytest.raises(UsageError, match=r"nowhere\.pem") as error:
        connect("https://127.0.0.1:9/letters").search("x")
    assert error.value.code == "file_unreadable"
