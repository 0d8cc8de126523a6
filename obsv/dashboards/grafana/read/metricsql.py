"""Words of MetricsQL, which dashboards made for VictoriaMetrics hold, as PromQL has them.

Source: VictoriaMetrics' documentation, "MetricsQL": `a default b` fills the gaps of a with b, `a if b` keeps a where b
is, `a ifnot b` where b is not.
"""

from __future__ import annotations

import re
from typing import Final

from obsv.dashboards.grafana.read.check import parse_error, quoted

_WORDS: Final = {"default": "or", "if": "and", "ifnot": "unless"}
_WORD: Final = re.compile(r"(?<![\w:$.])(default|ifnot|if)(?![\w:])(\s*)(-?\d+(?:\.\d+)?(?![\w.]))?")


def to_promql(expression: str) -> str:
    """The expression in PromQL; empty where that is not all that is wrong with it."""
    inside = quoted(expression)

    def word(found: re.Match[str]) -> str:
        if inside[found.start()]:
            return found[0]
        number = f"vector({found[3]})" if found[3] else ""
        return f"{_WORDS[found[1]]}{found[2] or (' ' if number else '')}{number}"

    made = _WORD.sub(word, expression)
    return "" if made == expression or parse_error(made) else made
