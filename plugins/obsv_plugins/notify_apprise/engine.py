"""Apprise itself, loaded at first use: it is large.  Its requests are made by obsv's client while a message is sent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

import requests
from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.manager_attachment import AttachmentManager
from requests.adapters import HTTPAdapter

from obsv.plugin_api import MARKDOWN, TEXT, HttpAnswer, Message, NotifierContext, NotifyError, require_taken

TIMEOUT_S: Final = 20.0
BODY_MAX: Final = 10_000
TITLE_MAX: Final = 200
_NOT_HTTP: Final = frozenset({"socket", "smtplib", "subprocess", "ssl"})
_READS_FILES: Final = frozenset({"template", "keyfile", "subfile", "pgpkey", "pgp", "attach", "cert", "key_file"})

_way: ContextVar[WayOut | None] = ContextVar("obsv_apprise_way", default=None)
_adapter_send: Final[Callable[..., Any]] = HTTPAdapter.send


async def send_by(url: str, message: Message, context: NotifierContext) -> HttpAnswer:
    """Send it and return what the service answered last.  Raises `NotifyError`."""
    service = service_of(url)
    flavour = MARKDOWN if service.notify_format == NotifyFormat.MARKDOWN else TEXT
    told = message.notification
    way = WayOut(context, asyncio.get_running_loop())
    mark = _way.set(way)
    try:
        is_sent = await asyncio.to_thread(
            service.notify,
            title=message.title(min(service.title_maxlen or TITLE_MAX, TITLE_MAX)),
            body=message.body(flavour, min(service.body_maxlen, BODY_MAX)),
            notify_type=NotifyType.FAILURE if told is None or told.is_firing else NotifyType.SUCCESS,
        )
    except (TypeError, ValueError, KeyError) as error:
        raise NotifyError(f"Apprise failed: {error}", is_permanent=False) from None
    finally:
        _way.reset(mark)
    if way.error is not None:
        raise way.error
    if way.answer is not None:
        require_taken(way.answer, context.clock)
    if not is_sent or way.answer is None:
        raise NotifyError("Apprise did not send it", is_permanent=False)
    return way.answer


class WayOut:
    """Makes the requests of one message in obsv's own client, from the thread in which Apprise runs."""

    def __init__(self, context: NotifierContext, loop: asyncio.AbstractEventLoop) -> None:
        self._context, self._loop = context, loop
        self.answer: HttpAnswer | None = None
        self.error: NotifyError | None = None

    def send(self, request: Any) -> Any:
        """The answer to a request of the library."""
        body: Any = request.body or b""
        call = self._context.http(
            request.method,
            request.url,
            content=body.encode() if isinstance(body, str) else bytes(body),
            headers={name: _text(value) for name, value in request.headers.items() if name.lower() != "content-length"},
        )
        try:
            self.answer = asyncio.run_coroutine_threadsafe(call, self._loop).result(TIMEOUT_S)
            if 300 <= self.answer.status < 400:
                # The library would follow it.
                require_taken(self.answer, self._context.clock)
        except NotifyError as error:
            self.error = error
            raise requests.ConnectionError(str(error)) from None
        return _response(request, self.answer)


def _guarded(self: Any, request: Any, *args: Any, **options: Any) -> Any:
    way = _way.get()
    return way.send(request) if way is not None else _adapter_send(self, request, *args, **options)


HTTPAdapter.send = _guarded  # type: ignore[method-assign]
# Attachments and templates are read from files or fetched; none is wanted.
cast("Any", AttachmentManager)().remove("file", "http", "https")


def service_of(url: str) -> Any:
    """Apprise's object for an address.  Raises ValueError."""
    if {name.lower().lstrip("+-:") for name, _ in parse_qsl(urlsplit(url).query)} & _READS_FILES:
        raise ValueError("url: an address that reads files of this machine is refused")
    service: Any = Apprise.instantiate(url, asset=AppriseAsset(async_mode=False), suppress_exceptions=True)
    if service is None:
        raise ValueError("url: Apprise does not know this kind of address")
    modules = [
        vars(sys.modules[kind.__module__]) for kind in type(service).__mro__ if "apprise.plugins." in kind.__module__
    ]
    if not any("requests" in module for module in modules) or any(_NOT_HTTP & module.keys() for module in modules):
        raise ValueError("url: this service is not spoken to by HTTP: use a channel of another kind")
    return service


def _response(request: Any, answer: HttpAnswer) -> Any:
    response = requests.Response()
    response.status_code, response.url, response.request = answer.status, request.url, request
    response.headers.update(answer.headers)
    response._content = answer.body  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no public way
    return response


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
