// SPDX-License-Identifier: MIT
// What the searches of bytes and of floats share.
#pragma once
#include <diffmem/core/crew.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/round_up.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace diffmem::detail {

/// Error of `who` unless an image has a value.
inline std::size_t expect_size(std::string_view who, std::int64_t image_size) {
  if (image_size < 1)
    throw Error(who, fmt::format("image size {}", image_size), "at least 1 value an image", "pass C*H*W");
  return static_cast<std::size_t>(image_size);
}

/// Numbers of images in two sets and of values an image.
struct ImageCounts {
  std::size_t queries, training, size;
};

/// Error of `who` unless both sets are whole images of `image_size` values.
inline ImageCounts image_counts(std::string_view who, std::size_t query_values, std::size_t training_values,
                                std::int64_t image_size) {
  const std::size_t size = expect_size(who, image_size);
  if (query_values % size != 0 || training_values % size != 0)
    throw Error(who, fmt::format("{} query and {} training values", query_values, training_values),
                fmt::format("multiples of the image size {}", size),
                "check that both sets have the same shape of image");
  return {query_values / size, training_values / size, size};
}

/// The number of images in one set.  Error of `who` unless they are whole.
inline std::size_t image_count(std::string_view who, std::size_t values, std::int64_t image_size) {
  const std::size_t size = expect_size(who, image_size);
  if (values % size != 0)
    throw Error(who, fmt::format("{} values", values), fmt::format("a multiple of the image size {}", size),
                "check the images' shape");
  return values / size;
}

/// Error of `who` if there are no `which` images.
inline void expect_images(std::string_view who, std::size_t values, std::string_view which) {
  if (values == 0) throw Error(who, fmt::format("no {} image", which), "at least one", "bring some images first");
}

/// Numbers of queries, of training images, of values an image and of neighbours.
struct NearestSizes {
  std::size_t n, m, size, k;
};

/// Checks the arguments.  `others`: the queries are the training images, and none is its own neighbour.
inline NearestSizes nearest_sizes(std::size_t query_values, std::size_t training_values, std::int64_t image_size,
                                  std::int64_t k, bool others) {
  const std::string_view who = others ? "nearest_others" : "nearest";
  const auto [n, m, size] = image_counts(who, query_values, training_values, image_size);
  const std::size_t most = others && m > 0 ? m - 1 : m;
  if (k < 1 || static_cast<std::uint64_t>(k) > most)
    throw Error(who, fmt::format("k = {}", k),
                fmt::format("1 to the {} {} images", most, others ? "other" : "training"),
                "ask for fewer neighbours or bring more images");
  return {n, m, size, static_cast<std::size_t>(k)};
}

/// How many of `threads` threads n queries keep busy, when none takes fewer than `least`.
inline std::size_t shares_of(std::size_t n, int threads, std::size_t least) {
  return std::min(static_cast<std::size_t>(std::max(threads, 1)), divide_up(n, least));
}

/// Lets workers (pointers) take `rows` queries at a time until all n are done, by (*worker).run(first, last), each in a
/// thread of its own.  What one throws is thrown here, and the others take no more.
template <class Workers>
void share_out(const Workers& workers, std::size_t n, std::size_t rows) {
  std::atomic<std::size_t> next{0};
  crew(workers.size(), [&](std::size_t w) {
    try {
      for (std::size_t first; (first = next.fetch_add(rows)) < n;) workers[w]->run(first, std::min(n, first + rows));
    } catch (...) {
      next = n;
      throw;
    }
  });
}

}  // namespace diffmem::detail
