"""What a handler asks of a request about dashboards: who reads, and what they may edit."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from obsv.accounts import actor_of, org_of
from obsv.accounts.requests import AnyRequest
from obsv.core.errors import Forbidden
from obsv.dashboards.catalog import Reader
from obsv.dashboards.rights import rights_of
from obsv.dashboards.services import DashboardServices

Services = NamedDependency[SkipValidation[DashboardServices]]
Reading = NamedDependency[SkipValidation[Reader]]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]


async def reader_of(request: AnyRequest) -> Reader:
    """Who the guard let in."""
    actor = actor_of(request)
    return Reader(org_of(request), await rights_of(actor), actor.user_id or "")


def person_of(reader: Reader) -> str:
    """Whose stars it is about.  Raises `Forbidden` for a token of the organisation, which has none."""
    if not reader.user_id:
        raise Forbidden("Stars are a person's: this token belongs to none.", code="person_needed")
    return reader.user_id
