// Whole columns of label sets: grouped, sorted and written without an object for each.
#pragma once
#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

#include "label_index.h"

namespace obsv {

// The label sets of some series of an index; unnamed ones go without the labels that say what a metric is.
class LabelSets {
  public:
    LabelSets(const LabelIndex& index, const uint32_t* sids, size_t count, bool named)
        : index_(index), sids_(sids), count_(count) {
        if (named) return;
        for (const char* name : {"__name__", "__type__", "__unit__"}) {
            const int64_t symbol = index.symbols_.find(name);
            if (symbol >= 0) left_out_.push_back(static_cast<uint32_t>(symbol));
        }
    }

    // The group of each row, by (or without) labels of these names, and the first row of each group.
    void group(const std::vector<int64_t>& names, bool without, std::vector<int64_t>& groups,
               std::vector<int64_t>& firsts) const {
        std::unordered_map<std::string, int64_t> found;
        std::vector<uint32_t> key;
        std::string bytes;
        groups.reserve(count_);
        for (size_t row = 0; row < count_; row++) {
            if (without) {
                key.clear();
            } else {
                key.assign(names.size(), NOTHING);
            }
            for (size_t at = first(row); at < last(row); at += 2) {
                const uint32_t name = index_.labels_[at], value = index_.labels_[at + 1];
                if (is_left_out(name)) continue;
                const size_t place = std::find(names.begin(), names.end(), name) - names.begin();
                if (without && place == names.size()) {
                    key.push_back(name);
                    key.push_back(value);
                } else if (!without && place < names.size()) {
                    key[place] = value;
                }
            }
            bytes.assign(reinterpret_cast<const char*>(key.data()), key.size() * sizeof(uint32_t));
            const auto made = found.emplace(bytes, static_cast<int64_t>(firsts.size()));
            if (made.second) firsts.push_back(static_cast<int64_t>(row));
            groups.push_back(made.first->second);
        }
    }

    // Rows in the order of their labels: name and value, one label after the other.
    void order(std::vector<int64_t>& rows) const {
        rows.resize(count_);
        std::iota(rows.begin(), rows.end(), 0);
        std::stable_sort(rows.begin(), rows.end(), [this](int64_t a, int64_t b) { return before(a, b); });
    }

    // Whether all rows have one metric name, so that they stay distinct without it.
    bool one_name() const {
        const int64_t symbol = index_.symbols_.find("__name__");
        int64_t seen = -2;
        for (size_t row = 0; row < count_; row++) {
            int64_t value = -1;
            for (size_t at = first(row); at < last(row); at += 2) {
                const std::string_view name = index_.symbols_[index_.labels_[at]];
                if (index_.labels_[at] == symbol) value = index_.labels_[at + 1];
                else if (name == "__type__" || name == "__unit__") return false;
            }
            if (seen != -2 && seen != value) return false;
            seen = value;
        }
        return true;
    }

    // The labels of a row as a JSON object.
    void json(size_t row, std::string& out) const {
        out.push_back('{');
        bool is_first = true;
        for (size_t at = first(row); at < last(row); at += 2) {
            if (is_left_out(index_.labels_[at])) continue;
            if (!is_first) out.push_back(',');
            is_first = false;
            quote(index_.symbols_[index_.labels_[at]], out);
            out.push_back(':');
            quote(index_.symbols_[index_.labels_[at + 1]], out);
        }
        out.push_back('}');
    }

  private:
    static constexpr uint32_t NOTHING = 0xFFFFFFFF;

    size_t first(size_t row) const { return index_.first(sids_[row]); }
    size_t last(size_t row) const { return index_.last(sids_[row]); }

    bool is_left_out(uint32_t name) const {
        return std::find(left_out_.begin(), left_out_.end(), name) != left_out_.end();
    }

    bool before(int64_t a, int64_t b) const {
        size_t i = first(a), j = first(b);
        while (true) {
            while (i < last(a) && is_left_out(index_.labels_[i])) i += 2;
            while (j < last(b) && is_left_out(index_.labels_[j])) j += 2;
            if (i >= last(a) || j >= last(b)) return i >= last(a) && j < last(b);
            for (size_t part = 0; part < 2; part++) {
                const uint32_t one = index_.labels_[i + part], other = index_.labels_[j + part];
                if (one != other) return index_.symbols_[one] < index_.symbols_[other];
            }
            i += 2;
            j += 2;
        }
    }

    static void quote(std::string_view text, std::string& out) {
        static const char* digits = "0123456789abcdef";
        out.push_back('"');
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                out.push_back('\\');
                out.push_back(c);
            } else if (static_cast<unsigned char>(c) >= 0x20) {
                out.push_back(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (c == '\r') {
                out.append("\\r");
            } else {
                out.append("\\u00");
                out.push_back(digits[c >> 4]);
                out.push_back(digits[c & 15]);
            }
        }
        out.push_back('"');
    }

    const LabelIndex& index_;
    const uint32_t* sids_;
    size_t count_;
    std::vector<uint32_t> left_out_;
};

}  // namespace obsv
