"""What the makers of plugins test them with: the same cases that obsv's own plugins pass."""

from obsv.testing.http_sink import Answer, HttpSink, Received, http_sink
from obsv.testing.notifier_contract import NotifierContract, notifier_context

__all__ = ["Answer", "HttpSink", "NotifierContract", "Received", "http_sink", "notifier_context"]
