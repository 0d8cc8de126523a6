"""Walks the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator


def leaves(made: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command by its full name."""
    groups = [action for action in made._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield name, made
    for group in groups:
        for key, child in group.choices.items():
            yield from leaves(child, f"{name} {key}".strip())
