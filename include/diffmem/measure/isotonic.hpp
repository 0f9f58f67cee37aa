// SPDX-License-Identifier: MIT
// The falling curve nearest to some values.
#pragma once
#include <span>
#include <vector>

namespace diffmem {

/// The f_1 >= f_2 >= ... that minimise sum_i weights_i (values_i - f_i)^2, by pooling neighbours that rise (pool adjacent
/// violators).  Values that fall already come back as they are.
/// Error if the numbers of values and weights differ, a value is not finite, or a weight is not above 0.
std::vector<double> decreasing_fit(std::span<const double> values, std::span<const double> weights);

}  // namespace diffmem
