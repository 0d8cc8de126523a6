// Values to bytes; codec_encode_plain.py describes them.
#pragma once

#include <algorithm>
#include <cmath>

#include "codec_wire.h"

namespace obsv {

struct Encoder {
    Bytes head, tokens, bits;
    std::vector<int64_t> mantissa;
    std::vector<int64_t> odd;  // positions of values that the decimal form does not hold

    void series(const double* v, int64_t n) {
        if (n == 0) return;
        mantissa.resize(n);
        int exponent = decimal(v, n);
        uint8_t flags = 0;
        if (exponent < 0) {
            flags |= FLAG_FLOAT_BITS;
            odd.clear();
            for (int64_t i = 0; i < n; i++) mantissa[i] = ordered(int64_t(bits_of(v[i])));
        }
        if (!odd.empty()) flags |= FLAG_ODD;
        integers(n, flags, exponent);
        if (!odd.empty()) odd_values(v);
    }

    // Finds e such that value = integer / 10**e, bit for bit, and fills mantissa and odd; -1 if too few values fit.
    int decimal(const double* v, int64_t n) {
        const size_t allowed = 2 + n / 8;
        int e = 0;
        odd.clear();
        for (int64_t i = 0; i < n; i++) {
            if (exact(v[i], e, mantissa[i])) continue;
            int found = higher_exponent(v[i], e);
            if (found > e)
                e = found;
            else
                odd.push_back(i);
            if (odd.size() > allowed) return -1;
        }
        if (e > 0) {
            odd.clear();
            for (int64_t i = 0; i < n; i++)
                if (!exact(v[i], e, mantissa[i])) odd.push_back(i);
            if (odd.size() > allowed) return -1;
        }
        if (int64_t(odd.size()) == n) return -1;
        fill_odd();
        return e;
    }

    static bool exact(double x, int e, int64_t& m) {
        double scaled = x * POWERS[e];
        if (!(std::fabs(scaled) <= MAX_MANTISSA)) return false;
        m = std::llrint(scaled);
        return bits_of(double(m) / POWERS[e]) == bits_of(x);
    }

    static int higher_exponent(double x, int e) {
        int64_t m;
        if (!std::isfinite(x)) return e;
        for (int f = e + 1; f <= MAX_EXPONENT; f++) {
            if (std::fabs(x * POWERS[f]) > MAX_MANTISSA) return e;
            if (exact(x, f, m)) return f;
        }
        return e;
    }

    // An odd value repeats the mantissa before it (leading ones the first good one), so that it costs no token.
    void fill_odd() {
        if (odd.empty()) return;
        int64_t first = 0;
        for (size_t k = 0; k < odd.size() && odd[k] == first; k++) first++;
        for (int64_t i : odd) mantissa[i] = i < first ? mantissa[first] : mantissa[i - 1];
    }

    void integers(int64_t n, uint8_t flags, int exponent) {
        const int64_t* m = mantissa.data();
        int64_t centre = 0;
        uint64_t divisor = 0;
        if (n > 1) {
            bool delta = choose(m, n, centre);
            if (delta) flags |= FLAG_DELTA;
            residuals(m, n, delta, centre);
            for (int64_t i = 0; i < n - 1 && divisor != 1; i++) divisor = gcd(divisor, magnitude(residual[i]));
        }
        if (divisor == 0) flags |= FLAG_FLAT;
        head.push_back(flags);
        if (!(flags & FLAG_FLOAT_BITS)) head.push_back(uint8_t(exponent));
        put_varint(head, zigzag(m[0]));
        if (n > 1) put_varint(head, zigzag(centre));
        if (divisor == 0) return;
        put_varint(head, divisor);
        size_t before = bits.size();
        emit(n - 1, divisor);
        put_varint(head, bits.size() - before);
    }

    std::vector<int64_t> residual, probe_delta, probe_value;

    // Whether differences are cheaper than the values themselves, judged on some positions; the centre is their median.
    bool choose(const int64_t* m, int64_t n, int64_t& centre) {
        const int64_t stride = (n - 2) / SAMPLE + 1;
        probe_delta.clear();
        probe_value.clear();
        for (int64_t i = 1; i < n; i += stride) {
            probe_delta.push_back(minus(m[i], m[i - 1]));
            probe_value.push_back(m[i]);
        }
        int64_t delta_centre, value_centre;
        int delta_cost = cost(probe_delta, delta_centre), value_cost = cost(probe_value, value_centre);
        bool delta = delta_cost <= value_cost;
        centre = delta ? delta_centre : value_centre;
        return delta;
    }

    static int cost(std::vector<int64_t>& probe, int64_t& centre) {
        auto middle = probe.begin() + probe.size() / 2;
        std::nth_element(probe.begin(), middle, probe.end());
        centre = *middle;
        int total = 0;
        for (int64_t x : probe) total += bit_length(magnitude(minus(x, centre)));
        return total;
    }

    void residuals(const int64_t* m, int64_t n, bool delta, int64_t centre) {
        residual.resize(n - 1);
        for (int64_t i = 1; i < n; i++) residual[i - 1] = minus(delta ? minus(m[i], m[i - 1]) : m[i], centre);
    }

    static uint64_t gcd(uint64_t a, uint64_t b) {
        while (b) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        return a;
    }

    void emit(int64_t n, uint64_t divisor) {
        BitWriter writer{bits};
        size_t at = tokens.size();
        tokens.resize(at + n);
        uint8_t* out = tokens.data() + at;
        for (int64_t i = 0; i < n; i++) {
            int64_t r = residual[i];
            uint64_t size = magnitude(r);
            if (divisor != 1) size /= divisor;
            if (size <= uint64_t(LITERAL)) {
                out[i] = uint8_t(r < 0 ? LITERAL - int64_t(size) : LITERAL + int64_t(size));
                continue;
            }
            int length = bit_length(size);
            if (length > MAX_BITS) {
                out[i] = ESCAPE;
                uint64_t whole = r < 0 ? 0 - size : size;
                writer.put(whole & 0xFFFFFFFFULL, 32);
                writer.put(whole >> 32, 32);
                continue;
            }
            int extra = length - 2;
            out[i] = uint8_t(CLASS_BASE + (length - MIN_BITS) * 4 + int((size >> extra) & 1) * 2 + (r < 0));
            writer.put(size & ((1ULL << extra) - 1), extra);
        }
        writer.finish();
    }

    void odd_values(const double* v) {
        put_varint(head, odd.size());
        int64_t before = 0;
        for (int64_t i : odd) {
            put_varint(head, uint64_t(i - before));
            before = i;
            uint64_t u = bits_of(v[i]);
            uint8_t kind = 0;
            while (kind < ODD_RAW && ODD_BITS[kind] != u) kind++;
            head.push_back(kind);
            if (kind < ODD_RAW) continue;
            for (int k = 0; k < 8; k++) head.push_back(uint8_t(u >> (8 * k)));
        }
    }
};

}  // namespace obsv
