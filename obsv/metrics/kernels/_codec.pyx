# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled column codec; `codec_plain` is its twin."""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp.string cimport string
from libcpp.vector cimport vector

import numpy as np


cdef extern from "codec.h" namespace "obsv" nogil:
    ctypedef vector[uint8_t] Bytes

    cdef cppclass Reader:
        const uint8_t* at
        const uint8_t* end
        bint ok
        uint64_t varint()

    cdef cppclass Encoder:
        Bytes head
        Bytes tokens
        Bytes bits
        void series(const double* v, int64_t n) except +

    cdef cppclass Decoder:
        Reader head
        Decoder(const uint8_t* packed, int64_t packed_size, const uint8_t* bits, int64_t bits_size) except +
        bint series(int64_t n, int64_t first, int64_t stop, double* out) except +

    cdef cppclass Distinct:
        vector[int64_t] first
        int64_t number(const int64_t* t, const int64_t* starts, const int64_t* stops, int64_t i) except +

    void put_varint(Bytes& out, uint64_t x) except +
    void put_times(Bytes& out, const int64_t* t, int64_t n) except +
    bint get_times(Reader& reader, int64_t* t, int64_t n)
    uint64_t zigzag(int64_t x)
    int64_t unzigzag(uint64_t u)

    cdef cppclass SortKeys:
        SortKeys(const vector[string]& targets) except +
        const string* of(const char* key, int64_t size) except +


cdef bytes _to_bytes(Bytes& data):
    return (<char*> data.data())[:data.size()] if data.size() else b""


def _check_ranges(const int64_t[::1] starts, const int64_t[::1] stops, int64_t size):
    cdef Py_ssize_t i
    if starts.shape[0] != stops.shape[0]:
        raise ValueError("starts and stops differ in length")
    for i in range(starts.shape[0]):
        if starts[i] < 0 or stops[i] < starts[i] or stops[i] > size:
            raise ValueError("range outside the samples")


def encode_chunk(const double[::1] v, const int64_t[::1] starts, const int64_t[::1] stops):
    """The values of series i, `v[starts[i]:stops[i]]`, as (packed, bits)."""
    cdef Encoder encoder
    cdef Bytes packed
    cdef Py_ssize_t i
    _check_ranges(starts, stops, v.shape[0])
    if v.shape[0]:
        with nogil:
            for i in range(starts.shape[0]):
                encoder.series(&v[0] + starts[i], stops[i] - starts[i])
    with nogil:
        put_varint(packed, encoder.head.size())
        packed.insert(packed.end(), encoder.head.begin(), encoder.head.end())
        packed.insert(packed.end(), encoder.tokens.begin(), encoder.tokens.end())
    return _to_bytes(packed), _to_bytes(encoder.bits)


def decode_chunk(
    const uint8_t[::1] packed,
    const uint8_t[::1] bits,
    const int64_t[::1] counts,
    const int64_t[::1] first,
    const int64_t[::1] stop,
    const int64_t[::1] at,
    double[::1] out,
):
    """Write samples first[i]..stop[i] of series i (counts[i] samples in all) to `out[at[i]:]`; none if first == stop."""
    cdef Py_ssize_t i, k = counts.shape[0]
    cdef bint ok = True
    cdef double* base = &out[0] if out.shape[0] else NULL
    if first.shape[0] != k or stop.shape[0] != k or at.shape[0] != k:
        raise ValueError("ranges differ in length")
    for i in range(k):
        if first[i] < 0 or stop[i] < first[i] or stop[i] > counts[i]:
            raise ValueError("range outside the series")
        if first[i] < stop[i] and (at[i] < 0 or at[i] + stop[i] - first[i] > out.shape[0]):
            raise ValueError("range outside the output")
    if packed.shape[0] == 0:
        raise ValueError("malformed chunk")
    cdef Decoder* decoder = new Decoder(
        &packed[0], packed.shape[0], &bits[0] if bits.shape[0] else NULL, bits.shape[0]
    )
    try:
        with nogil:
            ok = decoder.head.ok
            for i in range(k):
                if not ok:
                    break
                ok = decoder.series(counts[i], first[i], stop[i], base + at[i] if first[i] < stop[i] else NULL)
    finally:
        del decoder
    if not ok:
        raise ValueError("malformed chunk")


