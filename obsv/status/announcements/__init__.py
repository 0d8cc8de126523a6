"""Mail to the people of the instance about incidents, maintenance and security, written by who runs it."""

from obsv.status.announcements.objections import Objections
from obsv.status.announcements.service import Announcements

__all__ = ["Announcements", "Objections"]
