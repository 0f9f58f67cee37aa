// SPDX-License-Identifier: MIT
// The posterior by LibTorch's operations, on any device: every image in every sum, in float64.
#pragma once
#include <diffmem/optimum/detail/share.hpp>

namespace diffmem::detail {

/// Of the images [M,d] uint8 that `members` names (undefined: all), for y [n,d] and s [n], float64: mean, log_sum,
/// entropy, max_weight, spread, top and top_weight; `log_weights` [M] or undefined.
Share scan_tensors(const Tensor& images, const Tensor& members, const Tensor& log_weights, const Tensor& y,
                   const Tensor& s, std::int64_t top);

}  // namespace diffmem::detail
