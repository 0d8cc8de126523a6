// Range-vector functions over one series' window.  Semantics: Prometheus 3 (left-open windows, extrapolation, Kahan sums).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

// Loops over steps are built for processors with wider registers too, where the C library chooses between them at the start.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define PROMQL_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define PROMQL_WIDE
#endif

namespace promql {

enum Function : int {
  RATE, INCREASE, DELTA, IRATE, IDELTA, SUM, AVG, MIN, MAX, COUNT, LAST, FIRST, PRESENT, STDDEV, STDVAR, QUANTILE, MAD,
  CHANGES, RESETS, DERIV, PREDICT_LINEAR, SMOOTH, TS_OF_MIN, TS_OF_MAX, TS_OF_FIRST, TS_OF_LAST,
  INSTANT, INSTANT_TIME  // the newest sample, or its time; none where that is a stale marker
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
};

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
    case IRATE: case IDELTA: return w.n >= 2 && instant_delta(w, function == IRATE, out);
    case SUM: { Kahan k; for (int64_t i = 0; i < w.n; i++) k.add(w.v[i]); *out = std::isinf(k.sum) ? k.sum : k.value(); return true; }
    case AVG: *out = average(w); return true;
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
    default: return false;  // those that over_series does itself
  }
}

// Where the windows (T - range, T] lie among the times of a series, and what rate, increase and delta take from those.
struct Fitted {
  const int64_t* t = nullptr;
  int64_t n = -1;
  std::vector<int32_t> lo, hi;                            // the samples lo..hi-1 of each window
  std::vector<double> to_start, to_end, sampled, factor;  // seconds, and by what a difference is multiplied
  size_t begin = 0, end = 0;                              // the first window with two samples or more, and past the last
  bool have_two = false;                                  // all those between have two as well
};

// Series of one target are sampled at the same times, so windows are fitted once for many: they are kept for times that
// come a second time, as far as there is room.
class Windows {
 public:
  Windows(int64_t start, int64_t step, int64_t steps, int64_t range, bool is_extrapolated, bool is_rate)
      : start_(start), step_(step), steps_(steps), range_(range), is_extrapolated_(is_extrapolated), is_rate_(is_rate) {
    size_t room = 1;
    while (room < MOST_KEPT && room * 2 * size_t(steps) * STEP_BYTES <= MOST_BYTES) room *= 2;
    kept_.resize(room);
    seen_.resize(MOST_KEPT);
  }

  // The windows for these times, which must stay where they are as long as this does.
  const Fitted& fit(const int64_t* t, int64_t n) {
    uint64_t hash = uint64_t(n);
    if (n > 0) hash = ((hash ^ uint64_t(t[0])) * 0x9E3779B97F4A7C15ULL ^ uint64_t(t[n - 1])) * 0x9E3779B97F4A7C15ULL;
    Fitted& kept = kept_[hash >> 32 & (kept_.size() - 1)];
    if (kept.n == n && (t == kept.t || std::memcmp(t, kept.t, size_t(n) * sizeof *t) == 0)) return kept;
    uint64_t& seen = seen_[hash >> 32 & (MOST_KEPT - 1)];
    Fitted& made = seen == hash ? kept : single_;
    seen = hash;
    made.t = t, made.n = n;
    refit(made);
    return made;
  }

  size_t steps() const { return size_t(steps_); }
  int64_t end(size_t s) const { return start_ + int64_t(s) * step_; }
  int64_t range() const { return range_; }
  double rated(double factor) const { return is_rate_ ? factor / (double(range_) / 1000) : factor; }

 private:
  static constexpr size_t MOST_KEPT = 256, MOST_BYTES = 4 << 20, STEP_BYTES = 40;

