# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language=c++
"""The compiled label index.  `labelindex_plain.py` is its twin and says what each call does."""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

import numpy as np

METADATA = ("__name__", "__type__", "__unit__")


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


cdef extern from "label_sets.h" namespace "obsv" nogil:
    cdef cppclass CSets "obsv::LabelSets":
        CSets(const CIndex&, const uint32_t*, size_t, cbool) except +
        void group(const vector[int64_t]&, cbool, vector[int64_t]&, vector[int64_t]&) except +
        void order(vector[int64_t]&) except +
        cbool one_name()
        void json(size_t, string&) except +


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


cdef object long_numbers(const vector[int64_t]& found):
    cdef Py_ssize_t n = found.size()
    out = np.empty(n, np.int64)
    cdef int64_t[::1] view = out
    if n:
        memcpy(&view[0], found.data(), n * 8)
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

    def labels(self, const uint32_t[::1] sids, cbool named=True):
        cdef const vector[uint32_t]* labels = &self.index.labels()
        cdef Py_ssize_t i
        cdef size_t at
        cdef list out = []
        cdef dict one
        for i in range(sids.shape[0]):
            one = {}
            at = self.index.first(sids[i])
            while at < self.index.last(sids[i]):
                name = self.text(labels[0][at])
                if named or name not in METADATA:
                    one[name] = self.text(labels[0][at + 1])
                at += 2
            out.append(one)
        return out

    def group(self, const uint32_t[::1] sids, names, cbool without, cbool named):
        cdef vector[int64_t] symbols, groups, firsts
        cdef bytes raw
        for name in names:
            raw = encoded(name)
            symbols.push_back(self.index.symbols().find(seen(raw)))
        cdef CSets* sets = new CSets(self.index, first_of(sids), sids.shape[0], named)
        try:
            sets.group(symbols, without, groups, firsts)
        finally:
            del sets
        return long_numbers(groups), long_numbers(firsts)

    def order(self, const uint32_t[::1] sids, cbool named):
        cdef vector[int64_t] rows
        cdef CSets* sets = new CSets(self.index, first_of(sids), sids.shape[0], named)
        try:
            sets.order(rows)
        finally:
            del sets
        return long_numbers(rows)

    def one_name(self, const uint32_t[::1] sids):
        cdef CSets* sets = new CSets(self.index, first_of(sids), sids.shape[0], True)
        try:
            return sets.one_name()
        finally:
            del sets

    def json(self, const uint32_t[::1] sids, cbool named):
        cdef list out = []
        cdef string text
        cdef CSets* sets = new CSets(self.index, first_of(sids), sids.shape[0], named)
        try:
            for i in range(sids.shape[0]):
                text.clear()
                sets.json(i, text)
                out.append(text.data()[:text.size()])
        finally:
            del sets
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
