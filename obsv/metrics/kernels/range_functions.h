// Range-vector functions over one series' window.  Semantics: Prometheus 3 (left-open windows, extrapolation, Kahan sums).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace promql {

enum Function : int {
  RATE, INCREASE, DELTA, IRATE, IDELTA, SUM, AVG, MIN, MAX, COUNT, LAST, FIRST, PRESENT, STDDEV, STDVAR, QUANTILE, MAD,
  CHANGES, RESETS, DERIV, PREDICT_LINEAR, SMOOTH, TS_OF_MIN, TS_OF_MAX, TS_OF_FIRST, TS_OF_LAST
};

struct Kahan {
  double sum = 0, c = 0;
  void add(double x) {
    double t = sum + x;
    if (std::isinf(t)) c = 0;
    else if (std::fabs(sum) >= std::fabs(x)) c += (sum - t) + x;
    else c += (x - t) + sum;
    sum = t;
  }
  double value() const { return sum + c; }
};

struct Window {
  const int64_t* t;
  const double* v;
  int64_t n;
  int64_t begin_ms, end_ms;  // (begin, end]
  bool may_reset = true;     // false where it is known that no value is below the one before it
};

inline double extrapolated(const Window& w, bool is_counter, bool is_rate) {
  double result = w.v[w.n - 1] - w.v[0];
  if (is_counter && w.may_reset)
    for (int64_t i = 1; i < w.n; i++)
      if (w.v[i] < w.v[i - 1]) result += w.v[i - 1];
  double to_start = double(w.t[0] - w.begin_ms) / 1000, to_end = double(w.end_ms - w.t[w.n - 1]) / 1000;
  double sampled = double(w.t[w.n - 1] - w.t[0]) / 1000, average = sampled / double(w.n - 1), threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  if (is_counter) {
    double to_zero = to_start;
    if (result > 0 && w.v[0] >= 0) to_zero = sampled * (w.v[0] / result);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (is_rate) factor /= double(w.end_ms - w.begin_ms) / 1000;
  return result * factor;
}

inline bool instant_delta(const Window& w, bool is_rate, double* out) {
  double last = w.v[w.n - 1], before = w.v[w.n - 2];
  double result = (is_rate && last < before) ? last : last - before;
  int64_t ms = w.t[w.n - 1] - w.t[w.n - 2];
  if (ms == 0) return false;
  *out = is_rate ? result / (double(ms) / 1000) : result;
  return true;
}

inline double average(const Window& w) {
  Kahan plain;
  for (int64_t i = 0; i < w.n; i++) plain.add(w.v[i]);
  if (!std::isinf(plain.sum)) return plain.sum / double(w.n) + plain.c / double(w.n);
  double mean = 0, c = 0;  // the sum overflows: go on from mean to mean
  for (int64_t i = 0; i < w.n; i++) {
    double x = w.v[i], k = double(i + 1);
    if (std::isinf(mean)) {
      if (std::isinf(x) && ((mean > 0) == (x > 0))) continue;
      if (!std::isinf(x) && !std::isnan(x)) continue;
    }
    double correction = (k - 1) / k, y = x / k, a = mean * correction;
    c *= correction;
    double t = a + y;
    if (std::isinf(t)) c = 0;
    else if (std::fabs(a) >= std::fabs(y)) c += (a - t) + y;
    else c += (y - t) + a;
    mean = t;
  }
  return mean + c;
}

inline double variance(const double* v, int64_t n) {
  double count = 0, mean = 0, mean_c = 0, aux = 0, aux_c = 0;
  auto add = [](double x, double& sum, double& c) {
    double t = sum + x;
    if (std::isinf(t)) c = 0;
    else if (std::fabs(sum) >= std::fabs(x)) c += (sum - t) + x;
    else c += (x - t) + sum;
    sum = t;
  };
  for (int64_t i = 0; i < n; i++) {
    count++;
    double d = v[i] - (mean + mean_c);
    add(d / count, mean, mean_c);
    add(d * (v[i] - (mean + mean_c)), aux, aux_c);
  }
  return (aux + aux_c) / count;
}

inline double quantile(double q, std::vector<double>& v) {
  if (v.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  // NaN sorts below every number, as in Prometheus.
  std::sort(v.begin(), v.end(), [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  double n = double(v.size()), rank = q * (n - 1);
  int64_t lower = int64_t(std::max(0.0, std::floor(rank))), upper = int64_t(std::min(n - 1, double(lower + 1)));
  double weight = rank - std::floor(rank);
  return v[lower] * (1 - weight) + v[upper] * weight;
}

inline void regression(const Window& w, int64_t origin_ms, double* slope, double* intercept) {
  Kahan x_sum, y_sum, xy_sum, xx_sum;
  bool constant = true;
  for (int64_t i = 0; i < w.n; i++) {
    if (w.v[i] != w.v[0]) constant = false;
    double x = double(w.t[i] - origin_ms) / 1000;
    x_sum.add(x), y_sum.add(w.v[i]), xy_sum.add(x * w.v[i]), xx_sum.add(x * x);
  }
  if (constant) {
    bool infinite = std::isinf(w.v[0]);
    *slope = infinite ? std::numeric_limits<double>::quiet_NaN() : 0;
    *intercept = infinite ? std::numeric_limits<double>::quiet_NaN() : w.v[0];
    return;
  }
  double n = double(w.n), sx = x_sum.value(), sy = y_sum.value();
  double cov = xy_sum.value() - sx * sy / n, var = xx_sum.value() - sx * sx / n;
  *slope = cov / var;
  *intercept = sy / n - *slope * sx / n;
}

inline double smooth(const Window& w, double sf, double tf) {
  double s0 = 0, s1 = w.v[0], b = w.v[1] - w.v[0];
  for (int64_t i = 1; i < w.n; i++) {
    double x = sf * w.v[i];
    if (i > 1) b = tf * (s1 - s0) + (1 - tf) * b;
    double y = (1 - sf) * (s1 + b);
    s0 = s1;
    s1 = x + y;
  }
  return s1;
}

inline bool evaluate(int function, const Window& w, double p0, double p1, std::vector<double>& scratch, double* out) {
  if (w.n == 0) return false;
  switch (function) {
    case RATE: case INCREASE: case DELTA:
      if (w.n < 2) return false;
      *out = extrapolated(w, function != DELTA, function == RATE);
      return true;
    case IRATE: case IDELTA: return w.n >= 2 && instant_delta(w, function == IRATE, out);
    case SUM: { Kahan k; for (int64_t i = 0; i < w.n; i++) k.add(w.v[i]); *out = std::isinf(k.sum) ? k.sum : k.value(); return true; }
    case AVG: *out = average(w); return true;
    case MIN: case TS_OF_MIN: case MAX: case TS_OF_MAX: {
      bool low = function == MIN || function == TS_OF_MIN, last = function == TS_OF_MIN || function == TS_OF_MAX;
      int64_t best = 0;
      for (int64_t i = 1; i < w.n; i++) {
        double x = w.v[i], y = w.v[best];
        if (std::isnan(y) || (low ? x < y : x > y) || (last && x == y)) best = i;
      }
      *out = last ? double(w.t[best]) / 1000 : w.v[best];
      return true;
    }
    case COUNT: *out = double(w.n); return true;
    case LAST: *out = w.v[w.n - 1]; return true;
    case FIRST: *out = w.v[0]; return true;
    case PRESENT: *out = 1; return true;
    case STDDEV: *out = std::sqrt(variance(w.v, w.n)); return true;
    case STDVAR: *out = variance(w.v, w.n); return true;
    case QUANTILE: scratch.assign(w.v, w.v + w.n); *out = quantile(p0, scratch); return true;
    case MAD: {
      if (std::any_of(w.v, w.v + w.n, [](double x) { return std::isnan(x); })) {
        *out = std::numeric_limits<double>::quiet_NaN();
        return true;
      }
      scratch.assign(w.v, w.v + w.n);
      double median = quantile(0.5, scratch);
      for (int64_t i = 0; i < w.n; i++) scratch[i] = std::fabs(w.v[i] - median);
      *out = quantile(0.5, scratch);
      return true;
    }
    case CHANGES: case RESETS: {
      int64_t count = 0;
      for (int64_t i = 1; i < w.n; i++) {
        double a = w.v[i - 1], b = w.v[i];
        count += function == RESETS ? b < a : (b != a && !(std::isnan(a) && std::isnan(b)));
      }
      *out = double(count);
      return true;
    }
    case DERIV: case PREDICT_LINEAR: {
      if (w.n < 2) return false;
      double slope, intercept;
      regression(w, function == DERIV ? w.t[0] : w.end_ms + int64_t(p1), &slope, &intercept);
      *out = function == DERIV ? slope : slope * p0 + intercept;
      return true;
    }
    case SMOOTH: if (w.n < 2) return false; *out = smooth(w, p0, p1); return true;
    case TS_OF_FIRST: *out = double(w.t[0]) / 1000; return true;
    case TS_OF_LAST: *out = double(w.t[w.n - 1]) / 1000; return true;
  }
  return false;
}

// All windows of one series; two cursors walk on, so the cost is O(samples + steps) plus the windows' own.
inline void over_series(int function, const int64_t* t, const double* v, int64_t n, int64_t start, int64_t step, int64_t steps,
                        int64_t range, const double* p0, const double* p1, std::vector<double>& scratch, double* out, uint8_t* present) {
  int64_t lo = 0, hi = 0;
  int64_t reset = -1;  // the newest sample before `hi` that is below the one before it
  for (int64_t s = 0; s < steps; s++) {
    int64_t end = start + s * step, begin = end - range;
    for (; hi < n && t[hi] <= end; hi++)
      if (hi && v[hi] < v[hi - 1]) reset = hi;
    while (lo < hi && t[lo] <= begin) lo++;
    Window w{t + lo, v + lo, hi - lo, begin, end, reset > lo};
    present[s] = evaluate(function, w, p0[s], p1[s], scratch, out + s);
  }
}

// Newest sample no older than `lookback` (left-open); a stale marker there means none.
inline void instant_series(const int64_t* t, const double* v, int64_t n, int64_t start, int64_t step, int64_t steps, int64_t lookback,
                           bool want_time, double* out, uint8_t* present) {
  const uint64_t stale = 0x7FF0000000000002ULL;
  int64_t hi = 0;
  for (int64_t s = 0; s < steps; s++) {
    int64_t at = start + s * step;
    while (hi < n && t[hi] <= at) hi++;
    if (hi == 0 || t[hi - 1] <= at - lookback) continue;
    uint64_t bits;
    std::memcpy(&bits, v + hi - 1, 8);
    if (bits == stale) continue;
    out[s] = want_time ? double(t[hi - 1]) / 1000 : v[hi - 1];
    present[s] = 1;
  }
}

enum Reduction : int { R_SUM, R_AVG, R_MIN, R_MAX, R_COUNT, R_GROUP, R_STDDEV, R_STDVAR };

// One value a step and what goes with it, over the rows of a group that were seen so far.
struct Reducing {
  std::vector<double> best, carry, column;
  std::vector<int64_t> n;

  void begin(int64_t steps) {
    best.assign(steps, 0);
    carry.assign(steps, 0);
    n.assign(steps, 0);
  }
};

// Rows of one group, listed by `rows`, reduced at every step; row after row, as they lie in memory.
inline void reduce_group(int reduction, const double* values, const uint8_t* present, int64_t steps, const int64_t* rows, int64_t count,
                         double* out, uint8_t* has, Reducing& r) {
  r.begin(steps);
  for (int64_t i = 0; i < count; i++) {
    const double* x = values + rows[i] * steps;
    const uint8_t* there = present + rows[i] * steps;
    for (int64_t s = 0; s < steps; s++) {
      if (!there[s]) continue;
      double& best = r.best[s];
      switch (reduction) {
        case R_SUM: case R_AVG: {
          Kahan kahan{best, r.carry[s]};
          kahan.add(x[s]);
          best = kahan.sum, r.carry[s] = kahan.c;
          break;
        }
        case R_MIN: if (r.n[s] == 0 || x[s] < best || std::isnan(best)) best = x[s]; break;
        case R_MAX: if (r.n[s] == 0 || x[s] > best || std::isnan(best)) best = x[s]; break;
        default: break;
      }
      r.n[s]++;
    }
  }
  auto column = [&](int64_t s) {
    r.column.clear();
    for (int64_t i = 0; i < count; i++)
      if (present[rows[i] * steps + s]) r.column.push_back(values[rows[i] * steps + s]);
    return r.column.data();
  };
  for (int64_t s = 0; s < steps; s++) {
    const int64_t n = r.n[s];
    has[s] = n > 0;
    if (n == 0) continue;
    const double best = r.best[s];
    switch (reduction) {
      case R_SUM: out[s] = std::isinf(best) ? best : best + r.carry[s]; break;
      case R_AVG:
        if (!std::isinf(best)) out[s] = best / double(n) + r.carry[s] / double(n);
        else out[s] = average(Window{nullptr, column(s), n, 0, 0});
        break;
      case R_STDDEV: out[s] = std::sqrt(variance(column(s), n)); break;
      case R_STDVAR: out[s] = variance(column(s), n); break;
      case R_COUNT: out[s] = double(n); break;
      case R_GROUP: out[s] = 1; break;
      default: out[s] = best;
    }
  }
}

}  // namespace promql