def encode_times(const int64_t[::1] t, const int64_t[::1] starts, const int64_t[::1] stops):
    """Delta-of-delta varints of the vectors `t[starts[i]:stops[i]]`, one after the other."""
    cdef Bytes out
    cdef Py_ssize_t i
    _check_ranges(starts, stops, t.shape[0])
    if t.shape[0]:
        with nogil:
            for i in range(starts.shape[0]):
                put_times(out, &t[0] + starts[i], stops[i] - starts[i])
    return _to_bytes(out)


def decode_times(const uint8_t[::1] data, const int64_t[::1] counts):
    """The vectors of `encode_times` as one int64 array."""
    cdef Py_ssize_t i
    cdef int64_t total = 0
    cdef bint ok = True
    for i in range(counts.shape[0]):
        if counts[i] < 0 or counts[i] > data.shape[0] - total:  # each time takes a byte at least
            raise ValueError("malformed times")
        total += counts[i]
    result = np.empty(total, dtype=np.int64)
    cdef int64_t[::1] out = result
    cdef Reader reader
    cdef int64_t* to
    if total:
        reader.at = &data[0]
        reader.end = &data[0] + data.shape[0]
        reader.ok = True
        to = &out[0]
        with nogil:
            for i in range(counts.shape[0]):
                ok = ok and get_times(reader, to, counts[i])
                to += counts[i]
    if not ok:
        raise ValueError("malformed times")
    return result


def distinct_times(const int64_t[::1] t, const int64_t[::1] starts, const int64_t[::1] stops):
    """(number of the time vector of each range, the first range that has each vector)."""
    cdef Py_ssize_t i, k = starts.shape[0]
    _check_ranges(starts, stops, t.shape[0])
    numbers = np.empty(k, dtype=np.int64)
    cdef int64_t[::1] out = numbers
    cdef Distinct distinct
    cdef const int64_t* base = &t[0] if t.shape[0] else NULL
    if k:
        with nogil:
            for i in range(k):
                out[i] = distinct.number(base, &starts[0], &stops[0], i)
    first = np.empty(distinct.first.size(), dtype=np.int64)
    cdef int64_t[::1] to = first
    for i in range(<Py_ssize_t> distinct.first.size()):
        to[i] = distinct.first[i]
    return numbers, first


def pack_ints(const int64_t[::1] values):
    """Zigzag varints."""
    cdef Bytes out
    cdef Py_ssize_t i
    with nogil:
        for i in range(values.shape[0]):
            put_varint(out, zigzag(values[i]))
    return _to_bytes(out)


def unpack_ints(const uint8_t[::1] data):
    """All integers of `pack_ints`."""
    cdef Py_ssize_t i, k = 0
    for i in range(data.shape[0]):
        k += data[i] < 0x80
    result = np.empty(k, dtype=np.int64)
    cdef int64_t[::1] out = result
    cdef Reader reader
    if data.shape[0]:
        reader.at = &data[0]
        reader.end = &data[0] + data.shape[0]
        reader.ok = data[data.shape[0] - 1] < 0x80
        for i in range(k):
            out[i] = unzigzag(reader.varint())
        if not reader.ok:
            raise ValueError("malformed integers")
    return result


def first_not_before(const int64_t[::1] t, const int64_t[::1] starts, const int64_t[::1] stops, int64_t time_ms):
    """Where in each stretch `t[starts[i]:stops[i]]` the first time >= `time_ms` is (its stop if there is none)."""
    cdef Py_ssize_t i, k = starts.shape[0]
    cdef int64_t low, high, middle
    if stops.shape[0] != k:
        raise ValueError("stretches differ in length")
    for i in range(k):
        if starts[i] < 0 or stops[i] > t.shape[0]:
            raise ValueError("stretch outside the times")
    found = np.empty(k, np.int64)
    cdef int64_t[::1] out = found
    with nogil:
        for i in range(k):
            low, high = starts[i], stops[i]
            while low < high:
                middle = (low + high) >> 1
                if t[middle] < time_ms:
                    low = middle + 1
                else:
                    high = middle
            out[i] = low
    return found


def sort_keys(list keys, targets):
    """For each canonical label set the bytes to order it by: metric, own labels, then those named in `targets`."""
    cdef vector[string] names
    cdef bytes key
    cdef const string* made
    for name in targets:
        names.push_back(<bytes> name)
    cdef SortKeys* maker = new SortKeys(names)
    result = []
    try:
        for key in keys:
            made = maker.of(key, len(key))
            result.append(made.data()[:made.size()])
        return result
    finally:
        del maker
