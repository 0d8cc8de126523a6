"""The head in plain Python: every series, and the samples that are not in blocks yet.  Twin of `_ingest.pyx`.

It answers exactly as the compiled one, some fifty times slower, and bears no load target.
"""

from __future__ import annotations

from collections import defaultdict
from threading import Lock

import numpy as np

from obsv.metrics.kernels.ragged_plain import Float64, Int64, Points, UInt32, columns, ints, settle
from obsv.metrics.kernels.request_plain import (
    DUPLICATE,
    KEEPS,
    LABELS,
    REFUSALS,
    REPEATS,
    SERIES_LIMIT,
    TOO_NEW,
    TOO_OLD,
    Request,
    Series,
    Touch,
    parse_point,
)
from obsv.metrics.kernels.wire_plain import (
    LABELS_OK,
    BrokenError,
    Rules,
    canonical_key,
    fields,
    parse_labels,
    put_varint,
    read_skips,
    write_skips,
)

Outcome = tuple[int, tuple[int, ...], int, int, int, bytes, bytes, int]
Buffer = bytes | bytearray | memoryview


class Head:
    """All series and the newest samples.  A request is prepared, then applied or aborted; one at a time."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 16:
            raise ValueError("the seed is 16 bytes")
        self._lock = Lock()
        self._all: list[Series] = []
        self._ids: dict[tuple[int, bytes], int] = {}
        self._committed = 0
        self._hour = 0
        self._active: dict[int, int] = defaultdict(int)
        self._current: dict[int, Points] = {}
        self._frozen: dict[int, Points] = {}
        self._request = Request(0, 0, None, set(), 0, 0)
        self._outcome: Outcome = (0, (0,) * REFUSALS, -1, LABELS_OK, 0, b"", b"", 0)

    # -- a request ----------------------------------------------------------------------------------------------

    def prepare(self, org: int, body: Buffer, rules: Rules) -> bool:
        """Judge a remote_write request; False when its protobuf is broken, and then nothing of it stays."""
        with self._lock:
            return self._begin(org, bytes(body), rules.hour, rules, set())

    def replay(self, org: int, body: Buffer, hour: int, skips: Buffer) -> bool:
        """Take a logged request again: all but the samples it was answered as refused (`skips`) are kept."""
        with self._lock:
            fine = self._begin(org, bytes(body), hour, None, read_skips(bytes(skips)))
            if fine:
                self._commit()
            return fine

    def outcome(self) -> Outcome:
        """(accepted, refused by reason, first reason or -1, label fault, its time, its label bytes, skips, beside)."""
        return self._outcome

    def apply(self) -> None:
        """Keep what the prepared request brought."""
        with self._lock:
            self._commit()

    def abort(self) -> None:
        """Forget the prepared request."""
        with self._lock:
            self._roll_back()

    def load(self, orgs: Int64, keys: list[bytes]) -> None:
        """Add stored series; their ids follow on."""
        with self._lock:
            for org, key in zip(ints(orgs), keys, strict=True):
                self._add(org, key)
            self._committed = len(self._all)

    # -- flushing -----------------------------------------------------------------------------------------------

    def freeze(self) -> bool:
        """Set the samples so far aside for a flush; False while one is unfinished, or without samples."""
        with self._lock:
            if self._frozen or not self._current:
                return False
            self._frozen, self._current = self._current, {}
            return True

    def frozen_series(self) -> UInt32:
        """The series that have frozen samples, by rising id."""
        return np.array(sorted(self._frozen), np.uint32)

    def columns(self, sids: UInt32) -> tuple[Int64, Int64, Float64]:
        """(offsets, t, v): the frozen samples of the given series, times rising."""
        return columns([settle(self._frozen.get(sid, [])) for sid in ints(sids)])

    def release(self) -> None:
        """The frozen samples are in blocks now."""
        with self._lock:
            self._frozen = {}

    def clear(self) -> None:
        """Forget all samples; series stay, and so does what is known of their newest one."""
        with self._lock:
            self._roll_back()
            self._frozen, self._current = {}, {}

    # -- reading ------------------------------------------------------------------------------------------------

    def gather(
        self, sids: UInt32, start: int, end: int, limit: int, newest: bool = False
    ) -> tuple[Int64, Int64, Float64] | None:
        """(offsets, t, v) of the given series within [start, end]; None when they are more than `limit`.

        With `newest` the last sample of each is enough.
        """
        with self._lock:
            found = [
                settle(
                    [
                        point
                        for source in (self._frozen, self._current)
                        for point in source.get(sid, ())
                        if start <= point[0] <= end
                    ]
                )
                for sid in ints(sids)
            ]
        if newest:
            found = [one[-1:] for one in found]
        return None if sum(map(len, found)) > limit else columns(found)

    def keys(self, start: int, stop: int) -> tuple[Int64, list[bytes]]:
        """Organisations and canonical label bytes of series [start, stop)."""
        with self._lock:
            series = self._all[start : min(stop, self._committed)]
        return np.array([one.org for one in series], np.int64), [one.key for one in series]

    def newest(self, sids: UInt32) -> Int64:
        """Time of each series' newest sample since start, int64's minimum for none."""
        none = int(np.iinfo(np.int64).min)
        times = [self._all[sid].newest for sid in ints(sids)]
        return np.array([none if t is None else t for t in times], np.int64)

    def owners(self, sids: UInt32) -> Int64:
        """Each series' organisation."""
        return np.array([self._all[sid].org for sid in ints(sids)], np.int64)

    def active(self, org: int) -> int:
        """How many of an organisation's series had a sample this clock hour or the one before."""
        return self._active[org]

    @property
    def series(self) -> int:
        """How many series there are."""
        return self._committed

    @property
    def samples(self) -> int:
        """Samples since the last freeze."""
        return sum(map(len, self._current.values()))

    @property
    def touched(self) -> int:
        """Series that have samples since the last freeze."""
        return len(self._current)

    @property
    def frozen_samples(self) -> int:
        """Samples set aside."""
        return sum(map(len, self._frozen.values()))

    @property
    def memory(self) -> int:
        """Memory in use, roughly."""
        return 150 * (self.samples + self.frozen_samples) + 500 * len(self._all)

    # -- within -------------------------------------------------------------------------------------------------

    def _begin(self, org: int, body: bytes, hour: int, rules: Rules | None, skips: set[int]) -> bool:
        self._roll_back()
        self._roll_hour(hour)
        request = Request(org, self._hour, rules, skips, len(self._all), self._active[org])
        self._request = request
        try:
            for number, wire, start, end in fields(body, 0, len(body)):
                if number in (1, 3) and wire != 2:
                    raise BrokenError
                if number == 1:
                    self._time_series(body, start, end)
                request.beside += number == 3
        except BrokenError:
            self._roll_back()
            return False
        runs = write_skips(request.skipped)
        self._outcome = (request.accepted, tuple(request.refused), *request.first, runs, request.beside)
        return True

    def _time_series(self, body: bytes, start: int, end: int) -> None:
        key = bytearray()
        points: Points = []
        for number, wire, first, last in fields(body, start, end):
            if 1 <= number <= 4 and wire != 2:
                raise BrokenError
            if number == 1:
                key.append(0x0A)
                put_varint(key, last - first)
                key += body[first:last]
            elif number == 2:
                points.append(parse_point(body, first, last))
            elif number in (3, 4):
                self._request.beside += 1
        if points:
            self._judge_series(bytes(key), points)

    def _judge_series(self, key: bytes, points: Points) -> None:
        request = self._request
        sid = self._ids.get((request.org, key))
        if sid is None:
            fault, canonical = canonical_key(parse_labels(key), request.rules)
            if fault != LABELS_OK:
                for t, _ in points:
                    self._refuse_point(LABELS, fault, t, key)
                return
            key = canonical
            sid = self._ids.get((request.org, key))
        touch = None if sid is None else self._touch(sid)
        for t, bits in points:
            verdict = self._judge(request.rules, touch, t, bits) if request.rules else self._replayed()
            if verdict >= 0:
                self._refuse_point(verdict, LABELS_OK, t, key)
                continue
            request.ordinal += 1
            request.accepted += 1
            if verdict == KEEPS:
                if touch is None:
                    touch = self._touch(self._add(request.org, key))
                self._keep(touch, t, bits)

    def _judge(self, rules: Rules, touch: Touch | None, t: int, bits: int) -> int:
        if t > rules.newest:
            return TOO_NEW
        if t < rules.oldest:
            return TOO_OLD
        at_limit = self._request.org_active + self._request.newly_active >= rules.series_limit
        if touch is None:
            return SERIES_LIMIT if at_limit else KEEPS
        if touch.newest is not None and t <= touch.newest:
            if touch.known and touch.newest - t > rules.late_window:
                return TOO_OLD
            there = touch.last_bits if t == touch.newest else self._find(touch, t)
            if there is not None:
                return REPEATS if there == bits else DUPLICATE
        return SERIES_LIMIT if at_limit and not touch.active else KEEPS

    def _replayed(self) -> int:
        # Repeats are kept as well: whether the first one is in blocks or was forgotten is not known here.
        return LABELS if self._request.ordinal in self._request.skips else KEEPS

    def _find(self, touch: Touch, t: int) -> int | None:
        for source in (touch.kept, self._current.get(touch.sid, []), self._frozen.get(touch.sid, [])):
            for when, bits in source:
                if when == t:
                    return bits
        return None

    def _keep(self, touch: Touch, t: int, bits: int) -> None:
        touch.kept.append((t, bits))
        self._request.order.append((touch.sid, t, bits))
        self._request.newly_active += not touch.active
        touch.active = True
        if touch.newest is None or t > touch.newest:
            touch.newest, touch.last_bits = t, bits

    def _touch(self, sid: int) -> Touch:
        request = self._request
        touch = request.touches.get(sid)
        if touch is None:
            one = self._all[sid]
            known = sid < request.base and one.newest is not None
            touch = Touch(sid, one.newest, one.last_bits, known, self._is_active(one))
            request.touches[sid] = touch
        return touch

    def _refuse_point(self, reason: int, fault: int, t: int, key: bytes) -> None:
        self._request.skipped.append(self._request.ordinal)
        self._request.ordinal += 1
        self._request.refused[reason] += 1
        if self._request.first[0] < 0:
            self._request.first = (reason, fault, t, key)

    def _add(self, org: int, key: bytes) -> int:
        self._all.append(Series(org, key))
        self._ids[org, key] = len(self._all) - 1
        return len(self._all) - 1

    def _commit(self) -> None:
        request = self._request
        for sid, t, bits in request.order:
            self._current.setdefault(sid, []).append((t, bits))
        for touch in request.touches.values():
            if touch.kept:
                one = self._all[touch.sid]
                one.newest, one.last_bits, one.hour = touch.newest, touch.last_bits, self._hour
        self._active[request.org] += request.newly_active
        self._committed = len(self._all)
        self._request = Request(0, 0, None, set(), 0, 0)

    def _roll_back(self) -> None:
        for one in self._all[self._committed :]:
            del self._ids[one.org, one.key]
        del self._all[self._committed :]
        self._request = Request(0, 0, None, set(), 0, 0)

    def _is_active(self, one: Series) -> bool:
        return one.hour > 0 and one.hour + 1 >= self._hour

    def _roll_hour(self, hour: int) -> None:
        if hour <= self._hour:
            return
        self._hour = hour
        self._active.clear()
        for one in self._all:
            if self._is_active(one):
                self._active[one.org] += 1
