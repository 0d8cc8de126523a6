"""Runs files of Prometheus' promqltest language:  python -m tests.promql.promqltest FILE-OR-FOLDER ...

Prints passed and failed a file, with --verbose each failure; exits 1 on a failure.  As Prometheus' own runner does, an
instant query that is right is asked again with `@` on its selectors, at other times, and as a range query.
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

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.arithmetic import compact
from obsv.metrics.histograms.classic import from_classic
from obsv.metrics.promql import Engine, EngineOptions, Grid, Matrix, PromqlError, Query, Result, Scalar, String, Vector
from obsv.metrics.promql.ast import Call, Node, Selector, Subquery, children, descendants
from obsv.metrics.promql.description import Value, duration, histogram, points, series, start_offsets
from obsv.metrics.promql.memory import MemoryStore
from obsv.metrics.promql.parser import parse
from obsv.metrics.promql.printer import print_expr
from obsv.metrics.store.types import STALE_BITS

Point = tuple[int, Value]
Key = tuple[tuple[str, str], ...]


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
    failures: list[str] = field(default_factory=list[str])


def near(a: Value, b: Value) -> bool:
    """Prometheus' comparison of floats, and of histograms (hints aside)."""
    if isinstance(a, Histogram) or isinstance(b, Histogram):
        return isinstance(a, Histogram) and isinstance(b, Histogram) and near_histograms(a, b)
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


def near_histograms(a: Histogram, b: Histogram) -> bool:
    """The same layout, and numbers that are near."""
    a, b = compact(a.copy()), compact(b.copy())
    if (a.schema, a.bounds, a.zero_threshold) != (b.schema, b.bounds, b.zero_threshold):
        return False
    if a.positive.keys() != b.positive.keys() or a.negative.keys() != b.negative.keys():
        return False
    pairs = [(a.count, b.count), (a.sum, b.sum), (a.zero_count, b.zero_count)]
    pairs += [(count, b.positive[i]) for i, count in a.positive.items()]
    pairs += [(count, b.negative[i]) for i, count in a.negative.items()]
    return all(near(one, other) for one, other in pairs)


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

    def shown(v: float) -> Value:
        bits = struct.unpack("<Q", struct.pack("<d", v))[0]
        return result.histograms[bits & 0xFFFFFFFFFFFF] if bits >> 48 == 0x7FFC else float(v)

    if isinstance(value, Scalar):
        return [((), [(int(t), float(v)) for t, v in zip(times, value.values, strict=True)])]
    if isinstance(value, Vector):
        rows = [
            (tuple(sorted(labels.items())), [(int(times[s]), shown(v[s])) for s in range(len(times)) if p[s]])
            for labels, v, p in zip(value.labels, value.values, value.present, strict=True)
        ]
        return [row for row in rows if row[1]]
    assert isinstance(value, Matrix), type(value).__name__
    begin, end = value.grid.start - value.range_ms, value.grid.start
    out: list[tuple[Key, list[Point]]] = []
    for i, labels in enumerate(value.series.labels):
        lo, hi = value.series.offsets[i : i + 2]
        samples = zip(value.series.t[lo:hi].tolist(), value.series.v[lo:hi], strict=True)
        inside = [(t, shown(v)) for t, v in samples if begin < t <= end]
        if inside:
            out.append((tuple(sorted(labels.items())), inside))
    return out


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
        self.hints: list[list[int | None]] = []
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
            labels, rest = series(line)
            samples = [(self.begin + i * self.step, v) for i, v in enumerate(points(rest)) if v is not None]
            self.rows.append((tuple(sorted(labels.items())), samples))
            hints = [histogram(text) for text in re.findall(r"\{\{.*?\}\}", rest)]
            self.hints.append([one.hint if is_given else None for one, is_given in hints])

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
        return self.check_rows(rows_of(result))

    def check_rows(self, rows: list[tuple[Key, list[Point]]]) -> str:
        """The same of the rows alone."""
        if self.scalar is not None:
            return "" if rows and near(rows[0][1][0][1], self.scalar) else f"scalar {rows}"
        got = [key for key, _ in rows]
        want = [key for key, samples in self.rows if samples]
        if (got if self.ordered else sorted(got)) != (want if self.ordered else sorted(want)):
            return f"rows {got}, expected {want}"
        for (key, samples), hints in zip(self.rows, self.hints, strict=True):
            have = dict(rows).get(key, [])
            for (_, value), hint in zip(have, hints, strict=False):
                if hint is not None and isinstance(value, Histogram) and value.hint != hint:
                    return f"{dict(key)}: hint {value.hint!r}, expected {hint!r}"
            if [t for t, _ in have] != [t for t, _ in samples] or not all(
                near(a, b) for (_, a), (_, b) in zip(have, samples, strict=True)
            ):
                return f"{dict(key)}: {have[:6]}, expected {samples[:6]}"
        return ""


