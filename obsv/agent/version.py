"""The agent's version: the appliance's own.  The zipapp carries a plain constant in this file's place."""

from __future__ import annotations

from obsv import __version__ as VERSION  # noqa: N812 (a constant under either origin)

__all__ = ["VERSION"]
