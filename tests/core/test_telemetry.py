"""The exposition text, against the format's own rules."""

from __future__ import annotations

from obsv.core.errors import Unavailable
from obsv.core.telemetry import Registry


def test_exposition() -> None:
    registry = Registry()
    requests = registry.counter("a_total", "Counts.", ("path",))
    requests.add(1, 'quo"te\\back\nline')
    requests.add(2.5, "x")
    registry.gauge("b", "A gauge.").set(-1)
    registry.asked("c", "Asked.", lambda: 7)
    times = registry.histogram("d_seconds", "Times.", bounds=(0.1, 1))
    for value in (0.1, 0.5, 3):
        times.observe(value)
    assert registry.expose().splitlines() == [
        "# HELP a_total Counts.",
        "# TYPE a_total counter",
        r'a_total{path="quo\"te\\back\nline"} 1',
        'a_total{path="x"} 2.5',
        "# HELP b A gauge.",
        "# TYPE b gauge",
        "b -1",
        "# HELP c Asked.",
        "# TYPE c gauge",
        "c 7",
        "# HELP d_seconds Times.",
        "# TYPE d_seconds histogram",
        'd_seconds_bucket{le="0.1"} 1',
        'd_seconds_bucket{le="1"} 2',
        'd_seconds_bucket{le="+Inf"} 3',
        "d_seconds_sum 3.6",
        "d_seconds_count 3",
    ]


def test_not_finite_numbers_are_spelled_as_the_format_wants() -> None:
    registry = Registry()
    gauge = registry.gauge("g", "G.", ("k",))
    for name in ("inf", "-inf", "nan"):
        gauge.set(float(name), name)
    assert registry.expose().splitlines()[2:] == ['g{k="inf"} +Inf', 'g{k="-inf"} -Inf', 'g{k="nan"} NaN']


def test_asking_twice_gives_the_same_metric() -> None:
    registry = Registry()
    registry.counter("a_total", "A.").add()
    registry.counter("a_total", "A.").add()
    assert "a_total 2" in registry.expose()


def test_a_part_that_is_not_up_does_not_silence_the_others() -> None:
    registry = Registry()

    def away() -> float:
        raise Unavailable("still starting")

    registry.asked("obsv_away", "Not up.", away)
    registry.asked("obsv_here", "Up.", lambda: 1)
    text = registry.expose()
    assert "obsv_here 1" in text
    assert "obsv_away" not in text