async def run_case(engine: Engine, store: MemoryStore, case: Case, head: str) -> str:
    """Why a case failed ("" = it passed)."""
    expected = Expectation(case, head)
    grid = Grid(case.begin, case.step, (case.end - case.begin) // case.step + 1)
    try:
        result = await engine.run(store, Query(0, case.text, grid, case.is_range))
    except PromqlError as error:
        if not expected.fails:
            return f"error: {error}"
        if expected.fail_text and expected.fail_text != str(error):
            return f"error {str(error)!r}, expected {expected.fail_text!r}"
        if re.search(expected.fail_pattern, str(error)):
            return ""
        return f"error {str(error)!r} lacks {expected.fail_pattern!r}"
    if expected.fails:
        return "no error"
    why = expected.check(result)
    if why or case.is_range or isinstance(result.value, String | Matrix):
        return why
    return await check_fixed(engine, store, case, expected) or await check_as_range(engine, store, case, expected)


UNSAFE = frozenset(
    (
        "time", "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year",
        "timestamp", "predict_linear", "start", "end", "range", "step", "info", "start_timestamp",
    )
)  # fmt: skip
"""Functions that look at the time of evaluation, or of the query."""


def words_of(node: Node) -> set[str]:
    """Functions in a query, also in its durations."""
    words = {one.name for one in descendants(node) if isinstance(one, Call)}
    for one in descendants(node):
        for inner in (getattr(one, name, None) for name in ("range_expr", "offset_expr", "step_expr")):
            if isinstance(inner, Node):
                words |= words_of(inner)
    return words


def fix_times(node: Node, at: int) -> None:
    """Put `@` on selectors and subqueries that have none; what is within a subquery follows it."""
    if isinstance(node, Selector | Subquery) and node.at is None:
        node.at = at
    if not isinstance(node, Subquery):
        for child in children(node):
            fix_times(child, at)


async def check_fixed(engine: Engine, store: MemoryStore, case: Case, expected: Expectation) -> str:
    """Ask again, with the time fixed by `@`, at other times."""
    node = parse(case.text)
    if words_of(node) & UNSAFE:
        return ""
    fix_times(node, case.begin)
    text = print_expr(node)
    at = case.begin
    for moment in {-10 * at, 0, at // 5, at, 10 * at} if at else {-1000, 0, 1000}:
        try:
            result = await engine.run(store, Query(0, text, Grid(moment, 1000, 1), is_range=False))
        except PromqlError as error:
            return f"{text} at {moment}: {error}"
        rows = [(key, [(at, value) for _, value in samples]) for key, samples in rows_of(result)]
        if why := expected.check_rows(rows):
            return f"{text} at {moment}: {why}"
    return ""


async def check_as_range(engine: Engine, store: MemoryStore, case: Case, expected: Expectation) -> str:
    """Ask again as a range query whose middle step is the one."""
    if words_of(parse(case.text)) & {"start", "end", "range", "step"} or re.search(r"@\s*(start|end)", case.text):
        return ""
    grid = Grid(case.begin - 60_000, 60_000, 3)
    try:
        result = await engine.run(store, Query(0, case.text, grid, is_range=True))
    except PromqlError as error:
        return f"as a range: {error}"
    rows = [(key, [one for one in samples if one[0] == case.begin]) for key, samples in rows_of(result)]
    expected.ordered = False
    why = expected.check_rows([row for row in rows if row[1]])
    return f"as a range: {why}" if why else ""


def load(store: MemoryStore, head: str, lines: list[str]) -> None:
    """A `load` or `load_with_nhcb` command."""
    step = duration(head.split()[1])
    starts: list[int | None] = []
    classic: list[tuple[dict[str, str], dict[int, float]]] = []
    for line in lines:
        labels, rest = series(line.replace("@st ", " ", 1) if is_start_line(line) else line)
        if is_start_line(line):
            starts = start_offsets(rest)
            continue
        samples = [(i * step, value) for i, value in enumerate(points(rest)) if value is not None]
        store.add(labels, samples)
        given = {i * step: i * step + offset for i, offset in enumerate(starts) if offset is not None}
        store.start(labels, {t: given[t] for t, _ in samples if t in given})
        starts = []
        classic.append((labels, {t: value for t, value in samples if isinstance(value, float)}))
    if head.startswith("load_with_nhcb"):
        for labels, found in from_classic(classic):
            store.add(labels, list(found.items()))


def is_start_line(line: str) -> bool:
    """Whether a line gives start times: `@st` stands behind the labels."""
    return re.match(r"[^ {]*(?:\{.*?\})?@st\s", line) is not None


async def run_file(path: Path) -> Report:
    """Run one file."""
    report, store = Report(), MemoryStore()
    engine = Engine(EngineOptions(max_samples=10_000_000, late_names=True))
    for number, head, lines in blocks(path):
        if head.startswith("clear"):
            store = MemoryStore()
        elif head.startswith("load"):
            load(store, head, lines)
        elif head.startswith("eval"):
            why = await run_case(engine, store, case_of(number, head, lines), head)
            if why:
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
            print(f"{file.name}: {report.passed} passed, {len(report.failures)} failed")
            if options.verbose:
                print(*report.failures, sep="\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