  void refit(Fitted& f) const {
    f.lo.resize(steps()), f.hi.resize(steps());
    if (is_extrapolated_) f.to_start.resize(steps()), f.to_end.resize(steps()), f.sampled.resize(steps()), f.factor.resize(steps());
    f.begin = f.end = 0;
    size_t with_two = 0;
    int64_t low = std::upper_bound(f.t, f.t + f.n, start_ - range_) - f.t, high = std::upper_bound(f.t + low, f.t + f.n, start_) - f.t;
    for (size_t s = 0; s < steps(); s++) {
      const int64_t end = this->end(s), begin = end - range_;
      while (high < f.n && f.t[high] <= end) high++;
      while (low < high && f.t[low] <= begin) low++;
      f.lo[s] = int32_t(low), f.hi[s] = int32_t(high);
      if (high - low < 2) continue;
      if (with_two++ == 0) f.begin = s;
      f.end = s + 1;
      if (is_extrapolated_) extrapolate(f, s, begin, end);
    }
    f.have_two = with_two == f.end - f.begin;
  }

  void extrapolate(Fitted& f, size_t s, int64_t begin, int64_t end) const {
    const int64_t first = f.t[f.lo[s]], last = f.t[f.hi[s] - 1];
    double before = double(first - begin) / 1000, after = double(end - last) / 1000;
    const double span = double(last - first) / 1000, average = span / double(f.hi[s] - f.lo[s] - 1), threshold = average * 1.1;
    if (before >= threshold) before = average / 2;
    if (after >= threshold) after = average / 2;
    f.to_start[s] = before, f.to_end[s] = after, f.sampled[s] = span;
    f.factor[s] = rated((span + before + after) / span);
  }

  int64_t start_, step_, steps_, range_;
  bool is_extrapolated_, is_rate_;
  std::vector<Fitted> kept_;
  std::vector<uint64_t> seen_;
  Fitted single_;
};

PROMQL_WIDE inline bool has_reset(const double* v, int64_t n) {
  bool found = false;
  for (int64_t i = 1; i < n; i++) found |= v[i] < v[i - 1];
  return found;
}

PROMQL_WIDE inline void multiply(double* out, const double* by, size_t n) {
  for (size_t s = 0; s < n; s++) out[s] *= by[s];
}

// Whether a counter might have been zero within a window's reach to the left.  The product tells, without dividing.
inline bool is_near_zero(double first, double result, double sampled, double to_start) {
  return (result > 0) & (first >= 0) & !(first * sampled > result * to_start * 1.000001);
}

PROMQL_WIDE inline bool any_near_zero(const double* first, const double* result, const double* sampled, const double* to_start, size_t n) {
  bool found = false;
  for (size_t s = 0; s < n; s++) found |= is_near_zero(first[s], result[s], sampled[s], to_start[s]);
  return found;
}

// By what a counter's increase within window s is multiplied: its extrapolation to the left stops where it would be zero.
inline double counter_factor(const Windows& windows, const Fitted& f, size_t s, double first, double result) {
  if (!is_near_zero(first, result, f.sampled[s], f.to_start[s])) return f.factor[s];
  const double to_zero = f.sampled[s] * (first / result);
  if (!(to_zero < f.to_start[s])) return f.factor[s];
  return windows.rated((f.sampled[s] + to_zero + f.to_end[s]) / f.sampled[s]);
}

// rate, increase and delta of one series that has no reset, and no window of less than two samples between others.
inline void extrapolate_plain(const Windows& windows, const Fitted& f, const double* v, bool is_counter, std::vector<double>& first,
                              double* out, uint8_t* present) {
  const size_t n = f.end - f.begin;
  std::memset(present, 0, windows.steps());
  std::memset(present + f.begin, 1, n);
  first.resize(n);
  double* result = out + f.begin;
  for (size_t i = 0; i < n; i++) {
    first[i] = v[f.lo[f.begin + i]];
    result[i] = v[f.hi[f.begin + i] - 1] - first[i];
  }
  if (!is_counter || !any_near_zero(first.data(), result, f.sampled.data() + f.begin, f.to_start.data() + f.begin, n))
    multiply(result, f.factor.data() + f.begin, n);
  else
    for (size_t i = 0; i < n; i++) result[i] *= counter_factor(windows, f, f.begin + i, first[i], result[i]);
}

