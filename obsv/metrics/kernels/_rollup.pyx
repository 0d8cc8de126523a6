# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, freethreading_compatible=True
"""Compiled twin of rollup_plain, with the interpreter's lock released."""

from libc.stdint cimport int64_t, uint8_t
from libcpp cimport bool as cbool

import numpy as np


cdef extern from "rollup.h" namespace "obsv" nogil:
    int64_t count_entries(const int64_t* t, const double* v, int64_t n, int64_t width)

    cdef cppclass Entries:
        int64_t* t
        int64_t* first_t
        double* last
        double* min
        double* max
        double* sum
        double* count
        double* first
        double* drops
        void series(const int64_t* t, const double* v, int64_t n, int64_t width)

    cdef cppclass Rates:
        const int64_t* t
        const int64_t* first_t
        const double* last
        const double* count
        const double* first
        const double* drops

    void rates_of_series(const Rates& entries, int64_t n, int64_t start, int64_t step, int64_t steps, int64_t range,
                         cbool is_counter, cbool is_rate, double* out, uint8_t* present)


def roll_up(const int64_t[::1] starts, const int64_t[::1] stops, const int64_t[::1] t, const double[::1] v, int64_t width):
    """Samples of many series by bucket; see the twin."""
    cdef Py_ssize_t i, k = starts.shape[0]
    cdef int64_t total = 0
    if stops.shape[0] != k:
        raise ValueError("starts and stops differ in length")
    if width < 1:
        raise ValueError("a bucket has a width")
    for i in range(k):
        if starts[i] < 0 or stops[i] < starts[i] or stops[i] > t.shape[0] or stops[i] > v.shape[0]:
            raise ValueError("range outside the samples")
    offsets = np.zeros(k + 1, np.int64)
    cdef int64_t[::1] ends = offsets
    cdef const int64_t* times = &t[0] if t.shape[0] else NULL
    cdef const double* values = &v[0] if v.shape[0] else NULL
    if times == NULL or values == NULL:
        k = 0
    with nogil:
        for i in range(k):
            total += count_entries(times + starts[i], values + starts[i], stops[i] - starts[i], width)
            ends[i + 1] = total
    made_t, made_first_t = np.empty(total, np.int64), np.empty(total, np.int64)
    columns = np.empty((7, total), np.float64)
    cdef int64_t[::1] to_t = made_t
    cdef int64_t[::1] to_first_t = made_first_t
    cdef double[:, ::1] to = columns
    cdef Entries out
    if total:
        out.t, out.first_t = &to_t[0], &to_first_t[0]
        out.last, out.min, out.max, out.sum = &to[0, 0], &to[1, 0], &to[2, 0], &to[3, 0]
        out.count, out.first, out.drops = &to[4, 0], &to[5, 0], &to[6, 0]
        with nogil:
            for i in range(k):
                out.series(times + starts[i], values + starts[i], stops[i] - starts[i], width)
    return offsets, made_t, made_first_t, columns


def bucket_rates(const int64_t[::1] offsets, const int64_t[::1] t, const int64_t[::1] first_t, const double[::1] last,
                 const double[::1] count, const double[::1] first, const double[::1] drops, int64_t start, int64_t step,
                 int64_t range_ms, bint is_counter, bint is_rate, double[:, ::1] out, uint8_t[:, ::1] present):
    """rate, increase or delta over windows of whole buckets; see the twin."""
    cdef int64_t k = offsets.shape[0] - 1, steps = out.shape[1], i, at
    cdef Rates entries
    if k == 0 or steps == 0 or t.shape[0] == 0:
        return
    with nogil:
        for i in range(k):
            at = offsets[i]
            entries.t, entries.first_t = &t[0] + at, &first_t[0] + at
            entries.last, entries.count = &last[0] + at, &count[0] + at
            entries.first, entries.drops = &first[0] + at, &drops[0] + at
            rates_of_series(entries, offsets[i + 1] - at, start, step, steps, range_ms, is_counter, is_rate, &out[i, 0],
                            &present[i, 0])
