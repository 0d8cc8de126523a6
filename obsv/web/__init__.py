"""The cabinet, a single-page application under /app; the page of shared links; the routes that serve their files."""

from __future__ import annotations

from obsv.web.assets import web_routers

__all__ = ["web_routers"]
