"""A whole document of Grafana's, in whichever envelope it comes."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from obsv.core.errors import Invalid
from obsv.dashboards.grafana.legacy import from_dynamic, is_dynamic
from obsv.dashboards.grafana.read.annotations import read_annotations
from obsv.dashboards.grafana.read.layout import all_panels, read_panels
from obsv.dashboards.grafana.read.links import read_link
from obsv.dashboards.grafana.read.panels import Document
from obsv.dashboards.grafana.read.sources import Sources, read_inputs
from obsv.dashboards.grafana.read.variables import read_sources, read_variables
from obsv.dashboards.grafana.reader import SHORT, Json, Ledger, Node, copy_of
from obsv.dashboards.grafana.report import Imported
from obsv.dashboards.model import Dashboard, Link, TimeRange

MAX_KEY: Final = 40
"""Grafana's own limit for a `uid`, so that a key goes there and back."""
_REFRESH: Final = re.compile(r"\d+(?:ms|[smhd])")
# Which dashboard it was there, what its editor keeps, and what the cabinet does in its own way.
_LEFT: Final = (
    "__elements", "id", "gnetId", "version", "schemaVersion", "iteration", "revision", "style", "editable", "preload",
    "hideControls", "sharedCrosshair", "graphTooltip", "originalTitle", "isStarred", "slug", "overwrite", "folderId",
    "folderUid", "message", "scopedMeta", "uid",
)  # fmt: skip


def import_dashboard(document: object) -> Imported:
    """The dashboard of a document of Grafana 8 to 12, and a report of all that is not in it as it was.

    Takes what was decoded from JSON: a dashboard's model, classic or v2, or the envelope of Grafana's API around one.
    Raises `Invalid` where it is none.
    """
    data = _unwrapped(copy_of(document))
    ledger = Ledger()
    node = ledger.root(data)
    dashboard = _read(node)
    ledger.settle()
    try:
        dashboard = msgspec.convert(msgspec.to_builtins(dashboard), Dashboard)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"The dashboard goes beyond what one can hold here: {wrong}") from None
    return Imported(dashboard, tuple(ledger.notes))


def _unwrapped(data: object) -> Json:
    """The model itself.  Source: Grafana's documentation, "Dashboard HTTP API" and "Dashboard JSON model"."""
    uid = None
    for key in ("dashboard", "spec", "model"):
        if isinstance(data, dict) and isinstance(data.get(key), dict) and "panels" not in data:
            metadata = data.get("metadata")
            uid = metadata.get("name") if isinstance(metadata, dict) else uid
            data = data[key]
    if not isinstance(data, dict):
        raise Invalid("This is not a dashboard of Grafana: it is not a JSON object.")
    if is_dynamic(data):
        data = from_dynamic(data)
    if not isinstance(data.get("panels"), list) and not isinstance(data.get("rows"), list):
        raise Invalid("This is not a dashboard of Grafana: it has no list of panels.")
    return {"uid": uid, **data} if uid else data


def _read(node: Node) -> Dashboard:
    sources = Sources()
    read_inputs(node, sources)
    library = node.data.get("__elements")
    whole = Document(
        sources,
        {one["id"]: one for one in all_panels(node.data) if isinstance(one.get("id"), int | float)},
        {uid: one for uid, one in library.items() if isinstance(one, dict)} if isinstance(library, dict) else {},
    )
    templating, annotations = node.node("templating"), node.node("annotations")
    templating.skip("enable")
    annotations.skip("enable")
    variables = templating.nodes("list")
    read_sources(variables, sources)
    title = node.short("title")
    if not title:
        node.tell("the dashboard had no title")
    node.skip(*_LEFT)
    node.usual(weekStart=("", "browser"), fiscalYearStartMonth=0, liveNow=False, snapshot=None, scopedVars={})
    return Dashboard(
        key=_key(str(node.data.get("uid") or ""), title),
        title=title or "Untitled",
        description=node.text("description"),
        tags=tuple(dict.fromkeys(tag[:SHORT] for tag in node.texts("tags")[:50])),
        time=_time(node.node("time")),
        refresh=_refresh(node),
        zone=_zone(node),
        variables=read_variables(variables, sources),
        annotations=read_annotations(annotations.nodes("list"), sources),
        links=tuple(link for one in node.nodes("links") if (link := _link(one)) is not None),
        panels=read_panels(node, whole),
    )


def _key(uid: str, title: str) -> str:
    """Its `uid` where it has one, which is the same wherever the dashboard goes."""
    for text in (uid, title):
        if key := re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_KEY].rstrip("-"):
            return key
    return "dashboard"


def _time(time: Node) -> TimeRange:
    start, end = time.short("from"), time.short("to")
    return TimeRange(start=start or "now-6h", end=end or "now")


def _refresh(node: Node) -> str:
    """How often it is drawn anew; the pickers have offers of their own here."""
    node.skip("timepicker")
    if isinstance(node.data.get("refresh"), bool):
        node.skip("refresh")
        return ""
    text = node.short("refresh").strip()
    if text in {"", "auto", "off"}:
        return ""
    if not _REFRESH.fullmatch(text):
        node.tell(f"`refresh` ({text!r}) is not a duration, and was left out")
        return ""
    return text


def _zone(node: Node) -> str:
    zone = node.short("timezone")
    return {"browser": "", "default": "", "utc": "UTC"}.get(zone.lower(), zone)


def _link(node: Node) -> Link | None:
    """A link of the dashboard; a list of the dashboards with some tags is told and left out."""
    if node.data.get("type") == "dashboards" and not node.has("dashboard") and not node.has("dashUri"):
        node.read_all(node.data)
        node.tell(f"the list of dashboards tagged {', '.join(node.texts('tags'))} was left out")
        return None
    return read_link(node)
