// SPDX-License-Identifier: MIT
// TimeEmbedding: the frequencies with which a noise level is spread over features.  Every embedding of the paper is
// [sin(c f), cos(c f)] for some frequencies f; they differ in f alone.
#pragma once
#include <diffmem/core/policy.hpp>
#include <diffmem/core/tensor.hpp>

namespace diffmem {

template <class E>
concept HasFrequencies = requires(const E e, int channels, std::uint64_t seed) {
  { e.frequencies(channels, seed) } -> std::same_as<Tensor>;
};
template <class E>
concept HasUnit = requires(const E e) {
  { e.unit } -> std::convertible_to<double>;
};
/// frequencies(channels, seed) -> float32 [channels/2], channels even;  unit: what 1 of them is in radians per unit of
/// c_noise.
template <class E>
concept TimeEmbedding = Policy<E, Role::embedding> && HasFrequencies<E> && HasUnit<E>;

/// An embedding whose frequencies belong to the weights, for they are drawn at random: buffer is their name there (empty:
/// they do not).
template <class E>
concept SavesFrequencies = requires(const E e) {
  { e.buffer } -> std::convertible_to<std::string_view>;
};

/// The features the network sees: [sin, cos] of c_noise times frequency (the reference computes [cos, sin] and swaps).
/// c_noise [N], radians [channels/2] per unit of c_noise in the same dtype.                             -> [N,channels]
inline Tensor embed(const Tensor& c_noise, const Tensor& radians) {
  const Tensor angle = c_noise.unsqueeze(1) * radians.unsqueeze(0);
  return cat({angle.sin(), angle.cos()}, 1);
}

}  // namespace diffmem
