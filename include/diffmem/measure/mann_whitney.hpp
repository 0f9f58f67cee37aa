// SPDX-License-Identifier: MIT
// Whether one sample's values tend to be larger than another's.
#pragma once
#include <cstdint>
#include <span>

namespace diffmem {

/// Mann and Whitney's U as a standard normal number: (U - nm/2) / s, where U counts the pairs with a > b, equal ones by
/// half, and s^2 = nm/12 (n + m + 1 - sum (t^3 - t) / ((n + m)(n + m - 1))) over groups of t equal values.  Positive if
/// `a` tends to be larger; 0 if all values are equal.  No continuity correction.  Error if a sample is empty.
double mann_whitney(std::span<const std::int64_t> a, std::span<const std::int64_t> b);

}  // namespace diffmem
