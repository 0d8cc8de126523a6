"""Which task a transaction belongs to.

Piccolo keeps the current transaction in a context variable, so a task started inside a transaction inherits it and
would write on its connection in the middle of it, or after its end.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import Protocol

from piccolo.engine.exceptions import TransactionError


class OwnedTransaction(Protocol):
    """What `TaskBound` needs to know of a transaction."""

    owner: asyncio.Task[object] | None
    is_over: bool


class TaskBound:
    """A stand-in for Piccolo's `ContextVar` whose value is seen by the transaction's own task only."""

    def __init__(self, name: str) -> None:
        self._var: contextvars.ContextVar[OwnedTransaction | None] = contextvars.ContextVar(name, default=None)

    def get(self) -> OwnedTransaction | None:
        """The open transaction of this task; raises when it is another task's that is still open."""
        transaction = self._var.get()
        if transaction is None or transaction.is_over:
            return None
        if transaction.owner is not asyncio.current_task():
            raise TransactionError("a transaction belongs to one task: start others with obsv.db.spawn, outside of it")
        return transaction

    def set(self, transaction: OwnedTransaction | None) -> contextvars.Token[OwnedTransaction | None]:
        """Make it the current one of this context."""
        return self._var.set(transaction)

    def reset(self, token: contextvars.Token[OwnedTransaction | None]) -> None:
        """Undo `set`."""
        self._var.reset(token)

    def forget_in(self, context: contextvars.Context) -> None:
        """Let a task that will run in `context` start without a transaction."""
        context.run(self._var.set, None)
