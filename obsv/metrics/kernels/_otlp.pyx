# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language=c++
"""The compiled reader of OTLP messages.  `otlp_plain.py` is its twin and says what each call does."""

from cpython cimport array
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from obsv.metrics.kernels.wire_plain import MOST_FIELDS, BrokenError, CrowdedError

cdef extern from "wire.h" namespace "obsv" nogil:
    cdef cppclass Reader:
        const unsigned char* p
        const unsigned char* end
        Reader()
        Reader(const unsigned char*, const unsigned char*)
        cbool more()
        size_t left()
        cbool varint(uint64_t&)
        cbool tag(uint64_t&, unsigned&)
        cbool chunk(Reader&)
        cbool fixed64(uint64_t&)
        cbool skip(unsigned)

cdef double NAN = float("nan")


cdef Reader window(bytes data, Py_ssize_t at, Py_ssize_t end) except *:
    if not 0 <= at <= end <= PyBytes_GET_SIZE(data):
        raise BrokenError
    cdef const unsigned char* base = <const unsigned char*>PyBytes_AS_STRING(data)
    return Reader(base + at, base + end)


cdef inline bytes text(const unsigned char* start, const unsigned char* stop):
    return PyBytes_FromStringAndSize(<const char*>start, stop - start)


cdef inline double number(const unsigned char* at) noexcept nogil:
    cdef double value
    memcpy(&value, at, 8)
    return value if value == value else NAN


cdef inline uint64_t whole(const unsigned char* at) noexcept nogil:
    cdef uint64_t value
    memcpy(&value, at, 8)
    return value


def fields(bytes data not None, Py_ssize_t at, Py_ssize_t end):
    cdef const unsigned char* base = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Reader message = window(data, at, end), inner
    cdef uint64_t field = 0
    cdef unsigned wire = 0
    cdef const unsigned char* start
    cdef Py_ssize_t most = MOST_FIELDS
    cdef list found = []
    while message.more():
        if not message.tag(field, wire):
            raise BrokenError
        start = message.p
        if wire == 2:
            if not message.chunk(inner):
                raise BrokenError
            start = inner.p
        elif not message.skip(wire):
            raise BrokenError
        if len(found) >= most:
            raise CrowdedError
        found.append((field, wire, start - base, message.p - base))
    return found


cdef struct Outline:
    Py_ssize_t points
    uint64_t temporality
    uint64_t is_monotonic


cdef cbool outline(Reader message, Outline* out) noexcept nogil:
    """What a metric's data say of its points, and how many they are."""
    cdef uint64_t field = 0, value = 0
    cdef unsigned wire = 0
    out.points, out.temporality, out.is_monotonic = 0, 0, 0
    while message.more():
        if not message.tag(field, wire):
            return False
        if wire == 0:
            if not message.varint(value):
                return False
            if field == 2:
                out.temporality = value
            elif field == 3:
                out.is_monotonic = value
        else:
            if not message.skip(wire):
                return False
            out.points += field == 1 and wire == 2
    return True


def metric(bytes data not None, Py_ssize_t at, Py_ssize_t end):
    cdef const unsigned char* base = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Reader message = window(data, at, end), inner, found
    cdef const unsigned char* first = message.p
    cdef const unsigned char* last = message.end
    cdef const unsigned char* before = NULL
    cdef const unsigned char* tag
    cdef uint64_t field = 0, kind = 0
    cdef unsigned wire = 0
    cdef Outline told
    while message.more():
        tag = message.p
        if not message.tag(field, wire):
            raise BrokenError
        if wire == 2 and field in (5, 7, 9, 10, 11):
            if not message.chunk(inner):
                raise BrokenError
            kind, before, found = field, tag, inner
        elif not message.skip(wire):
            raise BrokenError
    if not kind:
        return 0, end, end, b"", 0, 0, False
    if not outline(found, &told):
        raise BrokenError
    header = text(first, before) if found.end == last else text(first, before) + text(found.end, last)
    return kind, found.p - base, found.end - base, header, told.points, told.temporality, told.is_monotonic != 0


cdef class Rows:
    """Collects the rows of one call."""

    cdef list keys
    cdef object columns
    cdef vector[uint64_t] times
    cdef vector[double] values

    def __init__(self, columns):
        self.columns, self.keys = columns, columns.keys

    cdef store(self):
        if self.times.size():
            array.extend_buffer(self.columns.times, <char*>self.times.data(), self.times.size())
            array.extend_buffer(self.columns.values, <char*>self.values.data(), self.values.size())


