// Column codec of the block store: float64 samples and int64 times of many series <-> compact bytes.
//
// The byte format is described in codec_plain.py, the twin that must make and read the same bytes.
// Little-endian machines only (every platform that CPython wheels of our dependencies exist for).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
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

// Delta-of-delta varints of one series' times, appended to out.
inline void put_times(Bytes& out, const int64_t* t, int64_t n) {
    int64_t before = 0, step = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t delta = minus(t[i], before);
        put_varint(out, zigzag(minus(delta, step)));
        step = i ? delta : 0;
        before = t[i];
    }
}

inline bool get_times(Reader& in, int64_t* t, int64_t n) {
    uint64_t before = 0, step = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t delta = step + uint64_t(unzigzag(in.varint()));
        before += delta;
        t[i] = int64_t(before);
        step = i ? delta : 0;
    }
    return in.ok;
}

// Groups series with the very same times: index[i] numbers the distinct vectors in order of first appearance.
struct Distinct {
    std::unordered_multimap<uint64_t, int64_t> seen;  // hash -> number
    std::vector<int64_t> first;                       // number -> the series it was first seen at

    int64_t number(const int64_t* t, const int64_t* starts, const int64_t* stops, int64_t i) {
        const int64_t* mine = t + starts[i];
        const int64_t n = stops[i] - starts[i];
        const uint64_t hash = hash_of(mine, n);
        auto [at, end] = seen.equal_range(hash);
        for (; at != end; ++at) {
            const int64_t other = first[at->second];
            if (stops[other] - starts[other] == n && !std::memcmp(mine, t + starts[other], n * 8)) return at->second;
        }
        first.push_back(i);
        seen.emplace(hash, int64_t(first.size()) - 1);
        return int64_t(first.size()) - 1;
    }

    // Four lanes, so that one multiplication need not wait for the other.
    static uint64_t hash_of(const int64_t* t, int64_t n) {
        uint64_t lanes[4] = {uint64_t(n), 1, 2, 3};
        for (int64_t k = 0; k < n; k++) {
            uint64_t& lane = lanes[k & 3];
            lane = (lane ^ uint64_t(t[k])) * 0xFF51AFD7ED558CCDULL;
            lane ^= lane >> 32;
        }
        uint64_t hash = 0;
        for (uint64_t lane : lanes) hash = (hash ^ lane) * 0x9E3779B97F4A7C15ULL;
        return hash ^ (hash >> 29);
    }
};

// Makes the bytes that order label sets well for compression: metric, labels that tell series of one target apart,
// target labels.  A key that is not a list of protobuf Label fields orders as itself.
class SortKeys {
  public:
    explicit SortKeys(const std::vector<std::string>& targets) : targets_(targets) {}

    // Valid until the next call.
    const std::string* of(const char* key, int64_t size) {
        if (!parse(key, size)) made_.assign(key, size);
        return &made_;
    }

  private:
    bool parse(const char* key, int64_t size) {
        const uint8_t* base = reinterpret_cast<const uint8_t*>(key);
        Reader in{base, base + size};
        std::string_view metric;
        own_.clear();
        target_.clear();
        while (in.at < in.end) {
            if (in.byte() != 0x0A) return false;
            in.varint();
            std::string_view name = text(in, 0x0A), value = text(in, 0x12);
            if (!in.ok) return false;
            if (name == "__name__") {
                metric = value;
                continue;
            }
            std::string& to = is_target(name) ? target_ : own_;
            to.append(name).append(1, '\1').append(value).append(1, '\0');
        }
        made_.assign(metric).append(1, '\0').append(own_).append(1, '\0').append(target_);
        return true;
    }

    // The string field with this tag if it comes next, else nothing.
    static std::string_view text(Reader& in, uint8_t tag) {
        if (!in.ok || in.at >= in.end || *in.at != tag) return {};
        in.byte();
        uint64_t length = in.varint();
        if (!in.ok || length > uint64_t(in.end - in.at)) return in.ok = false, std::string_view{};
        std::string_view found(reinterpret_cast<const char*>(in.at), length);
        in.at += length;
        return found;
    }

    bool is_target(std::string_view name) const {
        return std::find(targets_.begin(), targets_.end(), name) != targets_.end();
    }

    std::vector<std::string> targets_;
    std::string own_, target_, made_;
};

}  // namespace obsv
