"""Temperatures, fans, voltages, cooling and power supplies, as far as the machine tells."""

from __future__ import annotations

import os
import re
from typing import Iterator

from ..sample import Sample
from .files import Roots, list_dir, read_number, try_read

__all__ = ["hwmon", "power_supplies", "thermal"]

_NOT_A_NAME = re.compile(r"[^a-z0-9:_]")
_SENSOR = re.compile(r"^(?P<kind>[a-z]+?)(?P<id>[0-9]*)(?:_(?P<property>.+))?$")
_KINDS = {"in", "cpu", "fan", "pwm", "temp", "curr", "power", "energy", "humidity", "intrusion"}
_INTERVALS = {"average_interval", "average_interval_min", "average_interval_max"}
_SUPPLY = (
    ("online", "online", 1.0),
    ("present", "present", 1.0),
    ("capacity", "capacity", 1.0),
    ("cycle_count", "cyclecount", 1.0),
    ("energy_now", "energy_watthour", 1e-6),
    ("energy_full", "energy_full", 1e-6),
    ("power_now", "power_watt", 1e-6),
    ("charge_now", "charge_ampere", 1e-6),
    ("current_now", "current_ampere", 1e-6),
    ("voltage_now", "voltage_volt", 1e-6),
)


def hwmon(roots: Roots) -> Iterator[Sample]:
    """Yield every sensor chip; raise if there is none."""
    base = roots.at("/sys/class/hwmon")
    for entry in sorted(os.listdir(base)):
        folder = f"{base}/{entry}"
        chip = _chip(folder)
        name = _clean(try_read(f"{folder}/name") or "")
        if name:
            yield Sample("node_hwmon_chip_names", (("chip", chip), ("chip_name", name)), 1.0)
        sensors: dict[tuple[str, str], dict[str, str]] = {}
        for file in list_dir(folder) + list_dir(f"{folder}/device"):
            match = _SENSOR.match(file)
            if match and match.group("kind") in _KINDS:
                text = try_read(f"{folder}/{file}")
                text = try_read(f"{folder}/device/{file}") if text is None else text
                if text is not None:
                    sensor = sensors.setdefault((match.group("kind"), match.group("id") or "0"), {})
                    sensor[match.group("property") or ""] = text
        for (kind, number), properties in sorted(sensors.items()):
            yield from _sensor(chip, kind, number, properties)


def _sensor(chip: str, kind: str, number: str, properties: dict[str, str]) -> Iterator[Sample]:
    labels = (("chip", chip), ("sensor", kind + number))
    label = properties.pop("label", "")
    if label:
        yield Sample("node_hwmon_sensor_label", (*labels, ("label", label)), 1.0)
    for element, text in sorted(properties.items()):
        try:
            value = float(text)
        except ValueError:
            continue
        name = f"node_hwmon_{kind}"
        if element == "input":  # the value itself, unless there is a file without a property too
            name += "_input" if "" in properties else ""
        elif element:
            name += "_" + _clean(element)
        suffix, unit = _unit(kind, element)
        yield Sample(name + suffix, labels, value * unit)


def _unit(kind: str, element: str) -> tuple[str, float]:
    """The ending of a sensor's metric name and what its value is multiplied by."""
    if element in {"fault", "alarm"}:
        return "", 1.0
    if element == "beep":
        return "_enabled", 1.0
    if kind == "power":
        if element == "accuracy":
            return "", 1e-6
        return ("_seconds", 0.001) if element in _INTERVALS else ("_watt", 1e-6)
    if (kind == "temp" and element == "type") or (kind == "fan" and element not in {"input", "min", "max", "target"}):
        return "", 1.0
    return {
        "in": ("_volts", 0.001),
        "cpu": ("_volts", 0.001),
        "temp": ("_celsius", 0.001),
        "curr": ("_amps", 0.001),
        "energy": ("_joule_total", 1e-6),
        "humidity": ("", 1e-6),
        "fan": ("_rpm", 1.0),
    }.get(kind, ("", 1.0))


def _chip(folder: str) -> str:
    """Name a chip by its device's place, which unlike hwmon's numbers outlives a reboot."""
    if os.path.exists(f"{folder}/device"):
        bus, device = os.path.split(os.path.realpath(f"{folder}/device"))
        parts = [_clean(os.path.basename(bus)), _clean(device)]
        if parts[1]:
            return "_".join(part for part in parts if part)
    return _clean(try_read(f"{folder}/name") or "") or _clean(os.path.basename(os.path.realpath(folder)))


def _clean(text: str) -> str:
    return _NOT_A_NAME.sub("_", text.lower()).strip("_")


def thermal(roots: Roots) -> Iterator[Sample]:
    """Yield thermal zones and cooling devices."""
    base = roots.at("/sys/class/thermal")
    for entry in list_dir(base):
        kind = try_read(f"{base}/{entry}/type") or ""
        if entry.startswith("thermal_zone"):
            value = read_number(f"{base}/{entry}/temp")
            if value is not None:
                labels = (("type", kind), ("zone", entry[len("thermal_zone") :]))
                yield Sample("node_thermal_zone_temp", labels, value / 1000)
        elif entry.startswith("cooling_device"):
            labels = (("name", entry[len("cooling_device") :]), ("type", kind))
            for file in ("cur_state", "max_state"):
                value = read_number(f"{base}/{entry}/{file}")
                if value is not None:
                    yield Sample(f"node_cooling_device_{file}", labels, value)


def power_supplies(roots: Roots) -> Iterator[Sample]:
    """Yield batteries and mains adapters."""
    base = roots.at("/sys/class/power_supply")
    for name in list_dir(base):
        for file, metric, unit in _SUPPLY:
            value = read_number(f"{base}/{name}/{file}")
            if value is not None:
                yield Sample(f"node_power_supply_{metric}", (("power_supply", name),), value * unit)
