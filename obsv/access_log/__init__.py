"""Who calls the API: each call of a session or a token, for the organisation that it was about.

Kept are time, request id, who, method, the route's template, status, duration, sizes, protocol and the network (/24 or
/48) it came from; never a query string, a body, a header, a path with what people put into it, or a whole address.
Calls that send metrics are counted by token, route, status and minute. Visits of public pages are not in it.
What each token has sent lately, and why samples of it were refused, is held in memory for who waits for it
(`Arrivals`).

It is told by looking on (`AccessLog.watch`), written in batches by a task of its own (`AccessLog.running`), and loses
calls rather than hold a request up: `obsv_access_log_dropped_total` says how many.
"""

from __future__ import annotations

from obsv.access_log.api import access_log_router
from obsv.access_log.log import AccessLog

__all__ = ["AccessLog", "access_log_router"]