// rate, increase and delta of one series.
inline void extrapolate_series(const Windows& windows, const Fitted& f, const double* v, bool is_counter, std::vector<double>& scratch,
                               double* out, uint8_t* present) {
  const bool resets = is_counter && has_reset(v, f.n);
  if (f.have_two && !resets) {
    extrapolate_plain(windows, f, v, is_counter, scratch, out, present);
    return;
  }
  int64_t last_reset = resets ? f.n - 1 : -1;  // the newest sample that is below the one before it
  while (last_reset > 0 && !(v[last_reset] < v[last_reset - 1])) last_reset--;
  for (size_t s = 0; s < windows.steps(); s++) {
    const int64_t lo = f.lo[s], hi = f.hi[s];
    present[s] = hi - lo >= 2;
    if (!present[s]) continue;
    double result = v[hi - 1] - v[lo];
    if (lo < last_reset)
      for (int64_t i = lo + 1; i < hi; i++)
        if (v[i] < v[i - 1]) result += v[i - 1];
    out[s] = result * (is_counter ? counter_factor(windows, f, s, v[lo], result) : f.factor[s]);
  }
}

inline bool is_stale(double v) {
  uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits == 0x7FF0000000000002ULL;
}

// Room that is used again from series to series.
struct Scratch {
  std::vector<double> values;
  std::vector<int32_t> places;
};

inline bool is_extrapolated(int function) { return function == RATE || function == INCREASE || function == DELTA; }

// min, max and their times.  Of the samples so far those are kept, from the best on, that are the best of all after them;
// so a sample is looked at about twice, however many windows it is in.  NaN is worse than any number.
template <bool LOW, bool LAST>
inline void extremes(const Fitted& f, const int64_t* t, const double* v, std::vector<int32_t>& best, double* out, uint8_t* present) {
  best.resize(f.n);
  size_t first = 0, size = 0;  // best[first..size)
  int32_t seen = f.lo.empty() ? 0 : f.lo[0];
  for (size_t s = 0; s < f.lo.size(); s++) {
    seen = std::max(seen, f.lo[s]);
    for (; seen < f.hi[s]; seen++) {
      const double x = v[seen];
      while (size > first) {
        const double y = v[best[size - 1]];
        if (!(std::isnan(y) || (LOW ? x < y : x > y) || (LAST && x == y))) break;
        size--;
      }
      best[size++] = seen;
    }
    while (first < size && best[first] < f.lo[s]) first++;
    present[s] = first < size;
    if (present[s]) out[s] = LAST ? double(t[best[first]]) / 1000 : v[best[first]];
  }
}

// All windows of one series.
inline void over_series(int function, Windows& windows, const int64_t* t, const double* v, int64_t n, const double* p0, const double* p1,
                        Scratch& scratch, double* out, uint8_t* present) {
  const Fitted& f = windows.fit(t, n);
  if (is_extrapolated(function)) {
    extrapolate_series(windows, f, v, function != DELTA, scratch.values, out, present);
    return;
  }
  switch (function) {
    case MIN: extremes<true, false>(f, t, v, scratch.places, out, present); return;
    case MAX: extremes<false, false>(f, t, v, scratch.places, out, present); return;
    case TS_OF_MIN: extremes<true, true>(f, t, v, scratch.places, out, present); return;
    case TS_OF_MAX: extremes<false, true>(f, t, v, scratch.places, out, present); return;
  }
  if (function == INSTANT || function == INSTANT_TIME) {
    for (size_t s = 0; s < windows.steps(); s++) {
      const int64_t newest = f.hi[s] - 1;
      present[s] = newest >= f.lo[s] && !is_stale(v[newest]);
      if (present[s]) out[s] = function == INSTANT ? v[newest] : double(t[newest]) / 1000;
    }
    return;
  }
  for (size_t s = 0; s < windows.steps(); s++) {
    const int64_t end = windows.end(s);
    const Window one{t + f.lo[s], v + f.lo[s], f.hi[s] - f.lo[s], end - windows.range(), end};
    present[s] = evaluate(function, one, p0[s], p1[s], scratch.values, out + s);
  }
}

