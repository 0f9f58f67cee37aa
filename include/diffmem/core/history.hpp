// SPDX-License-Identifier: MIT
// What a training leaves behind, as plain values: points of its loss curve and evaluations.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

namespace diffmem {

/// The mean training loss over the steps since the point before it.
struct LossPoint {
  std::int64_t step = 0;
  double epoch = 0;
  double loss = 0;
};

/// One evaluation during training: `images` generated images compared with the training images.
struct Evaluation {
  std::int64_t step = 0;
  double epoch = 0;
  std::int64_t images = 0;       ///< generated
  std::int64_t asked = 0;        ///< if fewer were to be enough: how many there would have been at most; else 0
  std::int64_t memorized = 0;    ///< of them, with d1/d2 < 1/3
  std::int64_t zero_second = 0;  ///< of them, with d2 = 0 (duplicates in the training set); never counted as memorized
  std::int64_t twins = 0;        ///< of them, whose nearest training image is in the training set more than once
  double ratio = 0;              ///< memorized / images, in [0, 1]
  double low = 0, high = 0;      ///< its 95 % interval, in [0, 1]; that of interval_at_look() if `asked`
  double knn_distance = 0;       ///< mean of d1 / sqrt(C*H*W), to the nearest training image   [8-bit grey levels]
  double seconds = 0;            ///< wall time of sampling and measuring
};

/// The evaluation with the highest ratio (the value the paper reports), the earliest of equals; null if there is none.
inline const Evaluation* best_of(const std::vector<Evaluation>& evaluations) {
  const Evaluation* best = nullptr;
  for (const Evaluation& e : evaluations)
    if (std::isfinite(e.ratio) && (!best || e.ratio > best->ratio)) best = &e;
  return best;
}

}  // namespace diffmem
