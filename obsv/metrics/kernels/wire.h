// Protobuf wire format: the little of it that remote_write needs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace obsv {

using Byte = unsigned char;

// A window over protobuf bytes.  Every method answers false when the bytes are broken.
struct Reader {
    const Byte* p = nullptr;
    const Byte* end = nullptr;

    Reader() = default;
    Reader(const Byte* from, const Byte* to) : p(from), end(to) {}

    bool more() const { return p < end; }
    size_t left() const { return static_cast<size_t>(end - p); }

    bool varint(uint64_t& out) {
        if (p < end && *p < 0x80) {
            out = *p++;
            return true;
        }
        uint64_t value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (p == end) return false;
            const Byte byte = *p++;
            if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) {
                out = value;
                return true;
            }
        }
        return false;
    }

    bool tag(uint64_t& field, unsigned& wire) {
        uint64_t raw;
        if (!varint(raw)) return false;
        field = raw >> 3;
        wire = raw & 7;
        return field != 0;
    }

    bool chunk(Reader& out) {
        uint64_t size;
        if (!varint(size) || size > left()) return false;
        out = Reader(p, p + size);
        p += size;
        return true;
    }

    bool fixed64(uint64_t& out) {
        if (left() < 8) return false;
        std::memcpy(&out, p, 8);
        p += 8;
        return true;
    }

    bool skip(unsigned wire) {
        uint64_t number;
        Reader inner;
        switch (wire) {
            case 0: return varint(number);
            case 1: return fixed64(number);
            case 2: return chunk(inner);
            case 5:
                if (left() < 4) return false;
                p += 4;
                return true;
            default: return false;  // groups are gone from the format
        }
    }
};

inline std::string_view view(const Reader& reader) {
    return {reinterpret_cast<const char*>(reader.p), reader.left()};
}

inline void put_varint(std::string& out, uint64_t value) {
    while (value > 0x7F) {
        out.push_back(static_cast<char>((value & 0x7F) | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

inline size_t varint_size(uint64_t value) {
    size_t size = 1;
    while (value > 0x7F) {
        value >>= 7;
        size++;
    }
    return size;
}

// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) {
    const Byte* p = reinterpret_cast<const Byte*>(text.data());
    const Byte* end = p + text.size();
    while (p < end) {
        const Byte lead = *p++;
        if (lead < 0x80) continue;
        int more;
        Byte low = 0x80, high = 0xBF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            more = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            more = 2;
            if (lead == 0xE0) low = 0xA0;
            if (lead == 0xED) high = 0x9F;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3;
            if (lead == 0xF0) low = 0x90;
            if (lead == 0xF4) high = 0x8F;
        } else {
            return false;
        }
        for (; more > 0; more--, low = 0x80, high = 0xBF) {
            if (p == end || *p < low || *p > high) return false;
            p++;
        }
    }
    return true;
}

}  // namespace obsv
