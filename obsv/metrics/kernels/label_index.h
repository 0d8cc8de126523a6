// Which series have which labels: interned names and values, and per organisation and label the series in order.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "label_set.h"

namespace obsv {

// Strings once each, numbered in order of appearance.
class Interner {
  public:
    uint32_t intern(std::string_view text) {
        const auto found = ids_.find(text);
        if (found != ids_.end()) return found->second;
        if (used_ + text.size() > room_) {
            room_ = std::max<size_t>(text.size(), CHUNK);
            used_ = 0;
            chunks_.push_back(std::make_unique<char[]>(room_));
        }
        char* place = chunks_.back().get() + used_;
        if (!text.empty()) std::memcpy(place, text.data(), text.size());
        used_ += text.size();
        const uint32_t id = static_cast<uint32_t>(texts_.size());
        texts_.emplace_back(place, text.size());
        ids_.emplace(texts_.back(), id);
        return id;
    }

    int64_t find(std::string_view text) const {
        const auto found = ids_.find(text);
        return found == ids_.end() ? -1 : static_cast<int64_t>(found->second);
    }

    std::string_view operator[](uint32_t id) const { return texts_[id]; }
    uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

  private:
    static constexpr size_t CHUNK = 64 * 1024;
    std::vector<std::unique_ptr<char[]>> chunks_;
    size_t used_ = 0, room_ = 0;
    std::vector<std::string_view> texts_;
    std::unordered_map<std::string_view, uint32_t> ids_;
};

// One label name within an organisation.  A value's place is its number in order of appearance.
struct NameIndex {
    std::unordered_map<uint32_t, uint32_t> place_of;
    std::vector<uint32_t> symbols;
    std::vector<std::vector<uint32_t>> postings;

    void add(uint32_t symbol, uint32_t sid) {
        const auto made = place_of.emplace(symbol, static_cast<uint32_t>(symbols.size()));
        if (made.second) {
            symbols.push_back(symbol);
            postings.emplace_back();
        }
        postings[made.first->second].push_back(sid);
    }
};

struct OrgIndex {
    std::unordered_map<uint32_t, NameIndex> names;
    std::vector<uint32_t> all;
};

class LabelIndex {
  public:
    // Series come in order of their ids.
    bool add(uint32_t org, Reader key) {
        if (!parse_labels(key, pairs_)) return false;
        const uint32_t sid = size();
        OrgIndex& own = orgs_[org];
        own.all.push_back(sid);
        for (const LabelPair& pair : pairs_) {
            const uint32_t name = symbols_.intern(pair.name), value = symbols_.intern(pair.value);
            own.names[name].add(value, sid);
            labels_.push_back(name);
            labels_.push_back(value);
        }
        ends_.push_back(labels_.size());
        gone_.push_back(false);
        return true;
    }

    void forget(uint32_t sid) {
        if (sid < size()) gone_[sid] = true;
    }

    uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
    const Interner& symbols() const { return symbols_; }

    const NameIndex* name(uint32_t org, std::string_view text) const {
        const auto own = orgs_.find(org);
        const int64_t symbol = symbols_.find(text);
        if (own == orgs_.end() || symbol < 0) return nullptr;
        const auto found = own->second.names.find(static_cast<uint32_t>(symbol));
        return found == own->second.names.end() ? nullptr : &found->second;
    }

    // Place of a value among its name's, -1 if there is none.
    int64_t place(uint32_t org, std::string_view text, std::string_view value) const {
        const NameIndex* index = name(org, text);
        const int64_t symbol = symbols_.find(value);
        if (!index || symbol < 0) return -1;
        const auto found = index->place_of.find(static_cast<uint32_t>(symbol));
        return found == index->place_of.end() ? -1 : static_cast<int64_t>(found->second);
    }

    // Series, in order, that have one of the values at `places`.
    void with(uint32_t org, std::string_view text, const uint32_t* places, size_t count,
              std::vector<uint32_t>& out) const {
        const NameIndex* index = name(org, text);
        if (!index) return;
        for (size_t i = 0; i < count; i++) {
            const std::vector<uint32_t>& some = index->postings[places[i]];
            out.insert(out.end(), some.begin(), some.end());
        }
        if (count > 1) std::sort(out.begin(), out.end());
    }

    void all(uint32_t org, std::vector<uint32_t>& out) const {
        const auto own = orgs_.find(org);
        if (own != orgs_.end()) out = own->second.all;
    }

    // Leave only series that are not forgotten.
    void living(std::vector<uint32_t>& sids) const {
        sids.erase(std::remove_if(sids.begin(), sids.end(), [this](uint32_t sid) { return gone_[sid]; }), sids.end());
    }

    // A series' labels as (name, value) symbols: [first, last) of `labels()`.
    size_t first(uint32_t sid) const { return sid ? ends_[sid - 1] : 0; }
    size_t last(uint32_t sid) const { return ends_[sid]; }
    const std::vector<uint32_t>& labels() const { return labels_; }

    // Distinct name symbols, or the distinct values of `wanted`, among the given series.
    void distinct(const uint32_t* sids, size_t count, int64_t wanted, std::vector<uint32_t>& out) const {
        std::vector<bool> seen(symbols_.size(), false);
        for (size_t i = 0; i < count; i++) {
            for (size_t at = first(sids[i]); at < last(sids[i]); at += 2) {
                if (wanted >= 0 && labels_[at] != wanted) continue;
                const uint32_t symbol = labels_[wanted < 0 ? at : at + 1];
                if (seen[symbol]) continue;
                seen[symbol] = true;
                out.push_back(symbol);
            }
        }
    }

  private:
    friend class LabelSets;

    Interner symbols_;
    std::unordered_map<uint32_t, OrgIndex> orgs_;
    std::vector<uint32_t> labels_;
    std::vector<size_t> ends_;
    std::vector<bool> gone_;
    std::vector<LabelPair> pairs_;
};

// `a` without what is in `b` (or, with `common`, what is in both); both rising.
inline void combine(const uint32_t* a, size_t na, const uint32_t* b, size_t nb, bool common,
                    std::vector<uint32_t>& out) {
    if (common) {
        std::set_intersection(a, a + na, b, b + nb, std::back_inserter(out));
    } else {
        std::set_difference(a, a + na, b, b + nb, std::back_inserter(out));
    }
}

}  // namespace obsv
