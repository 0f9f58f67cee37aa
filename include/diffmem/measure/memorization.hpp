// SPDX-License-Identifier: MIT
// How many generated images are replicas of a training image, how near they are, and what chance alone would give.
#pragma once
#include <diffmem/measure/interval.hpp>
#include <diffmem/measure/nearest.hpp>

#include <optional>
#include <string>

namespace diffmem {

/// How many of some images are replicas of a training image.
struct Replicas {
  std::int64_t images = 0;           ///< N'
  std::int64_t memorized = 0;        ///< those whose flag is 1
  std::int64_t zero_second = 0;      ///< exact copies of a duplicated training image: 0/0, never memorized
  double ratio = 0;                  ///< R_Mem, Eq. 61: memorized / images, 0..1
  Interval interval;                 ///< of the ratio, Wilson's
  double knn_distance = 0;           ///< R'_Mem, Eq. 62 as the paper prints it: mean of d1 / sqrt(C*H*W), grey levels
  Interval knn_interval;             ///< of knn_distance, by the normal law; [0, inf] of a lone image
  double euclidean_distance = 0;     ///< Eq. 62 as written: mean of d1, grey levels
  Interval euclidean_interval;       ///< of euclidean_distance, likewise
  std::vector<std::uint8_t> flags;   ///< [N'] 1: memorized
  Neighbours neighbours;             ///< k = 2
  std::vector<std::int64_t> copies;  ///< [M] how many memorized images have this training image nearest
  std::int64_t reproduced = 0;       ///< training images with at least one copy
};

/// What memorization() finds.
struct Memorization : Replicas {
  std::optional<Replicas> null;  ///< the same of the held-out images
  double difference = 0;         ///< ratio - null->ratio; 0 without held-out images, and so the next two
  Interval difference_interval;  ///< Newcombe's
  std::string verdict;           ///< in words, by whether that interval holds 0
};

/// Eqs. 61 and 62: a generated image is memorized if d1 / d2 < `threshold` (strictly), where d1 and d2 are its
/// Euclidean distances to the nearest and second nearest training image on grey levels.  `generated` is [N',D],
/// `training` [M,D], `held_out` [any,D]: real images of the same source that were not trained on, whose ratio is what
/// nearness by chance gives; D = `image_size` = C*H*W.  A threshold that is a fraction p/q, q <= 1000, is decided in
/// integers (1/3: 9 d1^2 < d2^2), any other in float64.
/// Error if there is no generated image, fewer than two training images, a size that does not fit, or a threshold
/// outside (0, 1].
Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, int threads = 1, double threshold = 1.0 / 3,
                          std::span<const std::uint8_t> held_out = {});

}  // namespace diffmem
