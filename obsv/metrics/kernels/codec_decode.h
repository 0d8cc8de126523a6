// Bytes to values; codec_encode_plain.py describes them.
#pragma once

#include "codec_wire.h"

namespace obsv {

struct Decoder {
    Reader head;
    Reader tokens;
    Bytes padded;  // the bits with 8 bytes after them, so that a load of 8 is always within
    uint64_t bits_at = 0, bits_end = 0;
    std::vector<int64_t> mantissa;
    const Token* table = token_table();

    Decoder(const uint8_t* packed, int64_t packed_size, const uint8_t* bits, int64_t bits_size)
        : head{packed, packed + packed_size}, tokens{packed, packed + packed_size}, padded(bits, bits + bits_size) {
        uint64_t size = head.varint();
        if (!head.ok || size > uint64_t(head.end - head.at)) {
            head.ok = false;
            return;
        }
        tokens.at = head.at + size;
        head.end = tokens.at;
        bits_end = uint64_t(bits_size);
        padded.resize(bits_size + 8);
    }

    // Samples first..stop of the next series (n samples) go to out; nothing is written if first == stop.
    bool series(int64_t n, int64_t first, int64_t stop, double* out) {
        if (n == 0) return true;
        uint8_t flags = head.byte();
        int exponent = flags & FLAG_FLOAT_BITS ? 0 : head.byte();
        int64_t start = unzigzag(head.varint());
        int64_t centre = n > 1 ? unzigzag(head.varint()) : 0;
        uint64_t divisor = 0, size = 0;
        const uint8_t* token = tokens.at;
        if (!(flags & FLAG_FLAT)) {
            divisor = head.varint();
            size = head.varint();
            if (tokens.end - tokens.at < n - 1) return false;
            tokens.at += n - 1;
        }
        if (!head.ok || exponent > MAX_EXPONENT || size > bits_end - bits_at) return false;
        uint64_t bits_start = bits_at;
        bits_at += size;
        if (first < stop) {
            mantissa.resize(stop);
            mantissa[0] = start;
            if (flags & FLAG_FLAT)
                flat(flags, centre, stop);
            else if (!(flags & FLAG_DELTA ? integers<true>(token, bits_start, centre, divisor, stop)
                                          : integers<false>(token, bits_start, centre, divisor, stop)))
                return false;
            values(flags, exponent, first, stop, out);
        }
        return !(flags & FLAG_ODD) || odd_values(first, stop, out);
    }

    void flat(uint8_t flags, int64_t centre, int64_t stop) {
        for (int64_t i = 1; i < stop; i++)
            mantissa[i] = flags & FLAG_DELTA ? int64_t(uint64_t(mantissa[i - 1]) + uint64_t(centre)) : centre;
    }

    template <bool DELTA>
    bool integers(const uint8_t* token, uint64_t start, int64_t centre, uint64_t divisor, int64_t stop) {
        const uint8_t* data = padded.data();
        uint64_t at = start * 8;
        const uint64_t end = bits_at * 8;
        uint64_t running = uint64_t(mantissa[0]);
        for (int64_t i = 1; i < stop; i++) {
            const Token& kind = table[token[i - 1]];
            if (at + kind.extra > end) return false;
            uint64_t word;
            std::memcpy(&word, data + (at >> 3), 8);
            word >>= at & 7;
            uint64_t size;
            if (__builtin_expect(kind.extra == 64, 0)) {
                uint64_t high;
                std::memcpy(&high, data + (at >> 3) + 4, 8);
                size = (word & 0xFFFFFFFFULL) | ((high >> (at & 7)) << 32);
            } else {
                size = kind.base + (word & ((1ULL << kind.extra) - 1));
            }
            at += kind.extra;
            uint64_t residual = (kind.negative ? 0 - size : size) * divisor + uint64_t(centre);
            running = DELTA ? running + residual : residual;
            mantissa[i] = int64_t(running);
        }
        return true;
    }

    void values(uint8_t flags, int exponent, int64_t first, int64_t stop, double* out) {
        const int64_t* m = mantissa.data() + first;
        const int64_t count = stop - first;
        if (flags & FLAG_FLOAT_BITS) {
            for (int64_t i = 0; i < count; i++) out[i] = double_of(uint64_t(ordered(m[i])));
        } else if (exponent == 0) {
            for (int64_t i = 0; i < count; i++) out[i] = double(m[i]);
        } else {
            const double power = POWERS[exponent];
            for (int64_t i = 0; i < count; i++) out[i] = double(m[i]) / power;
        }
    }

    bool odd_values(int64_t first, int64_t stop, double* out) {
        uint64_t count = head.varint();
        int64_t i = 0;
        for (uint64_t k = 0; k < count && head.ok; k++) {
            i += int64_t(head.varint());
            uint8_t kind = head.byte();
            uint64_t u = kind < ODD_RAW ? ODD_BITS[kind] : head.word();
            if (head.ok && i >= first && i < stop) out[i - first] = double_of(u);
        }
        return head.ok;
    }
};

}  // namespace obsv
