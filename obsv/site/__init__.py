"""Server-rendered pages: the start page, the documentation, and the doors (set-up, sign-in).

`site_router()` has them all, but for `alert_door`, which the link in a message about alerts opens; `render_fault` makes
HTML of errors for `obsv.http.exception_handlers`.
"""

from __future__ import annotations

from obsv.site.doors_alert import alert_door
from obsv.site.errors import error_page, render_fault
from obsv.site.pages import docs_frame
from obsv.site.router import site_router

__all__ = ["alert_door", "docs_frame", "error_page", "render_fault", "site_router"]
