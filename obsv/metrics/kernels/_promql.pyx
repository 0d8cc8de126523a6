# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, freethreading_compatible=True
"""Compiled twin of promql_plain: windows, reductions and JSON, with the interpreter's lock released."""

from libc.stdint cimport int64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "range_functions.h" namespace "promql" nogil:
    cdef cppclass Windows:
        Windows(int64_t start, int64_t step, int64_t steps, int64_t range, cbool is_extrapolated, cbool is_rate) except +

    cdef cppclass Scratch:
        pass

    cdef cppclass Reducing:
        void begin(int reduction, int64_t steps) except +
        void add(const double* x, const uint8_t* present)
        cbool finish(double* out, uint8_t* has)

    cbool is_extrapolated(int function)
    void over_series(int function, Windows& windows, const int64_t* t, const double* v, int64_t n, const double* p0,
                     const double* p1, Scratch& scratch, double* out, uint8_t* present)
    void reduce_group(int reduction, const double* values, const uint8_t* present, int64_t steps, const int64_t* rows,
                      int64_t count, double* out, uint8_t* has, Reducing& reducing, vector[double]& column)

cdef extern from "quantiles.h" namespace "promql" nogil:
    cdef cppclass Bucket:
        pass

    cbool quantiles_of(const double* q, const double* bounds, const int64_t* rows, size_t n, const double* values,
                       const uint8_t* present, size_t steps, vector[Bucket]& buckets, double* out, uint8_t* has)

cdef extern from "json_numbers.h" namespace "promql" nogil:
    void write_value(string& out, double v)
    void write_time(string& out, int64_t ms)
    cbool write_points(string& out, const double* values, const uint8_t* present, int64_t start, int64_t step, int64_t steps)
    void write_samples(string& out, const int64_t* t, const double* v, int64_t n)


def range_function(int function, const int64_t[::1] offsets, const int64_t[::1] t, const double[::1] v, int64_t start,
                   int64_t step, int64_t range_ms, const double[::1] p0, const double[::1] p1, double[:, ::1] out,
                   uint8_t[:, ::1] present):
    """One function over the windows (T - range, T] of every series; see the twin."""
    cdef int64_t k = offsets.shape[0] - 1, steps = out.shape[1], i
    cdef Scratch scratch
    if k == 0 or steps == 0 or t.shape[0] == 0:
        return
    cdef Windows* windows = new Windows(start, step, steps, range_ms, is_extrapolated(function), function == 0)
    try:
        with nogil:
            for i in range(k):
                over_series(function, windows[0], &t[0] + offsets[i], &v[0] + offsets[i], offsets[i + 1] - offsets[i], &p0[0],
                            &p1[0], scratch, &out[i, 0], &present[i, 0])
    finally:
        del windows


def reduce_windows(int function, int reduction, const int64_t[::1] offsets, const int64_t[::1] t, const double[::1] v,
                   int64_t start, int64_t step, int64_t range_ms, const double[::1] p0, const double[::1] p1,
                   const int64_t[::1] bounds, const int64_t[::1] rows, double[:, ::1] out, uint8_t[:, ::1] has) -> bool:
    """`range_function` and `reduce_groups` in one go; see the twin."""
    cdef int64_t groups = bounds.shape[0] - 1, steps = out.shape[1], g, i, row
    cdef Scratch scratch
    cdef vector[double] values
    cdef vector[uint8_t] present
    cdef Reducing reducing
    cdef cbool whole = True
    if groups == 0 or steps == 0 or t.shape[0] == 0 or rows.shape[0] == 0:
        return True
    cdef Windows* windows = new Windows(start, step, steps, range_ms, is_extrapolated(function), function == 0)
    try:
        values.resize(steps)
        present.resize(steps)
        with nogil:
            for g in range(groups):
                reducing.begin(reduction, steps)
                for i in range(bounds[g], bounds[g + 1]):
                    row = rows[i]
                    over_series(function, windows[0], &t[0] + offsets[row], &v[0] + offsets[row],
                                offsets[row + 1] - offsets[row], &p0[0], &p1[0], scratch, values.data(), present.data())
                    reducing.add(values.data(), present.data())
                whole = reducing.finish(&out[g, 0], &has[g, 0]) and whole
    finally:
        del windows
    return whole


