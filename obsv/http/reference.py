"""The own API described: OpenAPI as JSON, and one page that lists it without any script.

The page is made from the same document, so the two cannot differ, and needs nothing from another host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from html import escape
from typing import Any, Final

from litestar import MediaType, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Operation, PathItem

from obsv.http.surfaces import Surface, surface_of

PageFrame = Callable[[str, str], str]
"""(title, HTML) -> a whole page of the site."""

PATH = "/api/obsv/v1/schema/openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")


def _object(optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_SHAPES: Final = {
    "Problem": _object(
        ("errors",),
        **dict.fromkeys(("type", "title", "detail", "instance", "code", "request_id"), _TEXT),
        status={"type": "integer"},
        errors={"type": "array", "items": _object(pointer=_TEXT, detail=_TEXT)},
    ),
    "PrometheusAnswer": _object(
        ("warnings", "infos"), status={"const": "success"}, data={}, warnings=_TEXTS, infos=_TEXTS
    ),
    "PrometheusError": _object(status={"const": "error"}, errorType=_TEXT, error=_TEXT),
}


class DocumentPlugin(JsonRenderPlugin):
    """The document with the answers that the framework cannot know: errors, and Prometheus' envelope."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        return self.render_json(request, as_answered(openapi_schema))


def as_answered(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of the document, where every operation answers in the shapes of its surface."""
    told: dict[str, Any] = _without_any(deepcopy(document))
    told.setdefault("components", {}).setdefault("schemas", {}).update(_SHAPES)
    for path, item in told["paths"].items():
        is_prometheus = surface_of("GET", path) is Surface.PROMETHEUS
        for operation in item.values():
            answers = operation["responses"]
            answers.pop("400", None)  # the framework's own shape, which nobody gets
            answers["default"] = {
                "description": "An error",
                "content": _content("PrometheusError") if is_prometheus else _content("Problem", "problem+json"),
            }
            if is_prometheus and "200" in answers:
                answers["200"]["content"] = _content("PrometheusAnswer")
    return told


def _without_any(schema: Any) -> Any:
    """The same without what the framework makes of the dots of `tuple[X, ...]`: either an X, or anything."""
    match schema:
        case {"oneOf": [{**first}, {**other}]} if first and not other:
            return _without_any(first)
        case dict():
            return {name: _without_any(one) for name, one in schema.items()}
        case list():
            return [_without_any(one) for one in schema]
        case _:
            return schema


def _content(shape: str, kind: str = "json") -> dict[str, Any]:
    return {f"application/{kind}": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}


def openapi_config(version: str) -> OpenAPIConfig:
    """Serve the document at `PATH`; the framework's own pages load scripts from elsewhere and stay off."""
    folder, _, file = PATH.rpartition("/")
    return OpenAPIConfig(
        title="obsv",
        version=version,
        description="obsv's own API. The Prometheus API is described by Prometheus.",
        path=folder,
        render_plugins=[DocumentPlugin(path=f"/{file}")],
        use_handler_docstrings=True,
    )


def _operations(paths: dict[str, PathItem]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in sorted(paths.items()):
        for method in _METHODS:
            operation = getattr(item, method)
            if operation is not None:
                yield method.upper(), path, operation


def reference_html(paths: dict[str, PathItem]) -> str:
    """The list of all operations."""
    parts = [f'<h1>API</h1>\n<p>As a document: <a href="{PATH}">OpenAPI</a>.</p>']
    for method, path, operation in _operations(paths):
        parts.append(f"<h2><code>{method} {escape(path)}</code></h2>")
        if text := operation.description or operation.summary:
            parts.append(f"<p>{escape(text)}</p>")
        answers = ", ".join(
            f"{code} {escape(answer.description or '')}" for code, answer in (operation.responses or {}).items()
        )
        parts.append(f"<p>Answers: {answers}</p>")
    return "\n".join(parts)


def reference_router(page: PageFrame) -> Router:
    """GET /docs/api."""

    @get("/docs/api", media_type=MediaType.HTML, include_in_schema=False)
    async def api_reference(request: Request[Any, Any, Any]) -> Response[str]:
        html = reference_html(request.app.openapi_schema.paths or {})
        return Response(page("API", html), media_type=MediaType.HTML)

    return Router("/", route_handlers=[api_reference])
