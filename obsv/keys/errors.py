"""What can be wrong with keys."""

from __future__ import annotations


class KeyProblem(Exception):  # base of three states
    """A key cannot be used as asked."""


class MissingKey(KeyProblem):
    """A key that protects stored data is absent, unreadable or another one: refuse to start."""


class UnknownSubject(KeyProblem):
    """No data key was ever made for this subject."""


class SubjectErased(KeyProblem):
    """The subject's data key was destroyed; what it protected is gone for good."""
