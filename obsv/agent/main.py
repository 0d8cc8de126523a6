"""The agent itself: collects and scrapes on time, queues, sends, and ends in good order."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from typing import Callable, Sequence

from .client import HttpClient
from .collectors import Collectors, Roots
from .collectors.processes import own_process
from .options import Options, OptionsError, build_parser, from_arguments
from .sample import NO_LABELS, Sample
from .schedule import ticks
from .scrape import Scraper
from .send import Sender, default_uniform, write_url
from .series import Batch, SeriesTable
from .spool import Spool, SpoolBusyError
from .version import VERSION

__all__ = ["Agent", "main", "run", "run_command"]

_PROGRAM = "obsv-agent"
_GRACE_S = 5.0
_SEND_TIMEOUT_S = 30.0
_SCRAPE_TIMEOUT_S = 10.0
_PARENT_S = 1.0
_log = logging.getLogger("obsv.agent")


class Agent:
    """One host's agent."""

    def __init__(self, options: Options, *, roots: Roots | None = None) -> None:
        url = write_url(options.url)
        self._options = options
        self._roots = roots or Roots()
        client = HttpClient(url, timeout=_SEND_TIMEOUT_S, ca_file=options.ca_file)
        # A queue belongs to its server: data meant for one never goes to another.
        place = hashlib.sha256(url.encode()).hexdigest()[:12]
        self._spool = Spool(os.path.join(options.state_dir, place), options.spool_bytes)
        self._sender = Sender(client, self._spool, options.token, uniform=default_uniform())
        self._collectors = Collectors(self._roots, extra=options.collect)
        self._series = SeriesTable({"job": "node", "instance": options.name})
        timeout = min(_SCRAPE_TIMEOUT_S, options.interval)
        self._scrapers = [Scraper(target, timeout=timeout, ca_file=options.ca_file) for target in options.targets]

    def once(self) -> bool:
        """Sample everything once and send it; say whether the server took it."""
        for take in (self.sample, *(scraper.scrape for scraper in self._scrapers)):
            self._queue(take(_now_ms()))
        for scraper in self._scrapers:
            scraper.close()
        done = self._sender.flush() and self._sender.refused_samples == 0
        self._sender.close()
        self._spool.close()
        return done

    def run(self, stop: threading.Event) -> None:
        """Sample until `stop`, then send what is left within a few seconds."""
        sending = threading.Thread(target=self._sender.run, name="send", daemon=True)
        sending.start()
        for scraper in self._scrapers:
            work = partial(self._repeat, scraper.scrape, scraper.target.url, stop)
            threading.Thread(target=work, name=f"scrape {scraper.target.instance}", daemon=True).start()
        self._repeat(self.sample, self._options.name, stop)
        self._sender.stop(_GRACE_S)
        sending.join(_GRACE_S + 1.0)
        if len(self._spool):
            _log.warning("left for the next start: %d batches", len(self._spool))
        self._spool.close()

    def sample(self, at_ms: int) -> list[Batch]:
        """Take one sample of the host and of the agent itself."""
        start = time.monotonic()
        samples = self._collectors.collect()
        samples.extend(own_process(self._roots))
        samples.append(Sample("obsv_agent_info", (("version", VERSION),), 1.0))
        for name, value in (
            ("obsv_agent_sent_samples_total", self._sender.sent_samples),
            ("obsv_agent_failed_requests_total", self._sender.failed_requests),
            ("obsv_agent_refused_samples_total", self._sender.refused_samples),
            ("obsv_agent_spool_batches", len(self._spool)),
            ("obsv_agent_spool_bytes", self._spool.bytes),
            ("obsv_agent_spool_dropped_batches_total", self._spool.dropped_batches),
            ("obsv_agent_spool_dropped_samples_total", self._spool.dropped_samples),
            ("up", 1),
            ("scrape_duration_seconds", time.monotonic() - start),
        ):
            samples.append(Sample(name, NO_LABELS, float(value)))
        return self._series.encode(samples, at_ms)

    def _repeat(self, take: Callable[[int], list[Batch]], name: str, stop: threading.Event) -> None:
        """Take samples on schedule; one that fails is logged and does not end the others."""
        for at in ticks(self._options.interval, name):
            if stop.wait(max(0.0, at - time.time())):
                return
            try:
                self._queue(take(_now_ms()))
            except Exception:  # noqa: BLE001 - the agent must outlive whatever a host's files hold
                _log.exception("a sample failed")

    def _queue(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._spool.put(batch)


def run(options: Options, stop: threading.Event | None = None) -> int:
    """Run an agent until `stop`; return the exit code."""
    stop = stop or threading.Event()
    if options.parent:
        threading.Thread(target=_follow, args=(options.parent, stop), name="parent", daemon=True).start()
    try:
        agent = Agent(options)
    except SpoolBusyError:
        _log.error("an agent that sends to %s runs already with %s: see --state-dir", options.url, options.state_dir)
        return 1
    except OSError as error:
        _log.error(
            "cannot use %s: %s; choose another place with --state-dir", error.filename or options.state_dir, error
        )
        return 1
    except ValueError as error:
        _log.error("%s", error)
        return 2
    if options.once:
        return 0 if agent.once() else 1
    _log.info("agent %s: %s every %gs to %s", VERSION, options.name, options.interval, write_url(options.url))
    agent.run(stop)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command line of `agent.pyz` and `python -m obsv.agent`."""
    return run_command(build_parser(_PROGRAM).parse_args(argv), _PROGRAM)


def run_command(arguments: argparse.Namespace, program: str) -> int:
    """Run what parsed arguments ask for; return the exit code."""
    start_logging(verbose=getattr(arguments, "verbose", False))
    try:
        options = from_arguments(arguments)
        if getattr(arguments, "install", False):
            from .install import install  # noqa: PLC0415

            return install(options, sys.argv[0])
    except OptionsError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    return run(options, stop_on_signals())


def start_logging(*, verbose: bool = False) -> None:
    """Log to standard error, one line an event."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.DEBUG if verbose else logging.INFO)
    _log.propagate = False


def stop_on_signals() -> threading.Event:
    """Make an event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


def _follow(parent: int, stop: threading.Event) -> None:
    """End with the parent: an orphan is given another one."""
    while os.getppid() == parent and not stop.wait(_PARENT_S):
        pass
    stop.set()


def _now_ms() -> int:
    return int(time.time() * 1000)
