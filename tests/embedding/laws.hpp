// SPDX-License-Identifier: MIT
// What every time embedding owes, whatever its frequencies.
#pragma once
#include "policy_laws.hpp"

#include <diffmem/embedding/concept.hpp>

#include <cmath>
#include <vector>

namespace diffmem::laws {

/// channels/2 finite frequencies in float32, of the seed alone, and features [sin, cos] of noise level times frequency.
template <TimeEmbedding E>
void is_sin_and_cos(const E& embedding) {
  for (const int channels : {4, 26}) {
    const int half = channels / 2;
    const Tensor frequencies = embedding.frequencies(channels, 3);
    REQUIRE(frequencies.scalar_type() == kFloat32);
    REQUIRE(frequencies.sizes() == at::IntArrayRef{half});
    REQUIRE(frequencies.isfinite().all().item().toBool());
    REQUIRE(frequencies.equal(embedding.frequencies(channels, 3)));

    const std::vector<double> noise = {-3.2, -0.4, 0, 0.7, 12, 999};
    const Tensor features = embed(tensor_of(noise), frequencies.to(kFloat64) * embedding.unit);
    REQUIRE(features.sizes() == at::IntArrayRef({6, channels}));
    const auto f = values_of<double>(frequencies), got = values_of<double>(features);
    const auto width = static_cast<std::size_t>(channels);
    for (std::size_t i = 0; i < noise.size(); ++i)
      for (std::size_t j = 0; j < f.size(); ++j) {
        const double angle = noise[i] * f[j] * embedding.unit;
        REQUIRE(std::abs(got[i * width + j] - std::sin(angle)) < 1e-9);
        REQUIRE(std::abs(got[i * width + width / 2 + j] - std::cos(angle)) < 1e-9);
      }
  }
}

}  // namespace diffmem::laws
