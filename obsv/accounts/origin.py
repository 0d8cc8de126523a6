"""What is kept of where a request came from: not the address, not the user agent, only enough to recognise a device."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

from obsv.accounts.types import Origin
from obsv.audit import Who

# Order matters: Edge and Opera say Chrome too, Chrome says Safari too.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@lru_cache(maxsize=256)  # senders come again and again
def truncate_ip(address: str) -> str:
    """The /24 or /48 network of an address, "" if it is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def ua_family(user_agent: str) -> str:
    """A browser's family and system, such as "Firefox on Linux"; "" for the unknown."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


def who(user_id: str, origin: Origin) -> Who:
    """A person as the audit log knows one; "unknown" where nobody is known by what was typed."""
    return Who("user", user_id or "unknown", ip_trunc=origin.ip_trunc, ua_family=origin.ua_family)
