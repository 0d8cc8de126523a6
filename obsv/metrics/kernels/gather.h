// Which series of a block a read wants, which of their samples, and those of all blocks put together by series.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace obsv {

// Samples first..stop-1 of the times t[0..n) that lie within [start, end]; with `newest` the last of them alone.
inline void clip_times(const int64_t* t, int64_t n, int64_t start, int64_t end, bool newest, int64_t& first, int64_t& stop) {
    stop = n && t[n - 1] <= end ? n : std::upper_bound(t, t + n, end) - t;
    first = n && t[0] >= start ? 0 : std::lower_bound(t, t + stop, start) - t;
    if (newest && stop - first > 1) first = stop - 1;
}

struct SampleRange {
    const int64_t* t;
    const uint64_t* bits;
    int64_t n;
};

// Ranges of samples, each for one of some places, added in the order in which they were written.
class Gather {
  public:
    explicit Gather(size_t places) : places_(places), counts_(places + 1, 0) {}

    void add(const int64_t* places, size_t rows, const int64_t* lengths, const int64_t* t, const int64_t* t_at,
             const uint64_t* bits, const int64_t* bits_at) {
        for (size_t i = 0; i < rows; i++) {
            if (lengths[i] == 0) continue;
            added_.push_back({static_cast<size_t>(places[i]), {t + t_at[i], bits + bits_at[i], lengths[i]}});
            counts_[places[i] + 1]++;
            total_ += lengths[i];
        }
    }

    int64_t total() const { return total_; }

    // Fill in offsets[places + 1] and the samples, times rising by place; gives how many samples there are.  Of several
    // samples at one time the one written first stays.
    int64_t put(int64_t* offsets, int64_t* t, uint64_t* bits) {
        by_place();
        int64_t at = offsets[0] = 0;
        for (size_t place = 0; place < places_; place++) {
            SampleRange* first = ranges_.data() + counts_[place];
            SampleRange* last = ranges_.data() + counts_[place + 1];
            if (is_ordered(first, last)) {
                for (const SampleRange* range = first; range != last; range++) at = copy(*range, t, bits, at);
            } else {
                at = merge(first, last, t, bits, at);
            }
            offsets[place + 1] = at;
        }
        return at;
    }

  private:
    struct Added {
        size_t place;
        SampleRange range;
    };
    struct Sample {
        int64_t t;
        uint64_t bits;
    };

    void by_place() {
        for (size_t place = 0; place < places_; place++) counts_[place + 1] += counts_[place];
        std::vector<size_t> next(counts_.begin(), counts_.end());
        ranges_.resize(added_.size());
        for (const Added& one : added_) ranges_[next[one.place]++] = one.range;
    }

    static bool is_ordered(const SampleRange* first, const SampleRange* last) {
        for (const SampleRange* range = first; range + 1 < last; range++)
            if (range->t[range->n - 1] >= range[1].t[0]) return false;
        return true;
    }

    static int64_t copy(const SampleRange& range, int64_t* t, uint64_t* bits, int64_t at) {
        std::memcpy(t + at, range.t, range.n * sizeof *t);
        std::memcpy(bits + at, range.bits, range.n * sizeof *bits);
        return at + range.n;
    }

    int64_t merge(const SampleRange* first, const SampleRange* last, int64_t* t, uint64_t* bits, int64_t at) {
        samples_.clear();
        for (const SampleRange* range = first; range != last; range++)
            for (int64_t i = 0; i < range->n; i++) samples_.push_back({range->t[i], range->bits[i]});
        std::stable_sort(samples_.begin(), samples_.end(), [](const Sample& a, const Sample& b) { return a.t < b.t; });
        const int64_t begin = at;
        for (const Sample& one : samples_) {
            if (at > begin && t[at - 1] == one.t) continue;
            t[at] = one.t;
            bits[at++] = one.bits;
        }
        return at;
    }

    size_t places_;
    std::vector<int64_t> counts_;  // ranges of each place; later, where they begin
    std::vector<Added> added_;
    std::vector<SampleRange> ranges_;
    std::vector<Sample> samples_;
    int64_t total_ = 0;
};

}  // namespace obsv
