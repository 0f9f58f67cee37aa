// SPDX-License-Identifier: MIT
// Images and distances for the tests of measures, by the plainest code.
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/measure/nearest.hpp>

#include <algorithm>
#include <cmath>

namespace diffmem::brute {

using Bytes = std::vector<std::uint8_t>;

/// Random values; few levels make many equal distances.
inline Bytes noise(std::size_t size, std::uint64_t seed, std::uint64_t levels) {
  Bytes values(size);
  RandomStream random(seed, Stream::subset);
  for (auto& v : values) v = static_cast<std::uint8_t>(random.below(levels) * (255 / (levels - 1)));
  return values;
}

/// Images around three prototypes of their own: a law with clusters.  Seeds are draws of it.
inline Bytes clusters(std::size_t images, std::size_t size, std::uint64_t seed) {
  const Bytes prototypes = noise(3 * size, 99, 256);
  Bytes values(images * size);
  RandomStream random(seed, Stream::order);
  for (std::size_t i = 0; i < images; ++i) {
    const std::size_t of = random.below(3);
    for (std::size_t j = 0; j < size; ++j)
      values[i * size + j] = static_cast<std::uint8_t>(
          std::clamp(std::lround(prototypes[of * size + j] + 20 * random.normals().first), 0l, 255l));
  }
  return values;
}

inline Bytes joined(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline std::int64_t squared_distance(const Bytes& a, std::size_t i, const Bytes& b, std::size_t j, std::size_t size) {
  std::int64_t sum = 0;
  for (std::size_t v = 0; v < size; ++v) {
    const std::int64_t d = std::int64_t{a[i * size + v]} - b[j * size + v];
    sum += d * d;
  }
  return sum;
}

/// All distances, sorted: nearest() by its definition.  `others`: the queries are the training images themselves.
inline Neighbours by_sorting(const Bytes& queries, const Bytes& training, std::size_t size, std::size_t k,
                             bool others = false) {
  Neighbours all;
  all.k = static_cast<std::int64_t>(k);
  for (std::size_t q = 0; q < queries.size() / size; ++q) {
    std::vector<std::pair<std::int64_t, std::int64_t>> list;
    for (std::size_t t = 0; t < training.size() / size; ++t)
      if (!others || t != q)
        list.emplace_back(squared_distance(queries, q, training, t, size), static_cast<std::int64_t>(t));
    std::sort(list.begin(), list.end());
    for (std::size_t j = 0; j < k; ++j) {
      all.squared.push_back(list[j].first);
      all.index.push_back(list[j].second);
    }
  }
  return all;
}

}  // namespace diffmem::brute
