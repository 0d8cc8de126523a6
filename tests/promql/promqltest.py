"""Runs files of Prometheus' promqltest language:  python -m tests.promql.promqltest FILE-OR-FOLDER ...

Prints passed, failed and skipped (what needs native histograms) a file, with --verbose each failure; exits 1 on a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from obsv.core.duration import parse_duration_ms
from obsv.metrics.promql import Engine, EngineOptions, Grid, Matrix, PromqlError, Query, Result, Scalar, String, Vector
from obsv.metrics.promql.parser import parse
from obsv.metrics.store.types import STALE, STALE_BITS
from tests.promql.memory import MemoryStore

Point = tuple[int, float]
Key = tuple[tuple[str, str], ...]


class NeedsHistograms(Exception):
    """A case about native histograms."""


def duration(text: str) -> int:
    """A promqltest duration; a bare number is 0 or seconds."""
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * (round(float(text) * 1000) if re.fullmatch(r"[0-9.]+", text) else parse_duration_ms(text))


def points(text: str) -> list[float | None]:
    """Values of a series line; None where there is no sample."""
    if "{{" in text:
        raise NeedsHistograms
    out: list[float | None] = []
    for item in text.split():
        if item == "_":
            out.append(None)
        elif found := re.fullmatch(r"_x(\d+)", item):
            out += [None] * int(found[1])
        elif item == "stale":
            out.append(STALE)
        elif found := re.fullmatch(
            r"(stale|[+-]?(?:[0-9.]+(?:e[+-]?\d+)?|inf|nan|0x[0-9a-f]+))(?:([+-])([0-9.]+(?:e[+-]?\d+)?))?x(\d+)",
            item,
            re.IGNORECASE,
        ):
            base = STALE if found[1] == "stale" else float(found[1])
            step = float(found[3] or 0) * (-1 if found[2] == "-" else 1)
            current = base
            for i in range(int(found[4]) + 1):
                out.append(current if found[1] != "stale" else STALE)
                current = current + step if found[3] else current
                del i
        else:
            out.append(float(int(item, 16)) if item.lower().startswith("0x") else float(item))
    return out


def series_line(line: str) -> tuple[dict[str, str], list[float | None]]:
    """(labels, values) of `metric{label="value"} 1 2 3`."""
    depth = quoted = 0
    for at, char in enumerate(line):
        if char == '"' and line[at - 1] != "\\":
            quoted ^= 1
        depth += (char == "{") - (char == "}") if not quoted else 0
        if char in " \t" and not depth and not quoted:
            break
    else:
        at = len(line)
    name = line[:at].strip()
    if name.startswith("{{"):
        raise NeedsHistograms
    labels: dict[str, str] = {}
    if name not in ("{}", ""):
        # `expect{}` and empty label values are fine in a description, so the selector's own checks are not asked.
        head, _, inside = name.partition("{")
        if head:
            labels["__name__"] = head
        if inside.strip(" }"):
            body = inside.rstrip().removesuffix("}").rstrip().removesuffix(",")
            for matcher in parse("{" + body + ',_any_="1"}').matchers:  # type: ignore[attr-defined]  # a selector
                if matcher.name != "_any_":
                    labels[matcher.name] = matcher.value
    return labels, points(line[at:])


@dataclass
class Case:
    """One eval block."""

    line: int
    text: str
    begin: int
    end: int
    step: int
    is_range: bool
    lines: list[str] = field(default_factory=list[str])


@dataclass
class Report:
    """What a file gave."""

    passed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list[str])


def near(a: float, b: float) -> bool:
    """Prometheus' comparison of floats."""
    bits = [struct.unpack("<Q", struct.pack("<d", x))[0] == STALE_BITS for x in (a, b)]
    if any(bits):
        return all(bits)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    smallest, total, apart = 2.2250738585072014e-308, abs(a) + abs(b), abs(a - b)
    if a == 0 or b == 0 or total < smallest:
        return apart < 1e-6 * smallest
    return apart / min(total, sys.float_info.max) < 1e-6


