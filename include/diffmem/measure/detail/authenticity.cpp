// SPDX-License-Identifier: MIT
#include <diffmem/measure/authenticity.hpp>
#include <diffmem/measure/detail/neighbours.hpp>

namespace diffmem {

Authenticity authenticity(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, int threads) {
  detail::expect_images("authenticity", generated.size(), "generated");
  const Neighbours to_training = nearest(generated, training, image_size, 1, threads);
  const Neighbours among = nearest_others(training, image_size, 1, threads);

  Authenticity result;
  result.images = static_cast<std::int64_t>(to_training.index.size());
  for (std::size_t i = 0; i < to_training.index.size(); ++i) {
    const bool far = to_training.squared[i] > among.squared[static_cast<std::size_t>(to_training.index[i])];
    result.flags.push_back(far);
    result.authentic += far;
  }
  result.share = static_cast<double>(result.authentic) / static_cast<double>(result.images);
  result.interval = wilson(result.authentic, result.images);
  return result;
}

}  // namespace diffmem
