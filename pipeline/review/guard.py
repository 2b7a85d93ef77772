"""What stands before the pages: only this machine, only who has the token, nothing written by GET.

Pages made of letters are the danger: whatever stands in a scan must stay text, so that no script
but ours may run, and no other site may send for anything (Content-Security-Policy, SameSite,
Origin). A wrong Host is refused, since a name that resolves to 127.0.0.1 would pass for us.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "congvan-review"
MOST_BYTES = 64 * 1024
"""Of what is sent to us at once; a decision has some hundred."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Lets through what comes from a browser on this machine that was given the token."""

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._token = token
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._refusal(Request(scope))
        if refused:
            await refused(scope, receive, guarded)
        else:
            await self._app(scope, _Bounded(receive), guarded)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host", "") not in self._hosts:
            return PlainTextResponse("wrong host", 421)
        if request.method not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("not allowed", 405)
        given = request.query_params.get("token")
        if given is not None and request.method == "GET" and self._is_token(given):
            return self._welcome(request)
        if not self._is_token(request.cookies.get(self.cookie(request), "")):
            return PlainTextResponse("open the address that congvan review printed", 403)
        return self._refused_write(request.headers) if request.method == "POST" else None

    def _refused_write(self, headers: Headers) -> Response | None:
        if headers.get("origin") != f"http://{headers['host']}":
            return PlainTextResponse("wrong origin", 403)
        if headers.get("content-type", "").split(";")[0] != "application/json":
            return PlainTextResponse("JSON only", 415)
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return PlainTextResponse("how long?", 411)
        return PlainTextResponse("too large", 413) if int(length) > MOST_BYTES else None

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _welcome(self, request: Request) -> Response:
        """The same page without the token, which the cookie has from now on."""
        answer = RedirectResponse(request.url.path, 303)
        answer.set_cookie(self.cookie(request), self._token, httponly=True, samesite="strict")
        return answer

    @staticmethod
    def cookie(request: Request) -> str:
        """The cookie's name; cookies do not know ports, several of us run side by side."""
        return f"{COOKIE}-{urlsplit(str(request.url)).port or 80}"


class _Bounded:
    """Receives no more than was announced and allowed."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MOST_BYTES

    async def __call__(self) -> Message:
        """The next part of what was sent."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return message if self._left >= 0 else {"type": "http.disconnect"}
