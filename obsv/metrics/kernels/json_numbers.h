// Numbers and points as the Prometheus HTTP API writes them.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

namespace promql {

// Shortest round-trip decimal; exponent form only below 1e-6 and from 1e21 on.
inline void write_value(std::string& out, double v) {
  if (std::isnan(v)) { out += "NaN"; return; }
  if (std::isinf(v)) { out += v > 0 ? "+Inf" : "-Inf"; return; }
  char text[40];
  double size = std::fabs(v);
  bool small = size != 0 && size < 1e-6, large = size >= 1e21;
  if (small || large || size < 9007199254740992.0) {  // 2^53: from here on every double is whole
    auto format = small || large ? std::chars_format::scientific : std::chars_format::fixed;
    auto end = std::to_chars(text, text + sizeof text, v, format);
    out.append(text, end.ptr);
    return;
  }
  // Plain digits of a large number are the shortest ones and then zeros; to_chars would print all of the exact value.
  char* end = std::to_chars(text, text + sizeof text, v, std::chars_format::scientific).ptr;
  char* e = std::find(text, end, 'e');
  int exponent = 0, digits = 0;
  std::from_chars(e + 2, end, exponent);
  for (char* p = text; p < e; p++) {
    if (*p == '.') continue;
    out += *p;
    digits += *p != '-';
  }
  out.append(size_t(exponent + 1 - digits), '0');
}

// Seconds, with exactly three decimals only where the milliseconds are not zero.
inline void write_time(std::string& out, int64_t ms) {
  char text[32];
  bool negative = ms < 0;
  uint64_t size = negative ? uint64_t(-ms) : uint64_t(ms);
  if (negative) out += '-';
  auto end = std::to_chars(text, text + sizeof text, size / 1000);
  out.append(text, end.ptr);
  if (uint64_t rest = size % 1000) {
    char tail[4] = {'.', char('0' + rest / 100), char('0' + rest / 10 % 10), char('0' + rest % 10)};
    out.append(tail, 4);
  }
}

// [[t,"v"],…] of one series' present steps; false when it has none.
inline bool write_points(std::string& out, const double* values, const uint8_t* present, int64_t start, int64_t step, int64_t steps) {
  bool any = false;
  for (int64_t s = 0; s < steps; s++) {
    if (!present[s]) continue;
    out += any ? ",[" : "[";
    any = true;
    write_time(out, start + s * step);
    out += ",\"";
    write_value(out, values[s]);
    out += "\"]";
  }
  return any;
}

// The same for raw samples.
inline void write_samples(std::string& out, const int64_t* t, const double* v, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    out += i ? ",[" : "[";
    write_time(out, t[i]);
    out += ",\"";
    write_value(out, v[i]);
    out += "\"]";
  }
}

}  // namespace promql
