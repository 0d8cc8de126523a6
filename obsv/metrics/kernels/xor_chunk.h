// Float chunks as Prometheus' remote_read streams them, and the checksum of its frames.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace promql {

constexpr int64_t CHUNK_SAMPLES = 120;

// Bits into bytes, the highest bit first.
struct BitWriter {
  std::string& out;
  int free = 0;  // bits of the last byte that are still empty

  void bits(uint64_t value, int count) {
    while (count > 0) {
      if (free == 0) {
        out.push_back(0);
        free = 8;
      }
      int taken = count < free ? count : free;
      uint64_t part = (value >> (count - taken)) & ((1ull << taken) - 1);
      out.back() = char(uint8_t(out.back()) | uint8_t(part << (free - taken)));
      free -= taken;
      count -= taken;
    }
  }

  void varint(uint64_t value) {
    for (; value > 0x7F; value >>= 7) bits((value & 0x7F) | 0x80, 8);
    bits(value, 8);
  }
};

inline void put_varint(std::string& out, uint64_t value) {
  for (; value > 0x7F; value >>= 7) out.push_back(char((value & 0x7F) | 0x80));
  out.push_back(char(value));
}

inline uint64_t zigzag(int64_t value) { return (uint64_t(value) << 1) ^ uint64_t(value >> 63); }

// A change of the distance between samples, in one of five widths.
inline void put_change(BitWriter& w, int64_t value) {
  static const struct { int prefix, length, width; } sizes[] = {{0b10, 2, 14}, {0b110, 3, 17}, {0b1110, 4, 20}};
  if (value == 0) return w.bits(0, 1);
  for (auto& size : sizes)
    if (-((1ll << (size.width - 1)) - 1) <= value && value <= (1ll << (size.width - 1))) {
      w.bits(size.prefix, size.length);
      return w.bits(uint64_t(value), size.width);
    }
  w.bits(0b1111, 4);
  w.bits(uint64_t(value), 64);
}

// What differs of a value from the one before it; the window of bits that differ is kept while it is wide enough.
struct XorWindow {
  int leading = 0xFF, trailing = 0;

  void put(BitWriter& w, uint64_t differs) {
    if (differs == 0) return w.bits(0, 1);
    w.bits(1, 1);
    int lead = __builtin_clzll(differs), trail = __builtin_ctzll(differs);
    if (lead > 31) lead = 31;
    if (leading != 0xFF && lead >= leading && trail >= trailing) {
      w.bits(0, 1);
      return w.bits(differs >> trailing, 64 - leading - trailing);
    }
    leading = lead, trailing = trail;
    int width = 64 - lead - trail;
    w.bits(1, 1);
    w.bits(uint64_t(lead), 5);
    w.bits(uint64_t(width) & 63, 6);  // 0 is 64
    w.bits(differs >> trail, width);
  }
};

inline uint64_t as_bits(double v) {
  uint64_t bits;
  std::memcpy(&bits, &v, 8);
  return bits;
}

inline void put_chunk(std::string& out, const int64_t* t, const double* v, int64_t n) {
  BitWriter w{out};
  XorWindow window;
  w.bits(uint64_t(n), 16);
  int64_t distance = 0;
  for (int64_t i = 0; i < n; i++) {
    if (i == 0) {
      w.varint(zigzag(t[0]));
      w.bits(as_bits(v[0]), 64);
      continue;
    }
    int64_t now = t[i] - t[i - 1];
    if (i == 1) w.varint(uint64_t(now));
    else put_change(w, now - distance);
    distance = now;
    window.put(w, as_bits(v[i]) ^ as_bits(v[i - 1]));
  }
}

// Field 2 of ChunkedSeries for every stretch of samples: Chunk{1 first ms, 2 last ms, 3 type (1 = XOR), 4 data}.
inline void put_chunks(std::string& out, const int64_t* t, const double* v, int64_t n) {
  std::string data, message;
  for (int64_t at = 0; at < n; at += CHUNK_SAMPLES) {
    int64_t count = n - at < CHUNK_SAMPLES ? n - at : CHUNK_SAMPLES;
    data.clear(), message.clear();
    put_chunk(data, t + at, v + at, count);
    message.push_back(0x08), put_varint(message, uint64_t(t[at]));
    message.push_back(0x10), put_varint(message, uint64_t(t[at + count - 1]));
    message.push_back(0x18), message.push_back(1);
    message.push_back(0x22), put_varint(message, data.size());
    message += data;
    out.push_back(0x12), put_varint(out, message.size());
    out += message;
  }
}

// CRC-32C (Castagnoli), eight bytes at a time.
inline uint32_t crc32c(const unsigned char* p, size_t size) {
  static const auto tables = [] {
    std::array<std::array<uint32_t, 256>, 8> made{};
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0x82F63B78u : value >> 1;
      made[0][i] = value;
    }
    for (uint32_t i = 0; i < 256; i++)
      for (int table = 1; table < 8; table++)
        made[table][i] = (made[table - 1][i] >> 8) ^ made[0][made[table - 1][i] & 0xFF];
    return made;
  }();
  uint32_t crc = 0xFFFFFFFFu;
  for (; size >= 8; p += 8, size -= 8) {
    uint32_t low = crc ^ (uint32_t(p[0]) | uint32_t(p[1]) << 8 | uint32_t(p[2]) << 16 | uint32_t(p[3]) << 24);
    crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^ tables[4][low >> 24] ^
          tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
  }
  for (; size; p++, size--) crc = tables[0][(crc ^ *p) & 0xFF] ^ crc >> 8;
  return ~crc;
}

}  // namespace promql
