"""When a job that reports in is due."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError


class BadSchedule(ValueError):
    """A schedule that cannot be understood; `field` is the one that is wrong."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


def next_run(cron: str, time_zone: str, after_ms: int) -> int:
    """The first time later than `after_ms` that a cron expression names.  Raises `BadSchedule`.

    As Debian's cron has it when clocks are put forward or back.
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule("time_zone", f'expected a time zone such as "Europe/Berlin", got {time_zone!r}') from None
    try:
        found = next(CronSim(cron, datetime.fromtimestamp(after_ms / 1000, UTC).astimezone(zone)))
    except CronSimError:
        raise BadSchedule("cron", f'expected a cron expression such as "30 4 * * *", got {cron!r}') from None
    except StopIteration:
        raise BadSchedule("cron", f"{cron!r} names no time") from None
    return int(found.timestamp() * 1000)
