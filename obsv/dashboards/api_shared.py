"""What the page of a shared link asks for, under `/shared/{token}`: no cookie, no sign-in."""

from __future__ import annotations

from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import address_of
from obsv.accounts.requests import AnyRequest
from obsv.dashboards.shared import Shared
from obsv.dashboards.types import SharedQuery, SharedVariableList, SharedVariables, SharedView
from obsv.http import Rate, RateLimit
from obsv.metrics.api.answers import queried
from obsv.metrics.api.gone import while_there
from obsv.metrics.api.results import answer_of

RATE: Final = Rate(calls=600, window_s=60)
"""Of one address; a large dashboard asks some fifty queries whenever it is drawn anew."""
MOST_SERIES: Final = 1000

Answering = NamedDependency[SkipValidation[Shared]]
Limiting = NamedDependency[SkipValidation[RateLimit]]


class SharedController(Controller):
    """For whoever has the token; the API's document leaves them out, for they are the page's alone."""

    path = "/shared/{token:str}"
    include_in_schema = False
    response_headers = {"X-Robots-Tag": "noindex, nofollow"}

    @get("/")
    async def view(
        self, request: AnyRequest, shared: Answering, limit_rate: Limiting, token: FromPath[str]
    ) -> SharedView:
        """The dashboard without its expressions."""
        limit_rate.take(address_of(request))
        return await shared.view(token)

    @post("/variables", status_code=HTTP_200_OK)
    async def variables(
        self,
        request: AnyRequest,
        shared: Answering,
        limit_rate: Limiting,
        token: FromPath[str],
        data: JSONBody[SharedVariables],
    ) -> SharedVariableList:
        """What they offer and stand for; one that a visitor cannot change offers nothing."""
        limit_rate.take(address_of(request))
        return SharedVariableList(await shared.variables(token, data))

    @post("/query", status_code=HTTP_200_OK)
    async def query(
        self,
        request: AnyRequest,
        shared: Answering,
        limit_rate: Limiting,
        token: FromPath[str],
        data: JSONBody[SharedQuery],
    ) -> Response[Any]:
        """In Prometheus' envelope; what is wrong is told as everywhere in this API."""
        limit_rate.take(address_of(request))
        result = await while_there(request, shared.query(token, data))
        answer = answer_of(result, is_range=data.at == "range", limit=MOST_SERIES)
        return queried(answer, result.warnings, result.infos)
