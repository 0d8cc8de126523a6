// All series of the process: canonical label bytes -> dense series id, per organisation.
#pragma once
#include <limits>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "wire.h"

namespace obsv {

constexpr uint32_t NONE = 0xFFFFFFFFu;
constexpr int64_t NEVER = std::numeric_limits<int64_t>::min();

struct Series {
    const Byte* key;
    uint32_t key_size;
    uint32_t hash;       // the low half: enough to grow the table without reading keys again
    uint32_t org;
    uint32_t successor;  // the series that followed this one in a request last time
    uint32_t mark;       // number of the request that touched it last
    uint32_t touch;      // its place among that request's series
    uint32_t hour;       // of its last sample's arrival, 0 = not since start
    int64_t newest;      // time of its newest sample, NEVER = none since start
    uint64_t last_bits;  // and that sample's value
};

// Keyed hash in the manner of wyhash: senders cannot aim for collisions without the seed.
class KeyedHash {
  public:
    void seed(uint64_t a, uint64_t b) {
        a_ = a | 1;
        b_ = b | 1;
    }

    uint64_t operator()(uint32_t org, const Byte* p, size_t size) const {
        uint64_t state = mix(a_ ^ org, b_ ^ size);
        const Byte* end = p + size;
        for (; p + 16 <= end; p += 16) state = mix(load(p, 8) ^ a_ ^ state, load(p + 8, 8) ^ b_);
        const size_t rest = static_cast<size_t>(end - p);
        const uint64_t first = load(p, rest < 8 ? rest : 8);
        const uint64_t second = rest > 8 ? load(p + 8, rest - 8) : 0;
        return mix(mix(first ^ b_ ^ state, second ^ a_) ^ a_, b_);
    }

  private:
    static uint64_t load(const Byte* p, size_t size) {
        uint64_t value = 0;
        std::memcpy(&value, p, size);
        return value;
    }
    static uint64_t mix(uint64_t a, uint64_t b) {
        const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
        return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
    }
    uint64_t a_ = 1, b_ = 1;
};

// Key bytes in chunks that never move; the newest can be taken back.
class KeyArena {
  public:
    const Byte* put(const Byte* data, size_t size) {
        if (chunks_.empty() || used_ + size > chunks_.back().size) {
            chunks_.push_back({std::make_unique<Byte[]>(std::max(size, CHUNK)), std::max(size, CHUNK), used_});
            used_ = 0;
        }
        Byte* place = chunks_.back().data.get() + used_;
        std::memcpy(place, data, size);
        used_ += size;
        return place;
    }

    void take_back(size_t size) {
        used_ -= size;
        if (used_ == 0 && chunks_.size() > 1) {
            used_ = chunks_.back().used_before;
            chunks_.pop_back();
        }
    }

    size_t bytes() const { return chunks_.size() * CHUNK; }

  private:
    static constexpr size_t CHUNK = 256 * 1024;
    struct Chunk {
        std::unique_ptr<Byte[]> data;
        size_t size, used_before;
    };
    std::vector<Chunk> chunks_;
    size_t used_ = 0;
};

class SeriesTable {
  public:
    SeriesTable() : slots_(1024, NONE) {}

    void seed(uint64_t a, uint64_t b) { hash_.seed(a, b); }
    uint32_t size() const { return static_cast<uint32_t>(all_.size()); }
    Series& operator[](uint32_t sid) { return all_[sid]; }
    const Series& operator[](uint32_t sid) const { return all_[sid]; }
    std::vector<Series>& all() { return all_; }

    bool is(uint32_t sid, uint32_t org, const Byte* key, size_t size) const {
        const Series& series = all_[sid];
        return series.key_size == size && series.org == org && std::memcmp(series.key, key, size) == 0;
    }

    uint32_t find(uint32_t org, const Byte* key, size_t size) const {
        const uint32_t hash = static_cast<uint32_t>(hash_(org, key, size));
        for (size_t slot = hash & mask();; slot = (slot + 1) & mask()) {
            const uint32_t sid = slots_[slot];
            if (sid == NONE) return NONE;
            if (all_[sid].hash == hash && is(sid, org, key, size)) return sid;
        }
    }

    uint32_t add(uint32_t org, const Byte* key, size_t size) {
        if (all_.size() * 3 >= slots_.size() * 2) grow();
        if (all_.size() >= NONE - 1) throw std::length_error("no series ids left");
        const uint32_t sid = static_cast<uint32_t>(all_.size());
        const uint32_t hash = static_cast<uint32_t>(hash_(org, key, size));
        const Byte* kept = arena_.put(key, size);
        all_.push_back({kept, static_cast<uint32_t>(size), hash, org, sid + 1, 0, 0, 0, NEVER, 0});
        place(sid);
        return sid;
    }

    // Forget the newest series.  Probing is linear and nothing came after it, so emptying its slot is exact.
    void drop_last() {
        const uint32_t sid = size() - 1;
        size_t slot = all_[sid].hash & mask();
        while (slots_[slot] != sid) slot = (slot + 1) & mask();
        slots_[slot] = NONE;
        arena_.take_back(all_[sid].key_size);
        all_.pop_back();
    }

    size_t bytes() const { return arena_.bytes() + all_.capacity() * sizeof(Series) + slots_.size() * 4; }

  private:
    size_t mask() const { return slots_.size() - 1; }

    void place(uint32_t sid) {
        size_t slot = all_[sid].hash & mask();
        while (slots_[slot] != NONE) slot = (slot + 1) & mask();
        slots_[slot] = sid;
    }

    void grow() {
        slots_.assign(slots_.size() * 2, NONE);
        for (uint32_t sid = 0; sid < all_.size(); sid++) place(sid);
    }

    KeyedHash hash_;
    KeyArena arena_;
    std::vector<Series> all_;
    std::vector<uint32_t> slots_;
};

}  // namespace obsv
