"""What the host is and what time it has."""

from __future__ import annotations

import os
import re
import time
from typing import Iterator

from ..sample import NO_LABELS, Sample
from .files import Roots, read, try_read

__all__ = ["Timex", "clock", "os_release", "uname"]

_RELEASE = re.compile(r"^([A-Z_]+)=(?:\"(.*)\"|'(.*)'|(.*))$")
_OS_LABELS = (
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
)
_OS_VERSION = re.compile(r"^[0-9]+(\.[0-9]+)?")


def uname(roots: Roots) -> Iterator[Sample]:
    """Yield `node_uname_info`, by which dashboards find hosts."""
    system = os.uname()
    labels = (
        ("domainname", try_read(roots.at("/proc/sys/kernel/domainname")) or "(none)"),
        ("machine", system.machine),
        ("nodename", system.nodename),
        ("release", system.release),
        ("sysname", system.sysname),
        ("version", system.version),
    )
    yield Sample("node_uname_info", labels, 1.0)


def os_release(roots: Roots) -> Iterator[Sample]:
    """Yield the distribution and its version."""
    text = try_read(roots.at("/etc/os-release"))
    if text is None:
        text = read(roots.at("/usr/lib/os-release"))
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _RELEASE.match(line.strip())
        if match:
            found[match.group(1).lower()] = next(group for group in match.groups()[1:] if group is not None)
    yield Sample("node_os_info", tuple((label, found.get(label, "")) for label in _OS_LABELS), 1.0)
    version = _OS_VERSION.match(found.get("version_id", ""))
    if version:
        labels = tuple((label, found.get(label, "")) for label in ("id", "id_like", "name"))
        yield Sample("node_os_version", labels, float(version.group()))


def clock(roots: Roots) -> Iterator[Sample]:
    """Yield the host's time, its zone and the kernel's clock source."""
    now = time.time()
    yield Sample("node_time_seconds", NO_LABELS, now)
    local = time.localtime(now)
    yield Sample("node_time_zone_offset_seconds", (("time_zone", local.tm_zone),), float(local.tm_gmtoff))
    source = roots.at("/sys/devices/system/clocksource/clocksource0/")
    for name in (try_read(source + "available_clocksource") or "").split():
        yield Sample("node_time_clocksource_available_info", (("clocksource", name), ("device", "0")), 1.0)
    current = try_read(source + "current_clocksource")
    if current:
        yield Sample("node_time_clocksource_current_info", (("clocksource", current), ("device", "0")), 1.0)


class Timex:
    """The kernel's clock discipline, from adjtimex(2); raises where ctypes or the call is not to be had."""

    _ERROR = 5
    _NANO = 0x2000
    _PPM = 1000000.0 * 65536.0
    # struct timex of 64-bit Linux; the call only reads while `modes` is 0
    _LAYOUT = (
        ("modes", "I"),
        ("offset", "l"),
        ("freq", "l"),
        ("maxerror", "l"),
        ("esterror", "l"),
        ("status", "i"),
        ("constant", "l"),
        ("precision", "l"),
        ("tolerance", "l"),
        ("sec", "l"),
        ("usec", "l"),
        ("tick", "l"),
        ("ppsfreq", "l"),
        ("jitter", "l"),
        ("shift", "i"),
        ("stabil", "l"),
        ("jitcnt", "l"),
        ("calcnt", "l"),
        ("errcnt", "l"),
        ("stbcnt", "l"),
        ("tai", "i"),
    )

    def __init__(self) -> None:
        import ctypes  # noqa: PLC0415 (absent from minimal Pythons)
        import struct  # noqa: PLC0415

        self._call = ctypes.CDLL(None, use_errno=True).adjtimex
        self._buffer = ctypes.create_string_buffer(256)
        self._struct = struct.Struct("".join(code for _, code in self._LAYOUT))

    def __call__(self) -> Iterator[Sample]:
        """Yield offsets, errors and the state of synchronisation."""
        self._buffer.raw = bytes(256)
        state = int(self._call(self._buffer))
        if state < 0:
            raise OSError("adjtimex is not permitted")
        names = (name for name, _ in self._LAYOUT)
        clock = dict(zip(names, self._struct.unpack_from(self._buffer.raw)))
        for name, value in self._values(clock, state).items():
            yield Sample(f"node_timex_{name}", NO_LABELS, float(value))

    def _values(self, clock: dict[str, int], state: int) -> dict[str, float]:
        unit = 1e9 if clock["status"] & self._NANO else 1e6
        return {
            "sync_status": float(state != self._ERROR),
            "offset_seconds": clock["offset"] / unit,
            "frequency_adjustment_ratio": 1 + clock["freq"] / self._PPM,
            "maxerror_seconds": clock["maxerror"] / 1e6,
            "estimated_error_seconds": clock["esterror"] / 1e6,
            "status": clock["status"],
            "loop_time_constant": clock["constant"],
            "tick_seconds": clock["tick"] / 1e6,
            "pps_frequency_hertz": clock["ppsfreq"] / self._PPM,
            "pps_jitter_seconds": clock["jitter"] / unit,
            "pps_shift_seconds": clock["shift"],
            "pps_stability_hertz": clock["stabil"] / self._PPM,
            "pps_jitter_total": clock["jitcnt"],
            "pps_calibration_total": clock["calcnt"],
            "pps_error_total": clock["errcnt"],
            "pps_stability_exceeded_total": clock["stbcnt"],
            "tai_offset_seconds": clock["tai"],
        }
