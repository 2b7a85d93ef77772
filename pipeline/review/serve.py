"""The server of the review pages: on this machine alone, with a token made for this run.

In: a folder of letters. Out: nothing; it serves until it is interrupted.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import MissingError, UsageError
from pipeline.review.desk import Desk

HOST = "127.0.0.1"


def serve(
    folder: Path, who: str, port: int, originals: Path | None, announce: Callable[[str], None]
) -> None:
    """Serve the letters of `folder` at `port` (any free one where 0); `announce` is given the
    address, token and all, once the server listens.

    Raises MissingError without the extra `review`, UsageError where the port is taken or the
    decisions cannot be read."""
    try:
        import uvicorn

        from pipeline.review.app import make_app
    except ImportError as error:
        raise MissingError("review_extra_missing") from error
    desk = Desk(folder, who, originals)
    threading.Thread(target=desk.follow, daemon=True).start()
    with listening(port) as listener:
        taken = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        hosts = frozenset({f"{HOST}:{taken}", f"localhost:{taken}"})
        config = uvicorn.Config(
            make_app(desk, token, hosts), log_level="warning", access_log=False,
            server_header=False, proxy_headers=False, ws="none", lifespan="off",
        )  # fmt: skip
        announce(f"http://{HOST}:{taken}/?token={token}")
        uvicorn.Server(config).run(sockets=[listener])
    desk.follower.settle()


def listening(port: int) -> socket.socket:
    """A socket at `port` of this machine alone. Raises UsageError where it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError("review_port_taken", port=port, reason=str(error)) from error
    return listener