enum Reduction : int { R_SUM, R_AVG, R_MIN, R_MAX, R_COUNT, R_GROUP, R_STDDEV, R_STDVAR };

// Without a branch, so that several steps are added at once.  The carry of a sum that is infinite is never looked at.
inline void add_carrying(double& sum, double& carry, double x) {
  const double total = sum + x;
  carry += std::fabs(sum) >= std::fabs(x) ? (sum - total) + x : (x - total) + sum;
  sum = total;
}

PROMQL_WIDE inline void add_all(double* sum, double* carry, const double* x, size_t n) {
  for (size_t s = 0; s < n; s++) add_carrying(sum[s], carry[s], x[s]);
}

// One value a step, over the rows of a group that were seen so far.
class Reducing {
 public:
  void begin(int reduction, int64_t steps) {
    reduction_ = reduction;
    best_.assign(steps, 0);
    carry_.assign(steps, 0);
    n_.assign(steps, 0);
  }

  void add(const double* x, const uint8_t* present) {
    const size_t steps = n_.size();
    const bool sums = reduction_ == R_SUM || reduction_ == R_AVG;
    for (size_t s = 0; s < steps;) {
      if (!present[s]) {
        s++;
        continue;
      }
      const void* gap = std::memchr(present + s, 0, steps - s);
      const size_t end = gap ? size_t(static_cast<const uint8_t*>(gap) - present) : steps;
      if (sums) add_all(best_.data() + s, carry_.data() + s, x + s, end - s);
      else if (reduction_ == R_MIN || reduction_ == R_MAX) keep_best(x, s, end);
      for (; s < end; s++) n_[s]++;
    }
  }

  // Write what came out; false where an average needs the values one by one, because their sum is beyond a double.
  bool finish(double* out, uint8_t* has) const {
    bool whole = true;
    for (size_t s = 0; s < n_.size(); s++) {
      const double best = best_[s], n = double(n_[s]);
      has[s] = n > 0;
      if (!has[s]) continue;
      switch (reduction_) {
        case R_SUM: out[s] = std::isinf(best) ? best : best + carry_[s]; break;
        case R_AVG: out[s] = best / n + carry_[s] / n; whole = whole && !std::isinf(best); break;
        case R_COUNT: out[s] = n; break;
        case R_GROUP: out[s] = 1; break;
        default: out[s] = best;
      }
    }
    return whole;
  }

 private:
  void keep_best(const double* x, size_t begin, size_t end) {
    const bool low = reduction_ == R_MIN;
    for (size_t s = begin; s < end; s++)
      if (n_[s] == 0 || (low ? x[s] < best_[s] : x[s] > best_[s]) || std::isnan(best_[s])) best_[s] = x[s];
  }

  int reduction_ = R_SUM;
  std::vector<double> best_, carry_;
  std::vector<int32_t> n_;
};

// Rows of one group, listed by `rows`, reduced at every step; row after row, as they lie in memory.
inline void reduce_group(int reduction, const double* values, const uint8_t* present, int64_t steps, const int64_t* rows, int64_t count,
                         double* out, uint8_t* has, Reducing& reducing, std::vector<double>& column) {
  reducing.begin(reduction, steps);
  for (int64_t i = 0; i < count; i++) reducing.add(values + rows[i] * steps, present + rows[i] * steps);
  const bool whole = reducing.finish(out, has);
  const bool spread = reduction == R_STDDEV || reduction == R_STDVAR;
  if (whole && !spread) return;
  for (int64_t s = 0; s < steps; s++) {
    if (!has[s]) continue;
    column.clear();
    for (int64_t i = 0; i < count; i++)
      if (present[rows[i] * steps + s]) column.push_back(values[rows[i] * steps + s]);
    const int64_t n = int64_t(column.size());
    if (!spread) out[s] = average(Window{nullptr, column.data(), n, 0, 0});
    else out[s] = reduction == R_STDDEV ? std::sqrt(variance(column.data(), n)) : variance(column.data(), n);
  }
}

}  // namespace promql
