// Quantiles of classic histograms: cumulative counts by upper bound, step by step.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace promql {

constexpr double ROUNDING = 1e-12;  // buckets that fall by less, relatively, were rounded

struct Bucket {
  double bound, count;
};

// Of buckets by rising bound; `forced` is set where counts fell and were brought up.
inline double classic_quantile(double q, std::vector<Bucket>& buckets, bool& forced) {
  const double nothing = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(q)) return nothing;
  if (q < 0 || q > 1) return q < 0 ? -infinity : infinity;
  const size_t n = buckets.size();
  if (n < 2 || !std::isinf(buckets[n - 1].bound)) return nothing;
  double highest = buckets[0].count;
  for (Bucket& bucket : buckets) {
    highest = std::fmax(highest, bucket.count);
    if (highest - bucket.count > ROUNDING * (std::fabs(highest) + std::fabs(bucket.count))) forced = true;
    bucket.count = highest;
  }
  const double total = buckets[n - 1].count;
  if (total == 0 || std::isnan(total)) return nothing;
  double rank = q * total;
  const size_t at = std::partition_point(buckets.begin(), buckets.end() - 1, [&](const Bucket& b) { return !(b.count >= rank); }) -
                    buckets.begin();
  if (at == n - 1) return buckets[n - 2].bound;
  if (at == 0 && buckets[0].bound <= 0) return buckets[0].bound;
  double begin = 0, count = buckets[at].count;
  if (at > 0) {
    begin = buckets[at - 1].bound;
    count -= buckets[at - 1].count;
    rank -= buckets[at - 1].count;
  }
  return begin + (buckets[at].bound - begin) * (rank / count);
}

// All steps of one histogram, whose buckets are `n` rows of values[., steps] with rising bounds; counts of one bound add up.
inline bool quantiles_of(const double* q, const double* bounds, const int64_t* rows, size_t n, const double* values,
                         const uint8_t* present, size_t steps, std::vector<Bucket>& buckets, double* out, uint8_t* has) {
  bool forced = false;
  for (size_t s = 0; s < steps; s++) {
    buckets.clear();
    for (size_t i = 0; i < n; i++) {
      if (!present[rows[i] * steps + s]) continue;
      const double count = values[rows[i] * steps + s];
      if (!buckets.empty() && buckets.back().bound == bounds[i]) buckets.back().count += count;
      else buckets.push_back({bounds[i], count});
    }
    has[s] = !buckets.empty();
    if (has[s]) out[s] = classic_quantile(q[s], buckets, forced);
  }
  return forced;
}

}  // namespace promql
