# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language=c++
"""The compiled head: remote_write requests in, samples out.  `ingest_plain.py` is its twin and says what each call does."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

import numpy as np


cdef extern from "wire.h" namespace "obsv" nogil:
    cdef cppclass Reader:
        Reader()
        Reader(const unsigned char*, const unsigned char*)

cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass string_view:
        string_view()
        string_view(const char*, size_t)

cdef extern from "head.h" namespace "obsv" nogil:
    cdef int REFUSALS

    cdef struct LabelLimits:
        uint32_t labels
        uint32_t name_bytes
        uint32_t value_bytes

    cdef struct Rules:
        int64_t oldest
        int64_t newest
        int64_t late_window
        uint32_t series_limit
        uint32_t hour
        LabelLimits labels

    cdef cppclass Outcome:
        uint64_t accepted
        uint64_t refused[5]
        int first_reason
        int first_fault
        int64_t first_t
        string first_key
        uint64_t beside
        string skips

    cdef cppclass Columns:
        vector[int64_t] offsets
        vector[int64_t] t
        vector[uint64_t] bits

    cdef cppclass CHead "obsv::Head":
        CHead() except +
        void seed(uint64_t, uint64_t)
        cbool prepare(uint32_t, Reader, const Rules&) except +
        cbool replay(uint32_t, Reader, uint32_t, Reader) except +
        void apply() except +
        void abort() except +
        void load(uint32_t, Reader) except +
        cbool freeze() except +
        const vector[uint32_t]& frozen_series()
        uint64_t frozen_samples()
        void columns(const uint32_t*, size_t, Columns&) except +
        void release() except +
        void clear() except +
        cbool gather(const uint32_t*, size_t, int64_t, int64_t, uint64_t, cbool, Columns&) except +
        void keys(uint32_t, uint32_t, string&, vector[uint32_t]&, vector[uint32_t]&) except +
        void newest(const uint32_t*, size_t, int64_t*) except +
        void owners(const uint32_t*, size_t, int64_t*) except +
        uint64_t active(uint32_t) except +
        const Outcome& outcome()
        uint32_t series()
        uint64_t samples()
        uint64_t touched()
        size_t bytes()

cdef extern from "ragged.h" namespace "obsv" nogil:
    cdef cppclass RaggedView:
        const uint32_t* sids
        const int64_t* offsets
        const int64_t* t
        const uint64_t* bits
        size_t k

    cdef cppclass RaggedOut:
        uint32_t* sids
        int64_t* offsets
        int64_t* t
        uint64_t* bits
        size_t k
        size_t n

    void merge_ragged(const RaggedView&, const RaggedView&, RaggedOut&)
    void put_series(string&, string_view, const int64_t*, const uint64_t*, size_t) except +

cdef extern from "label_set.h" namespace "obsv" nogil:
    cdef cppclass LabelPair:
        string_view name
        string_view value

    void put_label(string&, const LabelPair&) except +


cdef inline Reader reader(const unsigned char[::1] data) noexcept:
    if data.shape[0] == 0:
        return Reader(NULL, NULL)
    return Reader(&data[0], &data[0] + data.shape[0])


cdef inline object text(const string& data):
    return PyBytes_FromStringAndSize(data.data(), data.size())


cdef tuple arrays(const Columns& found):
    """(offsets, t, v) as arrays of numpy."""
    cdef Py_ssize_t k = found.offsets.size(), n = found.t.size()
    offsets, t, v = np.empty(k, np.int64), np.empty(n, np.int64), np.empty(n, np.float64)
    cdef int64_t[::1] offsets_view = offsets
    cdef int64_t[::1] t_view = t
    cdef double[::1] v_view = v
    memcpy(&offsets_view[0], found.offsets.data(), k * 8)
    if n:
        memcpy(&t_view[0], found.t.data(), n * 8)
        memcpy(&v_view[0], found.bits.data(), n * 8)
    return offsets, t, v


cdef class Head:
    cdef CHead head

    def __init__(self, bytes seed not None):
        if len(seed) != 16:
            raise ValueError("the seed is 16 bytes")
        self.head.seed(int.from_bytes(seed[:8], "little"), int.from_bytes(seed[8:], "little"))

    def prepare(self, uint32_t org, const unsigned char[::1] body, given):
        cdef Rules rules
        rules.oldest, rules.newest, rules.late_window, rules.series_limit, rules.hour = given[:5]
        rules.labels.labels, rules.labels.name_bytes, rules.labels.value_bytes = given[5:]
        cdef Reader data = reader(body)
        cdef cbool fine
        with nogil:
            fine = self.head.prepare(org, data, rules)
        return fine

    def outcome(self):
        cdef const Outcome* found = &self.head.outcome()
        return (found.accepted, tuple([found.refused[i] for i in range(REFUSALS)]), found.first_reason,
                found.first_fault, found.first_t, text(found.first_key), text(found.skips), found.beside)

    def apply(self):
        with nogil:
            self.head.apply()

    def abort(self):
        with nogil:
            self.head.abort()

    def replay(self, uint32_t org, const unsigned char[::1] body, uint32_t hour, const unsigned char[::1] skips):
        cdef Reader data = reader(body)
        cdef Reader runs = reader(skips)
        cdef cbool fine
        with nogil:
            fine = self.head.replay(org, data, hour, runs)
        return fine

    def load(self, const int64_t[::1] orgs, list keys):
        cdef Py_ssize_t i
        cdef const unsigned char[::1] key
        for i in range(len(keys)):
            key = keys[i]
            self.head.load(<uint32_t>orgs[i], reader(key))

    def freeze(self):
        cdef cbool frozen
        with nogil:
            frozen = self.head.freeze()
        return frozen

    def frozen_series(self):
        cdef const vector[uint32_t]* found = &self.head.frozen_series()
        sids = np.empty(found.size(), np.uint32)
        cdef uint32_t[::1] view = sids
        if found.size():
            memcpy(&view[0], found.data(), found.size() * 4)
        return sids

    def columns(self, const uint32_t[::1] sids):
        cdef Columns found
        cdef const uint32_t* first = &sids[0] if sids.shape[0] else NULL
        cdef size_t k = sids.shape[0]
        with nogil:
            self.head.columns(first, k, found)
        return arrays(found)

    def release(self):
        with nogil:
            self.head.release()

    def clear(self):
        with nogil:
            self.head.clear()

    def gather(self, const uint32_t[::1] sids, int64_t start, int64_t end, uint64_t limit, cbool newest=False):
        cdef Columns found
        cdef cbool fits
        cdef const uint32_t* first = &sids[0] if sids.shape[0] else NULL
        cdef size_t k = sids.shape[0]
        with nogil:
            fits = self.head.gather(first, k, start, end, limit, newest, found)
        if not fits:
            return None
        return arrays(found)

    def keys(self, uint32_t start, uint32_t stop):
        cdef string data
        cdef vector[uint32_t] sizes, orgs
        with nogil:
            self.head.keys(start, stop, data, sizes, orgs)
        cdef list keys = []
        cdef size_t i, at = 0
        owners = np.empty(orgs.size(), np.int64)
        cdef int64_t[::1] owners_view = owners
        for i in range(sizes.size()):
            keys.append(PyBytes_FromStringAndSize(data.data() + at, sizes[i]))
            at += sizes[i]
            owners_view[i] = orgs[i]
        return owners, keys

    def newest(self, const uint32_t[::1] sids):
        out = np.empty(sids.shape[0], np.int64)
        cdef int64_t[::1] view = out
        cdef size_t k = sids.shape[0]
        if k:
            with nogil:
                self.head.newest(&sids[0], k, &view[0])
        return out

    def owners(self, const uint32_t[::1] sids):
        out = np.empty(sids.shape[0], np.int64)
        cdef int64_t[::1] view = out
        cdef size_t k = sids.shape[0]
        if k:
            with nogil:
                self.head.owners(&sids[0], k, &view[0])
        return out

    def active(self, uint32_t org):
        return self.head.active(org)

    @property
    def series(self):
        return self.head.series()

    @property
    def samples(self):
        return self.head.samples()

    @property
    def touched(self):
        return self.head.touched()

    @property
    def frozen_samples(self):
        return self.head.frozen_samples()

    @property
    def memory(self):
        return self.head.bytes()


cdef RaggedView ragged(const uint32_t[::1] sids, const int64_t[::1] offsets, const int64_t[::1] t,
                       const double[::1] v) noexcept:
    cdef RaggedView out
    out.k = sids.shape[0]
    out.sids = &sids[0] if out.k else NULL
    out.offsets = &offsets[0]
    out.t = &t[0] if t.shape[0] else NULL
    out.bits = <const uint64_t*>&v[0] if v.shape[0] else NULL
    return out


def merge(first, second):
    cdef RaggedView a = ragged(first[0], first[1], first[2], first[3])
    cdef RaggedView b = ragged(second[0], second[1], second[2], second[3])
    cdef Py_ssize_t k = a.k + b.k, n = a.offsets[a.k] + b.offsets[b.k]
    sids, offsets = np.empty(k, np.uint32), np.empty(k + 1, np.int64)
    t, v = np.empty(n, np.int64), np.empty(n, np.float64)
    cdef uint32_t[::1] sids_view = sids
    cdef int64_t[::1] offsets_view = offsets
    cdef int64_t[::1] t_view = t
    cdef double[::1] v_view = v
    cdef RaggedOut out
    out.sids = &sids_view[0] if k else NULL
    out.offsets = &offsets_view[0]
    out.t = &t_view[0] if n else NULL
    out.bits = <uint64_t*>&v_view[0] if n else NULL
    with nogil:
        merge_ragged(a, b, out)
    return sids[: out.k], offsets[: out.k + 1], t[: out.n], v[: out.n]


def encode_request(list keys not None, const int64_t[::1] offsets, const int64_t[::1] t, const double[::1] v):
    cdef string out
    cdef Py_ssize_t i
    cdef int64_t start
    cdef bytes key
    cdef const int64_t* times = &t[0] if t.shape[0] else NULL
    cdef const uint64_t* bits = <const uint64_t*>&v[0] if v.shape[0] else NULL
    for i in range(len(keys)):
        key = keys[i]
        start = offsets[i]
        put_series(out, string_view(key, len(key)), times + start, bits + start, offsets[i + 1] - start)
    return text(out)


def encode_labels(dict labels not None):
    cdef string out
    cdef LabelPair pair
    cdef bytes name, value
    for key in sorted(labels):
        name = (<str>key).encode("utf-8", "surrogatepass")
        value = (<str>labels[key]).encode("utf-8", "surrogatepass")
        pair.name, pair.value = string_view(name, len(name)), string_view(value, len(value))
        put_label(out, pair)
    return text(out)
