# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language=c++
"""The compiled label index.  `labelindex_plain.py` is its twin and says what each call does."""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np


cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass string_view:
        string_view()
        string_view(const char*, size_t)
        const char* data()
        size_t size()

cdef extern from "label_index.h" namespace "obsv" nogil:
    cdef cppclass Reader:
        Reader()
        Reader(const unsigned char*, const unsigned char*)

    cdef cppclass Interner:
        int64_t find(string_view)
        string_view operator[](uint32_t)
        uint32_t size()

    cdef cppclass NameIndex:
        vector[uint32_t] symbols

    cdef cppclass CIndex "obsv::LabelIndex":
        cbool add(uint32_t, Reader) except +
        void forget(uint32_t)
        uint32_t size()
        Interner& symbols()
        const NameIndex* name(uint32_t, string_view)
        int64_t place(uint32_t, string_view, string_view)
        void with_ "with"(uint32_t, string_view, const uint32_t*, size_t, vector[uint32_t]&) except +
        void all(uint32_t, vector[uint32_t]&) except +
        void living(vector[uint32_t]&)
        size_t first(uint32_t)
        size_t last(uint32_t)
        const vector[uint32_t]& labels()
        void distinct(const uint32_t*, size_t, int64_t, vector[uint32_t]&) except +

    void c_combine "obsv::combine"(const uint32_t*, size_t, const uint32_t*, size_t, cbool, vector[uint32_t]&) except +


cdef inline bytes encoded(str text):
    return text.encode("utf-8", "surrogatepass")  # a lone surrogate matches nothing, and must not raise


cdef inline string_view seen(bytes data):
    return string_view(<const char*>data, len(data))


cdef object numbers(const vector[uint32_t]& found):
    cdef Py_ssize_t n = found.size()
    out = np.empty(n, np.uint32)
    cdef uint32_t[::1] view = out
    if n:
        memcpy(&view[0], found.data(), n * 4)
    return out


cdef inline const uint32_t* first_of(const uint32_t[::1] data) noexcept:
    return &data[0] if data.shape[0] else NULL


cdef class LabelIndex:
    cdef CIndex index
    cdef list texts  # symbol -> str, made when first asked for

    def __init__(self):
        self.texts = []

    cdef object text(self, uint32_t symbol):
        cdef string_view found
        if symbol >= <size_t>len(self.texts):
            self.texts.extend([None] * (self.index.symbols().size() - len(self.texts)))
        known = self.texts[symbol]
        if known is None:
            found = self.index.symbols()[symbol]
            known = found.data()[:found.size()].decode("utf-8") if found.size() else ""
            self.texts[symbol] = known
        return known

    def extend(self, const int64_t[::1] orgs, list keys):
        cdef Py_ssize_t i
        cdef bytes key
        cdef const unsigned char* start
        for i in range(len(keys)):
            key = keys[i]
            start = key
            if not self.index.add(<uint32_t>orgs[i], Reader(start, start + len(key))):
                raise ValueError("a series' labels are broken")

    def forget(self, const uint32_t[::1] sids):
        for i in range(sids.shape[0]):
            self.index.forget(sids[i])

    @property
    def size(self):
        return self.index.size()

    def values(self, uint32_t org, str name, uint32_t start):
        cdef bytes raw = encoded(name)
        cdef const NameIndex* found = self.index.name(org, seen(raw))
        if found is NULL:
            return []
        return [self.text(found.symbols[i]) for i in range(start, found.symbols.size())]

    def place(self, uint32_t org, str name, str value):
        cdef bytes raw = encoded(name)
        cdef bytes raw_value = encoded(value)
        return self.index.place(org, seen(raw), seen(raw_value))

    def having(self, uint32_t org, str name, const uint32_t[::1] places):
        cdef vector[uint32_t] out
        cdef bytes raw = encoded(name)
        self.index.with_(org, seen(raw), first_of(places), places.shape[0], out)
        self.index.living(out)
        return numbers(out)

    def all(self, uint32_t org):
        cdef vector[uint32_t] out
        self.index.all(org, out)
        self.index.living(out)
        return numbers(out)

    def labels(self, const uint32_t[::1] sids):
        cdef const vector[uint32_t]* labels = &self.index.labels()
        cdef Py_ssize_t i
        cdef size_t at
        cdef list out = []
        cdef dict one
        for i in range(sids.shape[0]):
            one = {}
            at = self.index.first(sids[i])
            while at < self.index.last(sids[i]):
                one[self.text(labels[0][at])] = self.text(labels[0][at + 1])
                at += 2
            out.append(one)
        return out

    def names_of(self, const uint32_t[::1] sids):
        cdef vector[uint32_t] out
        self.index.distinct(first_of(sids), sids.shape[0], -1, out)
        return [self.text(symbol) for symbol in out]

    def values_of(self, const uint32_t[::1] sids, str name):
        cdef vector[uint32_t] out
        cdef bytes raw = encoded(name)
        cdef int64_t wanted = self.index.symbols().find(seen(raw))
        if wanted >= 0:
            self.index.distinct(first_of(sids), sids.shape[0], wanted, out)
        return [self.text(symbol) for symbol in out]


def combine(const uint32_t[::1] a, const uint32_t[::1] b, cbool common):
    cdef vector[uint32_t] out
    c_combine(first_of(a), a.shape[0], first_of(b), b.shape[0], common, out)
    return numbers(out)
