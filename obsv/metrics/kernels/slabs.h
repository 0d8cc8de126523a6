// Samples in RAM: a chain of small slabs per series and generation, 13 bytes a sample.
#pragma once
#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "series_table.h"

namespace obsv {

struct Sample {
    int64_t t;
    uint64_t bits;  // the double as it came, so that stale markers stay what they are
};

struct __attribute__((packed)) PackedSample {
    int32_t dt;
    uint64_t bits;
};

struct Slab {
    static constexpr uint32_t ROOM = 16;
    int64_t base;
    uint32_t older;  // the slab before this one of the same series
    uint16_t count;
    bool ordered;  // times rise here and in all older slabs, which end before this one begins
    PackedSample samples[ROOM];

    Sample at(uint32_t i) const { return {base + samples[i].dt, samples[i].bits}; }
    int64_t last() const { return base + samples[count - 1].dt; }
};

// Slabs in chunks whose address never changes, so that a frozen generation can be read while another grows.
class SlabPool {
  public:
    static constexpr uint32_t CHUNK = 2048;  // so large that each is mapped by itself, and given back as such

    SlabPool() { chunks_.reserve(MAX_CHUNKS); }
    Slab& operator[](uint32_t slab) { return chunks_[slab / CHUNK][slab % CHUNK]; }
    const Slab& operator[](uint32_t slab) const { return chunks_[slab / CHUNK][slab % CHUNK]; }

    uint32_t take() {
        if (!idle_.empty()) {
            const uint32_t chunk = idle_.back();
            idle_.pop_back();
            return chunk;
        }
        uint32_t chunk = static_cast<uint32_t>(chunks_.size());
        if (!empty_.empty()) {
            chunk = empty_.back();
            empty_.pop_back();
        } else if (chunk == MAX_CHUNKS) {
            throw std::bad_alloc();
        } else {
            chunks_.push_back(nullptr);
        }
        chunks_[chunk].reset(new Slab[CHUNK]);
        live_++;
        return chunk;
    }

    // Take chunks back; memory beyond `keep` idle chunks returns to the system.
    void give(const std::vector<uint32_t>& chunks, size_t keep) {
        for (const uint32_t chunk : chunks) {
            if (idle_.size() < keep) {
                idle_.push_back(chunk);
            } else {
                chunks_[chunk].reset();
                empty_.push_back(chunk);
                live_--;
            }
        }
    }

    size_t bytes() const { return live_ * CHUNK * sizeof(Slab); }

  private:
    static constexpr size_t MAX_CHUNKS = 1 << 15;
    std::vector<std::unique_ptr<Slab[]>> chunks_;
    std::vector<uint32_t> idle_, empty_;
    size_t live_ = 0;
};

// The samples that arrived between two flushes.
class Generation {
  public:
    explicit Generation(SlabPool& pool) : pool_(&pool) {}

    void append(uint32_t sid, int64_t t, uint64_t bits) {
        if (sid >= tails_.size()) tails_.resize(std::max<size_t>(sid + 256, tails_.size() * 5 / 4), NONE);
        uint32_t slab = tails_[sid];
        int64_t dt = 0;
        if (slab == NONE || (*pool_)[slab].count == Slab::ROOM ||
            __builtin_sub_overflow(t, (*pool_)[slab].base, &dt) || dt != static_cast<int32_t>(dt)) {
            if (slab == NONE) touched_.push_back(sid);
            slab = open(slab, t);
            tails_[sid] = slab;
            dt = 0;
        }
        Slab& place = (*pool_)[slab];
        if (place.count && t <= place.last()) place.ordered = false;
        place.samples[place.count++] = {static_cast<int32_t>(dt), bits};
        samples_++;
    }

    // The value stored at `t`, if it is among the newest samples: the walk is bounded, a flood must not make it dear.
    bool find(uint32_t sid, int64_t t, uint64_t& bits) const {
        uint32_t slab = sid < tails_.size() ? tails_[sid] : NONE;
        for (int walked = 0; slab != NONE && walked < 256; walked++) {
            const Slab& place = (*pool_)[slab];
            if (place.ordered && place.last() < t) return false;
            for (uint32_t i = 0; i < place.count; i++) {
                if (place.at(i).t != t) continue;
                bits = place.samples[i].bits;
                return true;
            }
            slab = place.older;
        }
        return false;
    }

    // Add a series' samples within [start, end] to `out`, in order of arrival.
    void read(uint32_t sid, int64_t start, int64_t end, std::vector<Sample>& out) const {
        uint32_t slab = sid < tails_.size() ? tails_[sid] : NONE;
        const size_t from = out.size();
        for (; slab != NONE; slab = (*pool_)[slab].older) {
            const Slab& place = (*pool_)[slab];
            if (place.ordered && place.last() < start) break;
            if (place.ordered && place.base > end) continue;
            for (uint32_t i = place.count; i-- > 0;) {
                const Sample sample = place.at(i);
                if (sample.t >= start && sample.t <= end) out.push_back(sample);
            }
        }
        std::reverse(out.begin() + static_cast<std::ptrdiff_t>(from), out.end());
    }

    void release(size_t keep) {
        pool_->give(chunks_, keep);
        *this = Generation(*pool_);
    }

    std::vector<uint32_t>& touched() { return touched_; }
    uint64_t samples() const { return samples_; }
    size_t bytes() const { return (tails_.capacity() + touched_.capacity()) * 4; }

  private:
    uint32_t open(uint32_t older, int64_t base) {
        if (chunks_.empty() || used_ == SlabPool::CHUNK) {
            chunks_.push_back(pool_->take());
            used_ = 0;
        }
        const uint32_t slab = chunks_.back() * SlabPool::CHUNK + used_++;
        Slab& place = (*pool_)[slab];
        place.base = base;
        place.older = older;
        place.count = 0;
        place.ordered = older == NONE || ((*pool_)[older].ordered && (*pool_)[older].last() < base);
        return slab;
    }

    SlabPool* pool_;
    std::vector<uint32_t> tails_, touched_, chunks_;
    uint32_t used_ = 0;
    uint64_t samples_ = 0;
};

// Make arrival order into time order; of several samples at one time the first to arrive stays.
inline void settle(std::vector<Sample>& samples) {
    const auto not_later = [](const Sample& a, const Sample& b) { return a.t >= b.t; };
    if (std::adjacent_find(samples.begin(), samples.end(), not_later) == samples.end()) return;
    std::stable_sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.t < b.t; });
    samples.erase(std::unique(samples.begin(), samples.end(),
                              [](const Sample& a, const Sample& b) { return a.t == b.t; }),
                  samples.end());
}

}  // namespace obsv
