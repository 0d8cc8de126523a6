"""How an outgoing call fails."""

from __future__ import annotations


class EgressRefused(Exception):  # a decision, not a mistake
    """We do not connect there; repeating it is no use until the configuration changes."""


class EgressFailed(Exception):  # a state of the network
    """The other side did not answer properly; repeating it may help."""


class MailRejected(Exception):  # the server's decision
    """The mail server said no; `is_permanent` when repeating is no use (5xx)."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.is_permanent = 500 <= code < 600
