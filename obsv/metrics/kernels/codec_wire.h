// What the column codec is made of: constants, varints, bits, tokens.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace obsv {

using Bytes = std::vector<uint8_t>;

constexpr int64_t LITERAL = 31;         // residuals -31..31 are tokens 0..62
constexpr int CLASS_BASE = 63;          // then 4 tokens a bit length: top mantissa bit, sign
constexpr int MIN_BITS = 6, MAX_BITS = 53;
constexpr uint8_t ESCAPE = 255;         // 64 raw bits follow
constexpr int SAMPLE = 31;              // positions looked at to choose the transform and its centre
constexpr int MAX_EXPONENT = 15;
constexpr double MAX_MANTISSA = 9007199254740992.0;  // 2**53
constexpr uint8_t FLAG_DELTA = 1, FLAG_FLOAT_BITS = 2, FLAG_FLAT = 4, FLAG_ODD = 8;
constexpr uint8_t ODD_RAW = 5;

inline const double POWERS[MAX_EXPONENT + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
inline const uint64_t ODD_BITS[ODD_RAW] = {0x7FF0000000000002ULL, 0x7FF8000000000001ULL, 0x7FF0000000000000ULL,
                                           0xFFF0000000000000ULL, 0x8000000000000000ULL};

inline uint64_t bits_of(double x) {
    uint64_t u;
    std::memcpy(&u, &x, 8);
    return u;
}

inline double double_of(uint64_t u) {
    double x;
    std::memcpy(&x, &u, 8);
    return x;
}

inline int bit_length(uint64_t x) { return x ? 64 - __builtin_clzll(x) : 0; }

inline uint64_t magnitude(int64_t x) { return x < 0 ? 0 - uint64_t(x) : uint64_t(x); }

inline int64_t minus(int64_t a, int64_t b) { return int64_t(uint64_t(a) - uint64_t(b)); }

// Maps doubles to integers of the same order (negative ones too); its own inverse.
inline int64_t ordered(int64_t i) { return i ^ int64_t(uint64_t(i >> 63) >> 1); }

inline uint64_t zigzag(int64_t x) { return (uint64_t(x) << 1) ^ uint64_t(x >> 63); }

inline int64_t unzigzag(uint64_t u) { return int64_t(u >> 1) ^ -int64_t(u & 1); }

inline void put_varint(Bytes& out, uint64_t x) {
    while (x > 0x7F) {
        out.push_back(uint8_t(x) | 0x80);
        x >>= 7;
    }
    out.push_back(uint8_t(x));
}

// Reads within bounds; `ok` turns false for good on the first read past the end.
struct Reader {
    const uint8_t* at;
    const uint8_t* end;
    bool ok = true;

    uint8_t byte() {
        if (at >= end) return ok = false, 0;
        return *at++;
    }
    uint64_t varint() {
        uint64_t x = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            uint8_t b = byte();
            x |= uint64_t(b & 0x7F) << shift;
            if (!(b & 0x80)) return x;
        }
        ok = false;
        return 0;
    }
    uint64_t word() {
        if (end - at < 8) return ok = false, 0;
        uint64_t u;
        std::memcpy(&u, at, 8);
        at += 8;
        return u;
    }
};

// Bits, lowest first.  At most 51 bits a call.
struct BitWriter {
    Bytes& out;
    uint64_t pending = 0;
    int held = 0;

    void put(uint64_t x, int count) {
        pending |= x << held;
        held += count;
        while (held >= 8) {
            out.push_back(uint8_t(pending));
            pending >>= 8;
            held -= 8;
        }
    }
    void finish() {
        if (held) out.push_back(uint8_t(pending));
        pending = 0;
        held = 0;
    }
};

// What a token stands for: magnitude = base + (extra bits), negative if `negative`.
struct Token {
    uint64_t base;
    uint8_t extra;
    bool negative;
};

inline const Token* token_table() {
    static const std::vector<Token> table = [] {
        std::vector<Token> made(256, Token{0, 64, false});
        for (int64_t q = -LITERAL; q <= LITERAL; q++) made[q + LITERAL] = Token{magnitude(q), 0, q < 0};
        for (int length = MIN_BITS; length <= MAX_BITS; length++)
            for (int low = 0; low < 4; low++)
                made[CLASS_BASE + (length - MIN_BITS) * 4 + low] =
                    Token{(2ULL + (low >> 1)) << (length - 2), uint8_t(length - 2), bool(low & 1)};
        return made;
    }();
    return table.data();
}

}  // namespace obsv
