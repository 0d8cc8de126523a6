"""Dashboards as files: Grafana's in and out (`/dashboards/import`, `/dashboards/{key}/grafana`), and obsv's own."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import requires_scope
from obsv.config.documents import Form
from obsv.dashboards.documents import MAX_BYTES
from obsv.dashboards.files import written
from obsv.dashboards.grafana import Imported, export_dashboard, import_dashboard
from obsv.dashboards.requests import Reading, Services
from obsv.dashboards.rights import READ


class GrafanaController(Controller):
    """Nothing is kept here: who likes what comes of an import saves it as a dashboard."""

    path = "/dashboards"
    tags = ["Dashboards"]
    guards = [requires_scope(READ)]

    @post(
        "/import",
        status_code=HTTP_200_OK,
        request_max_body_size=MAX_BYTES,
        summary="Read a dashboard of Grafana",
        operation_id="importDashboard",
    )
    async def read(self, data: JSONBody[dict[str, Any]]) -> Imported:
        """Of Grafana 8 to 12, as it exports them; the report has a line for all that is not as it was."""
        return await asyncio.to_thread(import_dashboard, data)

    @get("/{key:str}/grafana", summary="Write a dashboard for Grafana", operation_id="exportDashboard")
    async def write(self, reader: Reading, services: Services, key: FromPath[str]) -> dict[str, Any]:
        """To be imported there; all queries ask the Prometheus that is chosen in a variable."""
        return export_dashboard((await services.catalog.find(reader.org, key)).dashboard)

    @get("/{key:str}/file", summary="Write a dashboard as a file", operation_id="writeDashboardFile")
    async def file(
        self, reader: Reading, services: Services, key: FromPath[str], form: FromQuery[Form] = "toml"
    ) -> Response[str]:
        """As `obsv export` writes it, for `obsv apply` and for folders that are provisioned."""
        text = written((await services.catalog.find(reader.org, key)).dashboard, form)
        headers = {"Content-Disposition": f'attachment; filename="{key}.{form}"'}
        return Response(text, media_type=f"application/{form}", headers=headers)
