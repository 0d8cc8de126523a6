"""The cabinet: a single-page application under /app, and the routes that serve its built files."""

from __future__ import annotations

from obsv.web.assets import web_router

__all__ = ["web_router"]
