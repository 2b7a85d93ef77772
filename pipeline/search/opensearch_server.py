"""The connection to an OpenSearch server: address, credentials, patience, and errors as our own.

Credentials come from the environment alone, so that they stand in no command line and no file of
ours: CONGVAN_OPENSEARCH_USER and CONGVAN_OPENSEARCH_PASSWORD; CONGVAN_OPENSEARCH_CA, a file with
the certificate of the authority that signed the server's; CONGVAN_OPENSEARCH_CERT and
CONGVAN_OPENSEARCH_KEY, a client certificate and its key."""

from __future__ import annotations

import os
import random
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import regex

from pipeline.errors import CongvanError, MissingError, UsageError

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

ENVIRONMENT = "CONGVAN_OPENSEARCH_"
_NAME = regex.compile(r"^[a-z0-9][a-z0-9_.-]{0,199}$")
TRIES = 8
_REASON = 300
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
_BUSY = frozenset({429, 502, 503, 504})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """An index on a server: `https://host:9200/NAME`."""

    address: str
    name: str

    @classmethod
    def parse(cls, url: str) -> Target:
        """Raises UsageError index_address where the address has no host or no proper name."""
        try:
            parts = urlsplit(url)
            name = parts.path.strip("/")
            if parts.hostname and parts.port != 0 and _NAME.match(name) and not parts.username:
                return cls(f"{parts.scheme}://{parts.netloc}", name)
        except ValueError:
            pass
        raise UsageError("index_address", target=url)

    def __str__(self) -> str:
        return f"{self.address}/{self.name}"


def client(target: Target) -> OpenSearch:
    """A client for the server. Raises MissingError opensearch_missing, UsageError
    file_unreadable."""
    try:
        from opensearchpy import OpenSearch
    except ModuleNotFoundError as error:
        raise MissingError("opensearch_missing") from error
    user = _setting("USER")
    options: dict[str, Any] = {
        "headers": {"authorization": _basic(user)} if user else None,
        "ca_certs": _file("CA"),
        "client_cert": _file("CERT"),
        "client_key": _file("KEY"),
    }
    return OpenSearch(
        target.address,
        **{name: value for name, value in options.items() if value},
        timeout=60,
        max_retries=0,
        pool_maxsize=8,
    )


def _setting(name: str) -> str | None:
    return os.environ.get(ENVIRONMENT + name) or None


def _basic(user: str) -> str:
    """Basic authorization in UTF-8 (RFC 7617); the client itself takes Latin letters alone."""
    account = f"{user}:{_setting('PASSWORD') or ''}"
    return "Basic " + b64encode(account.encode()).decode()


def _file(name: str) -> str | None:
    """A file named in the environment."""
    path = _setting(name)
    if path:
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise UsageError("file_unreadable", path=path, reason=error.strerror) from error
    return path


def patiently(action: Callable[[], T], target: Target, *, tries: int = TRIES) -> T:
    """Do something that may be done again; where the server is busy or not there, try again after
    a while, each time longer. Raises the errors of `explained`."""
    from opensearchpy.exceptions import ConnectionError as Unreachable
    from opensearchpy.exceptions import SSLError, TransportError

    with explained(target):
        for attempt in range(tries - 1):
            try:
                return action()
            except SSLError:
                raise
            except Unreachable:
                pass
            except TransportError as error:
                if error.status_code not in _BUSY:
                    raise
            time.sleep(pause(attempt))
        return action()


def pause(attempt: int) -> float:
    """Seconds to wait before trying again, longer after each attempt, never quite the same."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
    return longest * random.uniform(0.5, 1.0)


@contextmanager
def explained(target: Target) -> Iterator[None]:
    """Turn errors of the client into our own.

    Raises CongvanError `server_certificate`, `server_unreachable`, `server_denied`,
    `server_error`."""
    from opensearchpy.exceptions import (
        AuthenticationException,
        AuthorizationException,
        OpenSearchException,
        SSLError,
    )
    from opensearchpy.exceptions import ConnectionError as Unreachable

    try:
        yield
    except SSLError as error:
        raise CongvanError("server_certificate", target=target, reason=error.info) from error
    except Unreachable as error:
        raise CongvanError("server_unreachable", target=target, reason=error.info) from error
    except (AuthenticationException, AuthorizationException) as error:
        raise CongvanError("server_denied", target=target) from error
    except OpenSearchException as error:
        status = getattr(error, "status_code", None)
        reason = str(error)[:_REASON]
        raise CongvanError("server_error", target=target, reason=reason, status=status) from error
