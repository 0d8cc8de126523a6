# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, freethreading_compatible=True
"""Compiled twin of xor_chunk_plain: chunks of float samples, and CRC-32C."""

from libc.stdint cimport int64_t, uint32_t
from libcpp.string cimport string


cdef extern from "xor_chunk.h" namespace "promql" nogil:
    void put_chunks(string& out, const int64_t* t, const double* v, int64_t n)
    uint32_t crc32c_of "promql::crc32c"(const unsigned char* p, size_t size)


def chunks(const int64_t[::1] t, const double[::1] v) -> bytes:
    """The samples of one series as `chunks` of a ChunkedSeries; see the twin."""
    cdef string out
    cdef int64_t n = t.shape[0]
    if n == 0:
        return b""
    with nogil:
        put_chunks(out, &t[0], &v[0], n)
    return <bytes>out


def crc32c(const unsigned char[::1] data) -> int:
    """CRC-32C of some bytes."""
    cdef uint32_t value
    cdef size_t size = data.shape[0]
    if size == 0:
        return 0
    with nogil:
        value = crc32c_of(&data[0], size)
    return value
