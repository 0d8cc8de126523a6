// Column codec of the block store: float64 samples and int64 times of many series <-> compact bytes.
//
// The plain twin must make and read the same bytes; its codec_encode_plain.py describes them.
// Little-endian machines only (every platform that CPython wheels of our dependencies exist for).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "codec_decode.h"
#include "codec_encode.h"

namespace obsv {

// Delta-of-delta varints of one series' times, appended to out.
inline void put_times(Bytes& out, const int64_t* t, int64_t n) {
    int64_t before = 0, step = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t delta = minus(t[i], before);
        put_varint(out, zigzag(minus(delta, step)));
        step = i ? delta : 0;
        before = t[i];
    }
}

inline bool get_times(Reader& in, int64_t* t, int64_t n) {
    uint64_t before = 0, step = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t delta = step + uint64_t(unzigzag(in.varint()));
        before += delta;
        t[i] = int64_t(before);
        step = i ? delta : 0;
    }
    return in.ok;
}

// Groups series with the very same times: index[i] numbers the distinct vectors in order of first appearance.
struct Distinct {
    std::unordered_multimap<uint64_t, int64_t> seen;  // hash -> number
    std::vector<int64_t> first;                       // number -> the series it was first seen at

    int64_t number(const int64_t* t, const int64_t* starts, const int64_t* stops, int64_t i) {
        const int64_t* mine = t + starts[i];
        const int64_t n = stops[i] - starts[i];
        const uint64_t hash = hash_of(mine, n);
        auto [at, end] = seen.equal_range(hash);
        for (; at != end; ++at) {
            const int64_t other = first[at->second];
            if (stops[other] - starts[other] == n && !std::memcmp(mine, t + starts[other], n * 8)) return at->second;
        }
        first.push_back(i);
        seen.emplace(hash, int64_t(first.size()) - 1);
        return int64_t(first.size()) - 1;
    }

    // Four lanes, so that one multiplication need not wait for the other.
    static uint64_t hash_of(const int64_t* t, int64_t n) {
        uint64_t lanes[4] = {uint64_t(n), 1, 2, 3};
        for (int64_t k = 0; k < n; k++) {
            uint64_t& lane = lanes[k & 3];
            lane = (lane ^ uint64_t(t[k])) * 0xFF51AFD7ED558CCDULL;
            lane ^= lane >> 32;
        }
        uint64_t hash = 0;
        for (uint64_t lane : lanes) hash = (hash ^ lane) * 0x9E3779B97F4A7C15ULL;
        return hash ^ (hash >> 29);
    }
};

// Makes the bytes that order label sets well for compression: metric, labels that tell series of one target apart,
// target labels.  A key that is not a list of protobuf Label fields orders as itself.
class SortKeys {
  public:
    explicit SortKeys(const std::vector<std::string>& targets) : targets_(targets) {}

    // Valid until the next call.
    const std::string* of(const char* key, int64_t size) {
        if (!parse(key, size)) made_.assign(key, size);
        return &made_;
    }

  private:
    bool parse(const char* key, int64_t size) {
        const uint8_t* base = reinterpret_cast<const uint8_t*>(key);
        Reader in{base, base + size};
        std::string_view metric;
        own_.clear();
        target_.clear();
        while (in.at < in.end) {
            if (in.byte() != 0x0A) return false;
            in.varint();
            std::string_view name = text(in, 0x0A), value = text(in, 0x12);
            if (!in.ok) return false;
            if (name == "__name__") {
                metric = value;
                continue;
            }
            std::string& to = is_target(name) ? target_ : own_;
            to.append(name).append(1, '\1').append(value).append(1, '\0');
        }
        made_.assign(metric).append(1, '\0').append(own_).append(1, '\0').append(target_);
        return true;
    }

    // The string field with this tag if it comes next, else nothing.
    static std::string_view text(Reader& in, uint8_t tag) {
        if (!in.ok || in.at >= in.end || *in.at != tag) return {};
        in.byte();
        uint64_t length = in.varint();
        if (!in.ok || length > uint64_t(in.end - in.at)) return in.ok = false, std::string_view{};
        std::string_view found(reinterpret_cast<const char*>(in.at), length);
        in.at += length;
        return found;
    }

    bool is_target(std::string_view name) const {
        return std::find(targets_.begin(), targets_.end(), name) != targets_.end();
    }

    std::vector<std::string> targets_;
    std::string own_, target_, made_;
};

}  // namespace obsv
