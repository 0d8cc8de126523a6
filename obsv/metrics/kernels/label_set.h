// A series' label set as remote_write carries it: Label messages under field 1, sorted by name once canonical.
#pragma once
#include <algorithm>
#include <vector>

#include "wire.h"

namespace obsv {

struct LabelLimits {
    uint32_t labels, name_bytes, value_bytes;
};

// Why a label set was refused; the Python side has the words, in this order.
enum LabelFault : int { LABELS_OK, NO_NAME, EMPTY_NAME, REPEATED, NOT_UTF8, TOO_MANY, NAME_LONG, VALUE_LONG };

struct LabelPair {
    std::string_view name, value;
};

inline bool parse_label(Reader message, LabelPair& pair) {
    pair = {};
    while (message.more()) {
        uint64_t field;
        unsigned wire;
        if (!message.tag(field, wire)) return false;
        if (field == 1 || field == 2) {
            Reader text;
            if (wire != 2 || !message.chunk(text)) return false;
            (field == 1 ? pair.name : pair.value) = view(text);
        } else if (!message.skip(wire)) {
            return false;
        }
    }
    return true;
}

// Read the Label messages of `fields` (nothing but field 1) into `pairs`; views point into `fields`.
inline bool parse_labels(Reader fields, std::vector<LabelPair>& pairs) {
    pairs.clear();
    while (fields.more()) {
        uint64_t field;
        unsigned wire;
        Reader message;
        LabelPair pair;
        if (!fields.tag(field, wire) || !fields.chunk(message) || !parse_label(message, pair)) return false;
        pairs.push_back(pair);
    }
    return true;
}

inline void put_label(std::string& out, const LabelPair& pair) {
    const size_t body =
        2 + varint_size(pair.name.size()) + pair.name.size() + varint_size(pair.value.size()) + pair.value.size();
    out.push_back(0x0A);
    put_varint(out, body);
    out.push_back(0x0A);
    put_varint(out, pair.name.size());
    out.append(pair.name);
    out.push_back(0x12);
    put_varint(out, pair.value.size());
    out.append(pair.value);
}

// Sort, drop empty values, check, and write the canonical key.  With `checked` false only the shape is made.
inline LabelFault canonical_key(std::vector<LabelPair>& pairs, const LabelLimits& limits, bool checked,
                                std::string& key) {
    key.clear();
    const auto by_name = [](const LabelPair& a, const LabelPair& b) { return a.name < b.name; };
    for (const LabelPair& pair : pairs)
        if (pair.name.empty()) return EMPTY_NAME;
    pairs.erase(std::remove_if(pairs.begin(), pairs.end(), [](const LabelPair& p) { return p.value.empty(); }),
                pairs.end());
    if (!std::is_sorted(pairs.begin(), pairs.end(), by_name)) std::stable_sort(pairs.begin(), pairs.end(), by_name);
    bool named = false;
    for (size_t i = 0; i < pairs.size(); i++) {
        const LabelPair& pair = pairs[i];
        if (i && pairs[i - 1].name == pair.name) return REPEATED;
        named = named || pair.name == "__name__";
        if (checked) {
            if (pair.name.size() > limits.name_bytes) return NAME_LONG;
            if (pair.value.size() > limits.value_bytes) return VALUE_LONG;
        }
        if (!is_utf8(pair.name) || !is_utf8(pair.value)) return NOT_UTF8;
    }
    if (!named) return NO_NAME;
    if (checked && pairs.size() > limits.labels) return TOO_MANY;
    for (const LabelPair& pair : pairs) put_label(key, pair);
    return LABELS_OK;
}

}  // namespace obsv
