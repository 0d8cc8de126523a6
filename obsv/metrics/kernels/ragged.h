// Ragged columns (series ids, offsets, times, values) and joining two of them.
#pragma once
#include <string>
#include <vector>

#include "wire.h"

namespace obsv {

struct RaggedView {
    const uint32_t* sids;
    const int64_t* offsets;
    const int64_t* t;
    const uint64_t* bits;
    size_t k;
};

struct RaggedOut {
    uint32_t* sids;
    int64_t* offsets;
    int64_t* t;
    uint64_t* bits;
    size_t k = 0, n = 0;

    void put(int64_t time, uint64_t value) {
        t[n] = time;
        bits[n++] = value;
    }

    void copy(const RaggedView& from, int64_t start, int64_t end) {
        const size_t count = static_cast<size_t>(end - start);
        if (!count) return;
        std::memcpy(t + n, from.t + start, count * 8);
        std::memcpy(bits + n, from.bits + start, count * 8);
        n += count;
    }

    void close(uint32_t sid) {
        if (static_cast<int64_t>(n) == offsets[k]) return;
        sids[k++] = sid;
        offsets[k] = static_cast<int64_t>(n);
    }
};

// One series of both sides, each in time order; at one time the sample of `a` stays.
inline void merge_series(const RaggedView& a, size_t i, const RaggedView& b, size_t j, RaggedOut& out) {
    int64_t p = a.offsets[i], q = b.offsets[j];
    const int64_t p_end = a.offsets[i + 1], q_end = b.offsets[j + 1];
    if (p == p_end || q == q_end || a.t[p_end - 1] < b.t[q]) {
        out.copy(a, p, p_end);
        out.copy(b, q, q_end);
        return;
    }
    while (p < p_end && q < q_end) {
        if (a.t[p] <= b.t[q]) {
            if (a.t[p] == b.t[q]) q++;
            out.put(a.t[p], a.bits[p]);
            p++;
        } else {
            out.put(b.t[q], b.bits[q]);
            q++;
        }
    }
    out.copy(a, p, p_end);
    out.copy(b, q, q_end);
}

// Both sides by rising series id; series without samples are left out.
inline void merge_ragged(const RaggedView& a, const RaggedView& b, RaggedOut& out) {
    size_t i = 0, j = 0;
    out.offsets[0] = 0;
    while (i < a.k || j < b.k) {
        if (j == b.k || (i < a.k && a.sids[i] < b.sids[j])) {
            out.copy(a, a.offsets[i], a.offsets[i + 1]);
            out.close(a.sids[i++]);
        } else if (i == a.k || b.sids[j] < a.sids[i]) {
            out.copy(b, b.offsets[j], b.offsets[j + 1]);
            out.close(b.sids[j++]);
        } else {
            merge_series(a, i, b, j, out);
            out.close(a.sids[i]);
            i++;
            j++;
        }
    }
}

// Append one TimeSeries (its label fields ready-made) to a remote_write request.
inline void put_series(std::string& out, std::string_view key, const int64_t* t, const uint64_t* bits, size_t n) {
    size_t size = key.size();
    for (size_t i = 0; i < n; i++) size += 12 + varint_size(static_cast<uint64_t>(t[i]));
    out.push_back(0x0A);
    put_varint(out, size);
    out.append(key);
    for (size_t i = 0; i < n; i++) {
        out.push_back(0x12);
        out.push_back(static_cast<char>(10 + varint_size(static_cast<uint64_t>(t[i]))));
        out.push_back(0x09);
        out.append(reinterpret_cast<const char*>(bits + i), 8);
        out.push_back(0x10);
        put_varint(out, static_cast<uint64_t>(t[i]));
    }
}

}  // namespace obsv
