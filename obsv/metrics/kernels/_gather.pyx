# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of gather_plain."""

from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool

import numpy as np


cdef extern from "gather.h" namespace "obsv" nogil:
    void clip_times(const int64_t* t, int64_t n, int64_t start, int64_t end, cbool newest, int64_t& first, int64_t& stop)

    cdef cppclass Gather:
        Gather(size_t places) except +
        void add(const int64_t* places, size_t rows, const int64_t* lengths, const int64_t* t, const int64_t* t_at,
                 const uint64_t* bits, const int64_t* bits_at) except +
        int64_t total()
        int64_t put(int64_t* offsets, int64_t* t, uint64_t* bits) except +


def wanted_rows(const int64_t[::1] places, int64_t first_place, const int64_t[::1] slots):
    """Which slots are wanted; see the twin."""
    cdef Py_ssize_t i = 0, j = 0, n = 0, k = places.shape[0], m = slots.shape[0]
    cdef int64_t low, high, middle
    found = np.empty((2, min(k, m)), np.int64)
    cdef int64_t[:, ::1] out = found
    if k and m:
        with nogil:
            # Places before those of this block are passed over at once.
            low, high = 0, k
            while low < high:
                middle = (low + high) >> 1
                if places[middle] < first_place + slots[0]:
                    low = middle + 1
                else:
                    high = middle
            i = low
            while i < k and j < m:
                if places[i] < first_place + slots[j]:
                    i += 1
                elif places[i] > first_place + slots[j]:
                    j += 1
                else:
                    out[0, n] = j
                    out[1, n] = i
                    n += 1
                    i += 1
                    j += 1
    return found[0, :n], found[1, :n]


def clip(const int64_t[::1] pool, const int64_t[::1] starts, const int64_t[::1] counts, int64_t start_ms, int64_t end_ms,
         cbool newest):
    """Which samples lie in a time; see the twin."""
    cdef Py_ssize_t i, k = starts.shape[0]
    if counts.shape[0] != k:
        raise ValueError("starts and counts differ in length")
    for i in range(k):
        if counts[i] < 0 or starts[i] < 0 or starts[i] + counts[i] > pool.shape[0]:
            raise ValueError("range outside the times")
    found = np.empty((2, k), np.int64)
    cdef int64_t[:, ::1] out = found
    if k and pool.shape[0]:
        with nogil:
            for i in range(k):
                if i and starts[i] == starts[i - 1] and counts[i] == counts[i - 1]:
                    out[0, i] = out[0, i - 1]
                    out[1, i] = out[1, i - 1]
                else:
                    clip_times(&pool[0] + starts[i], counts[i], start_ms, end_ms, newest, out[0, i], out[1, i])
    else:
        found[:] = 0
    return found[0], found[1]


cdef void _check(const int64_t[::1] at, const int64_t[::1] lengths, Py_ssize_t size) except *:
    cdef Py_ssize_t i
    if at.shape[0] != lengths.shape[0]:
        raise ValueError("ranges differ in length")
    for i in range(at.shape[0]):
        if lengths[i] < 0 or at[i] < 0 or at[i] + lengths[i] > size:
            raise ValueError("range outside the samples")


def gather(list ranges, Py_ssize_t places):
    """Samples of all ranges by place; see the twin."""
    cdef Gather* made = new Gather(places)
    cdef const int64_t[::1] positions, lengths, t, t_at, v_at
    cdef const double[::1] v
    cdef Py_ssize_t i
    cdef int64_t size
    cdef int64_t[::1] offsets, times
    cdef double[::1] values
    try:
        for positions, lengths, t, t_at, v, v_at in ranges:
            _check(t_at, lengths, t.shape[0])
            _check(v_at, lengths, v.shape[0])
            if positions.shape[0] != lengths.shape[0]:
                raise ValueError("ranges differ in length")
            for i in range(positions.shape[0]):
                if positions[i] < 0 or positions[i] >= places:
                    raise ValueError("no such place")
            if t.shape[0] and v.shape[0] and positions.shape[0]:
                made.add(&positions[0], positions.shape[0], &lengths[0], &t[0], &t_at[0], <const uint64_t*> &v[0], &v_at[0])
        offsets_array, size = np.empty(places + 1, np.int64), made.total()
        t_array, v_array = np.empty(max(size, 1), np.int64), np.empty(max(size, 1), np.float64)
        offsets, times, values = offsets_array, t_array, v_array
        with nogil:
            size = made.put(&offsets[0], &times[0], <uint64_t*> &values[0])
        return offsets_array, t_array[:size], v_array[:size]
    finally:
        del made
