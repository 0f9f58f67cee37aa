// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/measure/detail/memorization.hpp>
#include <diffmem/measure/detail/nearer.hpp>
#include <diffmem/measure/detail/neighbours.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace diffmem {
namespace {

/// What the two nearest of `training` images to each of some images tell.
Replicas replicas(Neighbours neighbours, std::int64_t training, std::int64_t image_size, const detail::Nearer& nearer) {
  Replicas result;
  result.neighbours = std::move(neighbours);
  const auto& [index, squared, k] = result.neighbours;
  const double root = std::sqrt(static_cast<double>(image_size));
  std::vector<double> distances(squared.size() / 2);
  result.images = static_cast<std::int64_t>(distances.size());
  result.flags.resize(distances.size());
  result.copies.resize(static_cast<std::size_t>(training));
  double sum = 0;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    const std::int64_t d1 = squared[2 * i], d2 = squared[2 * i + 1];
    const bool near = nearer(d1, d2);
    result.flags[i] = near;
    result.memorized += near;
    result.copies[static_cast<std::size_t>(index[2 * i])] += near;
    result.zero_second += d2 == 0;
    distances[i] = std::sqrt(static_cast<double>(d1) / static_cast<double>(image_size));
    sum += distances[i];
  }
  result.ratio = static_cast<double>(result.memorized) / static_cast<double>(result.images);
  result.interval = wilson(result.memorized, result.images);
  result.knn_distance = sum / static_cast<double>(result.images);
  result.knn_interval = mean_interval(distances);
  result.knn_interval.low = std::max(0.0, result.knn_interval.low);
  result.euclidean_distance = root * result.knn_distance;
  result.euclidean_interval = {root * result.knn_interval.low, root * result.knn_interval.high};
  result.reproduced = std::count_if(result.copies.begin(), result.copies.end(), [](auto c) { return c > 0; });
  return result;
}

std::string verdict_of(const Memorization& m) {
  const auto& [low, high] = m.difference_interval;
  const std::string_view word = low > 0    ? "more replicas than chance gives"
                                : high < 0 ? "fewer replicas than chance gives"
                                           : "no more replicas than chance gives";
  return fmt::format(
      "{}: {:.1f} % of {} generated images are replicas, {:.1f} % of {} held-out ones; the difference is {:.1f} "
      "points, "
      "95 % interval {:.1f} to {:.1f}",
      word, 100 * m.ratio, count_text(m.images), 100 * m.null->ratio, count_text(m.null->images), 100 * m.difference,
      100 * low, 100 * high);
}

}  // namespace

Memorization detail::memorization_by(const FindTwo& find, std::span<const std::uint8_t> generated,
                                     std::int64_t training, std::int64_t image_size, double threshold,
                                     std::span<const std::uint8_t> held_out) {
  const auto complain = [](const std::string& got, std::string_view want, std::string_view todo) {
    throw Error("memorization", got, want, todo);
  };
  if (!(threshold > 0 && threshold <= 1))
    complain(fmt::format("threshold {}", threshold), "a number in (0, 1]", "use 1/3 as the paper does");
  if (generated.empty()) complain("no generated image", "at least one", "sample some images first");
  if (training < 2)
    complain(fmt::format("{} training image", training == 1 ? "one" : "no"),
             "at least 2, as the ratio needs a second nearest", "train on more images");

  const Nearer nearer(threshold);
  Memorization result{replicas(find(generated), training, image_size, nearer), {}, 0, {}, {}};
  if (held_out.empty()) return result;
  result.null = replicas(find(held_out), training, image_size, nearer);
  result.difference = result.ratio - result.null->ratio;
  result.difference_interval =
      difference_interval(result.memorized, result.images, result.null->memorized, result.null->images);
  result.verdict = verdict_of(result);
  return result;
}

Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, int threads, double threshold,
                          std::span<const std::uint8_t> held_out) {
  const auto count = static_cast<std::int64_t>(training.size() / detail::expect_size("memorization", image_size));
  return detail::memorization_by([&](auto images) { return nearest(images, training, image_size, 2, threads); },
                                 generated, count, image_size, threshold, held_out);
}

}  // namespace diffmem