def numbers(bytes data not None, Py_ssize_t at, Py_ssize_t end, dict known not None, columns, bint is_counter,
            Py_ssize_t most):
    cdef const unsigned char* base = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Reader message = window(data, at, end), point
    cdef uint64_t field = 0, began
    cdef unsigned wire = 0
    cdef const unsigned char* p
    cdef Py_ssize_t size
    cdef unsigned char kind
    cdef list rest = [], begun = []
    cdef Rows rows = Rows(columns)
    while message.more() and most:
        if not message.tag(field, wire):
            raise BrokenError
        if field != 1 or wire != 2:
            if not message.skip(wire):
                raise BrokenError
            continue
        if not message.chunk(point):
            raise BrokenError
        most -= 1
        p, size, began = point.p, point.left(), 0
        if size >= 27 and p[0] == 0x11 and p[9] == 0x19:
            began = whole(p + 1)
            p += 9
        elif size < 18 or p[0] != 0x19:
            rest.append((point.p - base, point.end - base))
            continue
        kind = p[9]
        series = known.get(text(p + 18, point.end)) if kind == 0x21 or kind == 0x31 else None
        if series is None:
            rest.append((point.p - base, point.end - base))
            continue
        if is_counter and 0 < began < whole(p + 1) and began != <uint64_t>series.began:
            begun.append((series, began, len(rows.keys)))
        rows.keys.append(series.key)
        rows.times.push_back(whole(p + 1))
        rows.values.push_back(number(p + 10) if kind == 0x21 else <double><long long>whole(p + 10))
    rows.store()
    return message.p - base, rest, begun


cdef struct Classic:
    uint64_t began
    uint64_t t
    uint64_t count
    const unsigned char* sum
    const unsigned char* buckets
    size_t buckets_size
    const unsigned char* bounds
    size_t bounds_size
    const unsigned char* attributes
    const unsigned char* attributes_end


cdef cbool classic(Reader message, Classic* out) noexcept nogil:
    """Whether a histogram's point is written as exporters write it, without exemplars and flags."""
    cdef uint64_t field = 0, value = 0
    cdef unsigned wire = 0
    cdef Reader inner
    cdef const unsigned char* tag
    out.began = out.t = out.count = 0
    out.sum = out.buckets = out.bounds = out.attributes = out.attributes_end = NULL
    out.buckets_size = out.bounds_size = 0
    while message.more():
        tag = message.p
        if not message.tag(field, wire):
            return False
        if wire == 2:
            if not message.chunk(inner):
                return False
            if field == 9 and (out.attributes == NULL or out.attributes_end == tag):
                out.attributes = out.attributes if out.attributes != NULL else tag
                out.attributes_end = message.p
            elif field == 6 and out.buckets == NULL:
                out.buckets, out.buckets_size = inner.p, inner.left()
            elif field == 7 and out.bounds == NULL:
                out.bounds, out.bounds_size = inner.p, inner.left()
            else:
                return False
        elif wire == 1 and field in (2, 3, 4, 5, 11, 12):
            if field == 5:
                out.sum = message.p
            if not message.fixed64(value):
                return False
            if field == 2:
                out.began = value
            elif field == 3:
                out.t = value
            elif field == 4:
                out.count = value
        else:
            return False
    return out.sum != NULL and out.buckets_size == out.bounds_size + 8 and out.bounds_size % 8 == 0


def histograms(bytes data not None, Py_ssize_t at, Py_ssize_t end, dict known not None, columns, Py_ssize_t most):
    cdef const unsigned char* base = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Reader message = window(data, at, end), point
    cdef uint64_t field = 0, running
    cdef unsigned wire = 0
    cdef Classic found
    cdef bytes layout
    cdef list rest = [], begun = [], sizes = []
    cdef size_t i, buckets
    cdef Rows rows = Rows(columns)
    while message.more() and most:
        if not message.tag(field, wire):
            raise BrokenError
        if field != 1 or wire != 2:
            if not message.skip(wire):
                raise BrokenError
            continue
        if not message.chunk(point):
            raise BrokenError
        most -= 1
        series = known.get(text(found.attributes, found.attributes_end)) if classic(point, &found) else None
        layout = series.layout if series is not None else None
        if (layout is None or <size_t>PyBytes_GET_SIZE(layout) != found.bounds_size
                or memcmp(PyBytes_AS_STRING(layout), found.bounds, found.bounds_size) != 0):
            rest.append((point.p - base, point.end - base))
            continue
        if 0 < found.began < found.t and found.began != <uint64_t>series.began:
            begun.append((series, found.began, len(rows.keys)))
        rows.keys += series.keys
        running, buckets = 0, found.bounds_size // 8
        for i in range(buckets):
            running += whole(found.buckets + 8 * i)
            rows.values.push_back(<double>running)
        rows.values.push_back(<double>found.count)
        rows.values.push_back(<double>found.count)
        rows.values.push_back(number(found.sum))
        rows.times.insert(rows.times.end(), buckets + 3, found.t)
        sizes.append(buckets + 3)
    rows.store()
    return message.p - base, rest, begun, sizes
