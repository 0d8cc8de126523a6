"""Series as the promqltest language describes them: `metric{label="value"} 1 2+3x4 _ stale {{schema:0 count:1}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obsv.core.duration import parse_duration_ms
from obsv.metrics.histograms import Hint, Histogram
from obsv.metrics.histograms.arithmetic import add, scale
from obsv.metrics.promql.parser import parse
from obsv.metrics.store.types import STALE

Labels = dict[str, str]
Value = float | Histogram
HINTS = {"unknown": Hint.UNKNOWN, "reset": Hint.RESET, "not_reset": Hint.NOT_RESET, "gauge": Hint.GAUGE}
NUMBER = r"[+-]?(?:[0-9.]+(?:e[+-]?\d+)?|inf|nan|0x[0-9a-f]+)"
FLOATS = re.compile(rf"(stale|{NUMBER})(?:([+-])([0-9.]+(?:e[+-]?\d+)?))?x(\d+)", re.IGNORECASE)
HISTOGRAMS = re.compile(r"(\{\{.*?\}\})(?:([+-])(\{\{.*?\}\}))?(?:x(\d+))?")


def duration(text: str) -> int:
    """A promqltest duration; a bare number is 0 or seconds."""
    sign, text = (-1 if text.startswith("-") else 1), text.lstrip("+-")
    return sign * (round(float(text) * 1000) if re.fullmatch(r"[0-9.]+", text) else parse_duration_ms(text))


def number(text: str) -> float:
    """A float, or a hexadecimal integer."""
    return float(int(text, 16)) if text.lower().lstrip("+-").startswith("0x") else float(text)


def histogram(text: str) -> tuple[Histogram, bool]:
    """(a histogram from `{{key:value ...}}`, whether it says something of counter resets)."""
    inside = text.strip("{}")
    given: dict[str, str] = dict(re.findall(r"(\w+):\s*(\[[^\]]*\]|\S+)", inside))
    out = Histogram(
        schema=int(given.get("schema", 0)),
        count=number(given.get("count", "0")),
        sum=number(given.get("sum", "0")),
        zero_threshold=number(given.get("z_bucket_w", "0")),
        zero_count=number(given.get("z_bucket", "0")),
        positive=_buckets(given.get("buckets", "[]"), int(given.get("offset", 0))),
        negative=_buckets(given.get("n_buckets", "[]"), int(given.get("n_offset", 0))),
        bounds=tuple(number(item) for item in given.get("custom_values", "[]").strip("[]").split()),
        hint=HINTS[given.get("counter_reset_hint", "unknown")],
    )
    return out, "counter_reset_hint" in given


def _buckets(text: str, offset: int) -> dict[int, float]:
    return {offset + i: number(item) for i, item in enumerate(text.strip("[]").split())}


def _items(text: str) -> Iterator[str]:
    """Blank-separated items; blanks within `{{ }}` belong to the item."""
    for found in re.finditer(r"(?:\{\{.*?\}\}|\S)+", text):
        yield found[0]


def points(text: str) -> list[Value | None]:
    """Values of a series line; None where there is no sample."""
    out: list[Value | None] = []
    for item in _items(text):
        if item == "_":
            out.append(None)
        elif found := re.fullmatch(r"_x(\d+)", item):
            out += [None] * int(found[1])
        elif item == "stale":
            out.append(STALE)
        elif item.startswith("{{"):
            out += _histograms(item)
        elif found := FLOATS.fullmatch(item):
            out += _floats(*found.groups())
        else:
            out.append(number(item))
    return out


def _floats(base: str, sign: str | None, step: str | None, times: str) -> list[Value | None]:
    if base == "stale":
        return [STALE] * (int(times) + 1)
    values, current = list[Value | None](), number(base)
    for _ in range(int(times) + 1):
        values.append(current)
        current += float(step or 0) * (-1 if sign == "-" else 1) if step else 0.0
    return values


def _histograms(item: str) -> list[Value | None]:
    found = HISTOGRAMS.fullmatch(item)
    assert found, item
    current, _ = histogram(found[1])
    step = histogram(found[3])[0] if found[3] else None
    values: list[Value | None] = [current]
    for _ in range(int(found[4] or 0)):
        if step is not None:
            hint = current.hint
            current = add(current, scale(step.copy(), -1.0 if found[2] == "-" else 1.0))[0]
            current.hint = hint if hint == step.hint else step.hint if Hint.GAUGE in (step.hint, hint) else hint
        values.append(current)
    return values


def series(line: str) -> tuple[Labels, str]:
    """(labels, the rest) of a series line."""
    depth = quoted = 0
    at = len(line)
    for i, char in enumerate(line):
        if char == '"' and line[i - 1] != "\\":
            quoted ^= 1
        depth += (char == "{") - (char == "}") if not quoted else 0
        if char in " \t" and not depth and not quoted:
            at = i
            break
    name = line[:at].strip()
    labels: Labels = {}
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
    return labels, line[at:]


def start_offsets(text: str) -> list[int | None]:
    """Items of a `@st` line: how far before (or after) its sample each counter began, in ms."""
    out: list[int | None] = []
    for item in text.split():
        if item == "_":
            out.append(None)
        elif found := re.fullmatch(r"_x(\d+)", item):
            out += [None] * int(found[1])
        elif found := re.fullmatch(r"([+-]?[0-9a-z.]+?)(?:([+-])([0-9a-z.]+?))?x(\d+)", item):
            step = duration(found[3]) * (-1 if found[2] == "-" else 1) if found[3] else 0
            out += [duration(found[1]) + i * step for i in range(int(found[4]) + 1)]
        else:
            out.append(duration(item))
    return out
