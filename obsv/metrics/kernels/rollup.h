// Samples summed up by bucket, and rates over such sums; rollup_plain.py describes them.
#pragma once

#include <cstdint>
#include <cstring>

#include "range_functions.h"

namespace obsv {

constexpr uint64_t STALE_SAMPLE = 0x7FF0000000000002ULL;

inline bool is_stale(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, 8);
  return bits == STALE_SAMPLE;
}

// The last time of the bucket (k * width, (k + 1) * width] that holds a time.
inline int64_t bucket_end(int64_t t, int64_t width) {
  const int64_t past = (t - 1) % width;
  return t - 1 - (past < 0 ? past + width : past) + width;
}

// The samples first..stop of one bucket: how many entries they make, 0 to 2.
struct Bucket {
  int64_t first_real = -1, last_real = -1, stop = 0;
  bool ends_stale = false;

  Bucket(const int64_t* t, const double* v, int64_t from, int64_t n, int64_t width) {
    const int64_t end = bucket_end(t[from], width);
    for (stop = from; stop < n && t[stop] <= end; stop++) {
      if (is_stale(v[stop])) continue;
      if (first_real < 0) first_real = stop;
      last_real = stop;
    }
    ends_stale = last_real != stop - 1;
  }

  int64_t entries() const { return int64_t(last_real >= 0) + int64_t(ends_stale); }
};

inline int64_t count_entries(const int64_t* t, const double* v, int64_t n, int64_t width) {
  int64_t found = 0;
  for (int64_t i = 0; i < n;) {
    const Bucket bucket(t, v, i, n, width);
    found += bucket.entries();
    i = bucket.stop;
  }
  return found;
}

struct Entries {
  int64_t *t, *first_t;
  double *last, *min, *max, *sum, *count, *first, *drops;
  int64_t n = 0;

  void put_real(const int64_t* times, const double* v, const Bucket& bucket) {
    promql::Kahan total;
    double low = v[bucket.first_real], high = low, before = low, fallen = 0;
    int64_t seen = 0;
    for (int64_t i = bucket.first_real; i <= bucket.last_real; i++) {
      const double x = v[i];
      if (is_stale(x)) continue;
      total.add(x);
      if (std::isnan(low) || x < low) low = x;
      if (std::isnan(high) || x > high) high = x;
      if (x < before) fallen += before;
      before = x;
      seen++;
    }
    t[n] = times[bucket.last_real], first_t[n] = times[bucket.first_real];
    last[n] = v[bucket.last_real], first[n] = v[bucket.first_real];
    min[n] = low, max[n] = high, count[n] = double(seen), drops[n] = fallen;
    sum[n++] = std::isinf(total.sum) ? total.sum : total.value();
  }

  void put_stale(int64_t time) {
    double stale;
    std::memcpy(&stale, &STALE_SAMPLE, 8);
    t[n] = first_t[n] = time;
    last[n] = min[n] = max[n] = sum[n] = count[n] = first[n] = drops[n] = stale;
    n++;
  }

  void series(const int64_t* times, const double* v, int64_t samples, int64_t width) {
    for (int64_t i = 0; i < samples;) {
      const Bucket bucket(times, v, i, samples, width);
      if (bucket.last_real >= 0) put_real(times, v, bucket);
      if (bucket.ends_stale) put_stale(times[bucket.stop - 1]);
      i = bucket.stop;
    }
  }
};

// The entries of one series that a rate needs; none of them stale.
struct Rates {
  const int64_t *t, *first_t;
  const double *last, *count, *first, *drops;
};

// As promql::extrapolated, over entries low..high - 1 of a series.
inline bool extrapolated(const Rates& e, int64_t low, int64_t high, int64_t begin, int64_t end, bool is_counter, bool is_rate,
                         double* out) {
  if (low == high) return false;
  double samples = 0;
  for (int64_t i = low; i < high; i++) samples += e.count[i];
  const int64_t from = e.first_t[low], to = e.t[high - 1];
  if (samples < 2 || from >= to) return false;
  double result = e.last[high - 1] - e.first[low];
  if (is_counter)
    for (int64_t i = low; i < high; i++) {
      if (i > low && e.first[i] < e.last[i - 1]) result += e.last[i - 1];
      result += e.drops[i];
    }
  double to_start = double(from - begin) / 1000, to_end = double(end - to) / 1000;
  const double sampled = double(to - from) / 1000, average = sampled / (samples - 1), threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  if (is_counter) {
    double to_zero = to_start;
    if (result > 0 && e.first[low] >= 0) to_zero = sampled * (e.first[low] / result);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (is_rate) factor /= double(end - begin) / 1000;
  *out = result * factor;
  return true;
}

inline void rates_of_series(const Rates& e, int64_t n, int64_t start, int64_t step, int64_t steps, int64_t range, bool is_counter,
                            bool is_rate, double* out, uint8_t* present) {
  int64_t low = 0, high = 0;
  for (int64_t s = 0; s < steps; s++) {
    const int64_t end = start + s * step, begin = end - range;
    while (high < n && e.t[high] <= end) high++;
    while (low < high && e.t[low] <= begin) low++;
    present[s] = extrapolated(e, low, high, begin, end, is_counter, is_rate, out + s);
  }
}

}  // namespace obsv
