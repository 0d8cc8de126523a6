"""What each token has sent since the process began: for who waits for its first sample, and asks why none comes.

It is held in memory alone: the words of a refusal may name a series, and nobody needs them a day later.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts import Actor
from obsv.core.clock import Clock
from obsv.metrics.store.types import WriteResult

MOST_TOKENS: Final = 10_000
LONGEST_WORDS: Final = 500
_WORDS: Final = ("detail", "error", "message")
"""Where the shapes of error have their words: our own, Prometheus', Influx' and OTLP's."""
_PRINTED: Final = re.compile(r"[^\x00-\x1f\x7f\ufffd]{4,}")

_sender: ContextVar[Actor | None] = ContextVar("sender", default=None)


@dataclass(slots=True)
class Refusal:
    """Why samples were refused last; `status` is 200 where an answer told so beside what was kept."""

    at_ms: int
    status: int
    words: str


@dataclass(slots=True)
class Brought:
    """What a token has sent; the time is that of the last samples that were kept."""

    samples: int = 0
    refused: int = 0
    last_ms: int | None = None
    refusal: Refusal | None = None


class Arrivals:
    """Of the tokens that sent last, in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.since_ms = clock.now_ms()
        self._brought: OrderedDict[tuple[int, str], Brought] = OrderedDict()

    def now_ms(self) -> int:
        """The time that all of it is told by."""
        return self._clock.now_ms()

    def begin(self, actor: Actor) -> None:
        """The call in hand is this sender's."""
        _sender.set(actor)

    def take(self, result: WriteResult) -> None:
        """What became of samples of the call in hand; those that nobody sent, such as a scrape's, are not counted."""
        actor = _sender.get()
        if actor is None or not (brought := self._of(actor)):
            return
        brought.samples += result.accepted
        brought.refused += sum(result.refused.values())
        if result.accepted:
            brought.last_ms = self._clock.now_ms()
        if result.refused:
            brought.refusal = Refusal(self._clock.now_ms(), 200, result.detail[:LONGEST_WORDS])

    def refuse(self, actor: Actor, status: int, body: bytes) -> None:
        """A call was answered with an error, whose body began so."""
        if brought := self._of(actor):
            brought.refusal = Refusal(self._clock.now_ms(), status, words_of(body))

    def of(self, org: int, token_id: str) -> Brought:
        """What a token has sent, which may be nothing."""
        return self._brought.get((org, token_id)) or Brought()

    def _of(self, actor: Actor) -> Brought | None:
        if actor.org is None or not actor.token_id:
            return None
        key = (actor.org, actor.token_id)
        brought = self._brought.setdefault(key, Brought())
        self._brought.move_to_end(key)
        if len(self._brought) > MOST_TOKENS:
            self._brought.popitem(last=False)
        return brought


def words_of(body: bytes) -> str:
    """What an error says to people, whatever its shape: JSON, plain text, or a protobuf message with a text in it."""
    text = body.decode(errors="replace")
    try:
        told: Any = json.loads(text)
    except ValueError:
        told = None
    if isinstance(told, dict):
        found = next((told[name] for name in _WORDS if isinstance(told.get(name), str)), None)
        text = found or "; ".join(str(one) for one in told.get("errors", ())) or text
    return max(_PRINTED.findall(text), key=len, default="").strip()[:LONGEST_WORDS]
