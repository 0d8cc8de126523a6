"""Dashboards that a person wants at hand: theirs alone, and nobody else's business."""

from __future__ import annotations

from obsv.db import execute


async def star(org: int, user_id: str, dashboard_id: str) -> None:
    """Give it a star; one it has is as good."""
    await execute(
        "INSERT INTO dashboard_stars (org, user_id, dashboard_id) VALUES ({}, {}, {}) "
        "ON CONFLICT (user_id, org, dashboard_id) DO NOTHING",
        *(org, user_id, dashboard_id),
    )


async def unstar(org: int, user_id: str, dashboard_id: str) -> None:
    """Take the star away, if there is one."""
    await execute(
        "DELETE FROM dashboard_stars WHERE org = {} AND user_id = {} AND dashboard_id = {}", org, user_id, dashboard_id
    )