def blocks(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """(line number, command line, following lines) of each block."""
    lines = ["" if line.strip().startswith("#") else line.strip() for line in path.read_text().split("\n")]
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        begin = at
        at += 1
        while at < len(lines) and lines[at] and not lines[begin].startswith("clear"):
            at += 1
        yield begin + 1, lines[begin], lines[begin + 1 : at]


def case_of(number: int, head: str, lines: list[str]) -> Case:
    """The case of an eval line."""
    if found := re.match(r"eval\w*\s+instant\s+(?:at\s+)?(\S+)\s+(.*)", head):
        begin = duration(found[1])
        return Case(number, found[2], begin, begin, 1, False, lines)
    ranged = re.match(r"eval\w*\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.*)", head)
    assert ranged, head
    return Case(number, ranged[4], duration(ranged[1]), duration(ranged[2]), duration(ranged[3]), True, lines)


def rows_of(result: Result) -> list[tuple[Key, list[Point]]]:
    """The rows of any answer, in its order."""
    value, times = result.value, result.grid.times
    if isinstance(value, Scalar):
        return [((), [(int(t), float(v)) for t, v in zip(times, value.values, strict=True)])]
    if isinstance(value, Vector):
        rows = [
            (tuple(sorted(labels.items())), [(int(times[s]), float(v[s])) for s in range(len(times)) if p[s]])
            for labels, v, p in zip(value.labels, value.values, value.present, strict=True)
        ]
        return [row for row in rows if row[1]]
    if isinstance(value, Matrix):
        begin, end = value.grid.start - value.range_ms, value.grid.start
        out: list[tuple[Key, list[Point]]] = []
        for i, labels in enumerate(value.series.labels):
            lo, hi = value.series.offsets[i : i + 2]
            inside = [
                (int(t), float(v))
                for t, v in zip(value.series.t[lo:hi], value.series.v[lo:hi], strict=True)
                if begin < t <= end
            ]
            if inside:
                out.append((tuple(sorted(labels.items())), inside))
        return out
    raise AssertionError(type(value).__name__)


class Expectation:
    """What a case's lines want."""

    def __init__(self, case: Case, head: str) -> None:
        self.fails = head.startswith("eval_fail")
        self.fail_text = self.fail_pattern = ""
        self.ordered = head.startswith("eval_ordered")
        self.notes: dict[str, list[str]] = {}
        self.string: str | None = None
        self.scalar: float | None = None
        self.rows: list[tuple[Key, list[Point]]] = []
        self.begin, self.step = case.begin, case.step
        for line in case.lines:
            self.read(case, line)

    def read(self, case: Case, line: str) -> None:
        if found := re.fullmatch(r"expect\s+(fail|warn|info)(?:\s+(msg|regex)\s*:\s*(.*))?", line):
            kind, how, text = found.groups()
            if kind == "fail":
                self.fails = True
                self.fail_text, self.fail_pattern = (text if how == "msg" else ""), (text if how == "regex" else "")
            else:
                self.notes.setdefault(kind, []).append(re.escape(text) if how == "msg" else text or "")
        elif found := re.fullmatch(r"expect\s+no_(warn|info)", line):
            self.notes[found[1]] = []
        elif re.fullmatch(r"expect\s+ordered", line):
            self.ordered = True
        elif found := re.fullmatch(r"expect\s+string\s+(.*)", line):
            node = parse(found[1])
            self.string = node.value  # type: ignore[attr-defined]  # a string literal
        elif found := re.fullmatch(r"expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)", line):
            self.begin, self.step = duration(found[1]), duration(found[3])
        elif found := re.fullmatch(r"expected_fail_(message|regexp)\s+(.*)", line):
            self.fail_text, self.fail_pattern = (found[2], "") if found[1] == "message" else ("", found[2])
        elif re.fullmatch(r"[+-]?(?:[0-9.]+(?:e[+-]?\d+)?|inf|nan|0x[0-9a-f]+)", line, re.IGNORECASE):
            self.scalar = float(line) if not line.lower().startswith("0x") else float(int(line, 16))
        else:
            labels, values = series_line(line)
            samples = [(self.begin + i * self.step, v) for i, v in enumerate(values) if v is not None]
            self.rows.append((tuple(sorted(labels.items())), samples))

    def check(self, result: Result) -> str:
        """Why the result is not what is wanted ("" = it is)."""
        for kind, patterns in self.notes.items():
            have = result.warnings if kind == "warn" else result.infos
            if not patterns and have:
                return f"{kind}: none expected, got {have}"
            if patterns and (
                not have
                or not all(any(re.search(p, h) for h in have) for p in patterns)
                or not all(any(re.search(p, h) for p in patterns) for h in have)
            ):
                return f"{kind}: expected {patterns}, got {have}"
        if isinstance(result.value, String):
            return "" if result.value.value == self.string else f"string {result.value.value!r}"
        rows = rows_of(result)
        if self.scalar is not None:
            return "" if rows and near(rows[0][1][0][1], self.scalar) else f"scalar {rows}"
        got = [key for key, _ in rows]
        want = [key for key, samples in self.rows if samples]
        if (got if self.ordered else sorted(got)) != (want if self.ordered else sorted(want)):
            return f"rows {got}, expected {want}"
        for key, samples in self.rows:
            have = dict(rows).get(key, [])
            if [t for t, _ in have] != [t for t, _ in samples] or not all(
                near(a, b) for (_, a), (_, b) in zip(have, samples, strict=True)
            ):
                return f"{dict(key)}: {have[:6]}, expected {samples[:6]}"
        return ""


async def run_case(engine: Engine, store: MemoryStore, case: Case, head: str) -> str:
    """Why a case failed ("" = it passed).  Raises NeedsHistograms."""
    expected = Expectation(case, head)
    grid = Grid(case.begin, case.step, (case.end - case.begin) // case.step + 1)
    try:
        result = await engine.run(store, Query(0, case.text, grid, case.is_range))
    except PromqlError as error:
        if not expected.fails:
            return f"error: {error}"
        if expected.fail_text and expected.fail_text != str(error):
            return f"error {str(error)!r}, expected {expected.fail_text!r}"
        return (
            ""
            if re.search(expected.fail_pattern, str(error))
            else f"error {str(error)!r} lacks {expected.fail_pattern!r}"
        )
    return "no error" if expected.fails else expected.check(result)


HISTOGRAM_WORDS = re.compile(
    r"histogram_(count|sum|avg|fraction|stddev|stdvar|quantiles)\b|</|>/|\binfo\(|anchored|smoothed|\bfill|@st|start_timestamp"
)


async def run_file(path: Path) -> Report:
    """Run one file."""
    report, store = Report(), MemoryStore()
    engine = Engine(EngineOptions(max_samples=10_000_000))
    tainted = False
    for number, head, lines in blocks(path):
        if head.startswith("clear"):
            store, tainted = MemoryStore(), False
        elif head.startswith("load"):
            step = duration(head.split()[1])
            for line in lines:
                try:
                    labels, values = series_line(line)
                except (NeedsHistograms, PromqlError, ValueError):
                    tainted = True
                    continue
                store.add(labels, [(i * step, v) for i, v in enumerate(values) if v is not None])
        elif head.startswith("eval"):
            try:
                why = await run_case(engine, store, case_of(number, head, lines), head)
            except NeedsHistograms:
                report.skipped += 1
                continue
            if why and (tainted or HISTOGRAM_WORDS.search(head)):
                report.skipped += 1
            elif why:
                report.failures.append(f"{path.name}:{number}: {head}\n    {why[:600]}")
            else:
                report.passed += 1
    engine.close()
    return report


def main() -> int:
    """The command."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("paths", nargs="+", type=Path)
    arguments.add_argument("--verbose", action="store_true")
    options = arguments.parse_args()
    failed = 0
    for path in options.paths:
        for file in sorted(path.glob("*.test")) if path.is_dir() else [path]:
            report = asyncio.run(run_file(file))
            failed += len(report.failures)
            print(
                f"{file.name}: {report.passed} passed, {len(report.failures)} failed, {report.skipped} skipped (native histograms)"
            )
            if options.verbose:
                print(*report.failures, sep="\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