def reduce_groups(int reduction, const double[:, ::1] values, const uint8_t[:, ::1] present, const int64_t[::1] bounds,
                  const int64_t[::1] rows, double[:, ::1] out, uint8_t[:, ::1] has):
    """Rows reduced by group at every step; see the twin."""
    cdef int64_t groups = bounds.shape[0] - 1, steps = out.shape[1], g
    cdef Reducing reducing
    cdef vector[double] column
    if groups == 0 or steps == 0 or rows.shape[0] == 0:
        return
    with nogil:
        for g in range(groups):
            reduce_group(reduction, &values[0, 0], &present[0, 0], steps, &rows[0] + bounds[g], bounds[g + 1] - bounds[g],
                         &out[g, 0], &has[g, 0], reducing, column)


def classic_quantiles(const double[::1] q, const int64_t[::1] at, const double[::1] bounds, const int64_t[::1] rows,
                      const double[:, ::1] values, const uint8_t[:, ::1] present, double[:, ::1] out, uint8_t[:, ::1] has) -> list:
    """Quantiles of classic histograms at every step; see the twin."""
    cdef int64_t groups = at.shape[0] - 1, steps = out.shape[1], g
    cdef vector[Bucket] buckets
    cdef list forced = []
    cdef cbool is_forced
    if steps == 0 or rows.shape[0] == 0:
        return forced
    for g in range(groups):
        if at[g] == at[g + 1]:
            continue
        with nogil:
            is_forced = quantiles_of(&q[0], &bounds[0] + at[g], &rows[0] + at[g], at[g + 1] - at[g], &values[0, 0],
                                     &present[0, 0], steps, buckets, &out[g, 0], &has[g, 0])
        if is_forced:
            forced.append(g)
    return forced


def format_value(double value) -> str:
    """A sample value as the API writes it."""
    cdef string out
    write_value(out, value)
    return out.decode("ascii")


def format_time(int64_t ms) -> str:
    """A time in seconds as the API writes it."""
    cdef string out
    write_time(out, ms)
    return out.decode("ascii")


def matrix_json(list metrics, const double[:, ::1] values, const uint8_t[:, ::1] present, int64_t start, int64_t step) -> bytes:
    """`[{"metric":…,"values":[…]},…]` of the rows that have a point; `metrics` are encoded label objects."""
    cdef int64_t i, steps = values.shape[1], k = len(metrics)
    cdef string out
    cdef size_t mark
    cdef bytes metric
    out.append(b"[")
    for i in range(k):
        mark = out.size()
        metric = metrics[i]
        if mark > 1:
            out.append(b",")
        out.append(b'{"metric":')
        out.append(<string>metric)
        out.append(b',"values":[')
        with nogil:
            any_point = write_points(out, &values[i, 0], &present[i, 0], start, step, steps)
        if any_point:
            out.append(b"]}")
        else:
            out.resize(mark)
    out.append(b"]")
    return <bytes>out


def vector_json(list metrics, const double[::1] values, int64_t at) -> bytes:
    """`[{"metric":…,"value":[t,"v"]},…]`; `metrics` are encoded label objects."""
    cdef int64_t i, k = len(metrics)
    cdef string out
    cdef bytes metric
    out.append(b"[")
    for i in range(k):
        metric = metrics[i]
        if i:
            out.append(b",")
        out.append(b'{"metric":')
        out.append(<string>metric)
        out.append(b',"value":[')
        write_time(out, at)
        out.append(b',"')
        write_value(out, values[i])
        out.append(b'"]}')
    out.append(b"]")
    return <bytes>out


def samples_json(list metrics, const int64_t[::1] offsets, const int64_t[::1] t, const double[::1] v) -> bytes:
    """The same for raw samples of a range vector."""
    cdef int64_t i, k = len(metrics)
    cdef string out
    cdef bytes metric
    out.append(b"[")
    for i in range(k):
        metric = metrics[i]
        if i:
            out.append(b",")
        out.append(b'{"metric":')
        out.append(<string>metric)
        out.append(b',"values":[')
        with nogil:
            write_samples(out, &t[0] + offsets[i], &v[0] + offsets[i], offsets[i + 1] - offsets[i])
        out.append(b"]}")
    out.append(b"]")
    return <bytes>out
