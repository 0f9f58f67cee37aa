// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/measure/isotonic.hpp>

#include <fmt/format.h>

#include <cmath>

namespace diffmem {

std::vector<double> decreasing_fit(std::span<const double> values, std::span<const double> weights) {
  const auto complain = [](const std::string& got, std::string_view want, std::string_view todo) {
    throw Error("decreasing_fit", got, want, todo);
  };
  if (values.size() != weights.size())
    complain(fmt::format("{} values and {} weights", values.size(), weights.size()), "as many",
             "give each one a weight");

  struct Pool {
    double value, weight;
    std::size_t count;
  };
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || !(weights[i] > 0 && std::isfinite(weights[i])))
      complain(fmt::format("value {} of weight {}", values[i], weights[i]), "finite values, weights above 0",
               "leave it out");
    Pool pool{values[i], weights[i], 1};
    for (; !pools.empty() && pools.back().value < pool.value; pools.pop_back()) {
      const Pool& left = pools.back();
      const double weight = left.weight + pool.weight;
      pool = {(left.weight * left.value + pool.weight * pool.value) / weight, weight, left.count + pool.count};
    }
    pools.push_back(pool);
  }
  std::vector<double> fit;
  for (const Pool& pool : pools) fit.insert(fit.end(), pool.count, pool.value);
  return fit;
}

}  // namespace diffmem
