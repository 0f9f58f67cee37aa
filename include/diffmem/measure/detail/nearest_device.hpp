// SPDX-License-Identifier: MIT
// The search on a device, written over what a device offers (kernels/device.hpp), so that the tests run it on an
// emulated one.
#pragma once
#include <diffmem/kernels/top_k.hpp>
#include <diffmem/measure/detail/neighbours.hpp>
#include <diffmem/measure/nearest.hpp>

namespace diffmem::detail {

template <class Device>
class DeviceSearch {
 public:
  DeviceSearch(const Device& device, NearestSizes sizes, bool others)
      : device_(device),
        s_(sizes),
        others_(others),
        stride_(kernels::packed_stride(sizes.size)),
        steps_(kernels::packed_steps(sizes.size)) {}

  Neighbours run(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training) {
    // A quarter of the memory each for the queries with their lists, for the points, and for their shares' lists.
    const std::size_t memory = device_.free_memory() / 4;
    const auto rows = [&](std::size_t bytes, std::size_t count) {
      return std::min(std::max<std::size_t>(memory / bytes / kernels::kTile, 1) * kernels::kTile, count);
    };
    const std::size_t at_once = rows(s_.size + stride_ + 8 + 32 * s_.k, s_.n);
    const std::size_t slice = rows(s_.size + stride_ + 8, s_.m);
    Neighbours found{.index = {}, .squared = {}, .k = static_cast<std::int64_t>(s_.k)};
    Packed points;
    for (std::size_t first = 0; first < s_.n; first += at_once) {
      const std::size_t n = std::min(at_once, s_.n - first);
      const Packed some = pack(queries.subspan(first * s_.size, n * s_.size), n);
      const auto index = device_.template buffer<std::int64_t>(n * s_.k);
      const auto squared = device_.template buffer<std::int64_t>(n * s_.k);
      for (std::size_t begin = 0; begin < s_.m; begin += slice) {
        const std::size_t m = std::min(slice, s_.m - begin);
        if (first == 0 || slice < s_.m) points = pack(training.subspan(begin * s_.size, m * s_.size), m);
        search({.queries = some.images.data(),
                .points = points.images.data(),
                .query_squares = some.squares.data(),
                .point_squares = points.squares.data(),
                .stride = stride_,
                .steps = steps_,
                .n = static_cast<std::int64_t>(n),
                .m = static_cast<std::int64_t>(m),
                .share = 0,
                .first_query = static_cast<std::int64_t>(first),
                .first_point = static_cast<std::int64_t>(begin),
                .k = s_.k,
                .others = others_,
                .index = index.data(),
                .squared = squared.data()},
               memory / (n * s_.k * 16));
      }
      append(found.index, device_.download(index.data(), n * s_.k));
      append(found.squared, device_.download(squared.data(), n * s_.k));
    }
    return found;
  }

 private:
  struct Packed {
    kernels::Buffer<std::int8_t> images;
    kernels::Buffer<std::int64_t> squares;
  };
  Packed pack(std::span<const std::uint8_t> images, std::size_t count) const {
    const auto raw = device_.template buffer<std::uint8_t>(images.size());
    Packed packed{device_.template buffer<std::int8_t>(count * stride_), device_.template buffer<std::int64_t>(count)};
    device_.upload(raw.data(), images);
    device_.launch(
        kernels::PackImages{raw.data(), s_.size, stride_, packed.images.data(), nullptr, packed.squares.data()},
        {.x = static_cast<unsigned>(count)});
    return packed;
  }

  using Narrow = kernels::TopK<std::int32_t>;
  using Wide = kernels::TopK<std::int64_t>;
  /// Adds what `job` finds to its lists; at most `most` shares.
  void search(Narrow job, std::size_t most) const {
    const auto tiles = [](std::int64_t count) { return divide_up(static_cast<std::size_t>(count), kernels::kTile); };
    const std::size_t blocks = tiles(job.n), wanted = divide_up(device_.blocks(), blocks);
    const std::size_t share = divide_up(tiles(job.m), std::clamp<std::size_t>(most, 1, wanted));  // tiles of it
    const std::size_t shares = divide_up(tiles(job.m), share), lists = shares * static_cast<std::size_t>(job.n) * s_.k;
    const auto index = device_.template buffer<std::int64_t>(lists);
    const auto squared = device_.template buffer<std::int64_t>(lists);
    const kernels::MergeTopK merge{
        .from_index = index.data(),
        .from_squared = squared.data(),
        .index = job.index,
        .squared = job.squared,
        .n = job.n,
        .shares = static_cast<unsigned>(shares),
        .k = s_.k,
        .begin = job.first_point == 0,
    };
    job.share = static_cast<std::int64_t>(share * kernels::kTile);
    job.index = index.data(), job.squared = squared.data();
    const kernels::Grid grid{static_cast<unsigned>(blocks), static_cast<unsigned>(shares)};
    if (steps_ <= kernels::kExactSteps)
      device_.launch(job, grid);
    else
      device_.launch(
          Wide{job.queries, job.points, job.query_squares, job.point_squares, job.stride, job.steps, job.n, job.m,
               job.share, job.first_query, job.first_point, job.k, job.others, job.index, job.squared},
          grid);
    device_.launch(merge, {.x = static_cast<unsigned>(divide_up(static_cast<std::size_t>(job.n), kernels::kThreads))});
  }
  static void append(std::vector<std::int64_t>& to, const std::vector<std::int64_t>& values) {
    to.insert(to.end(), values.begin(), values.end());
  }

  const Device& device_;
  NearestSizes s_;
  bool others_;
  std::size_t stride_;
  unsigned steps_;
};

/// nearest() on `device`, or nearest_others() if `others`, when both sets are the same.
template <class Device>
Neighbours nearest_on(const Device& device, std::span<const std::uint8_t> queries,
                      std::span<const std::uint8_t> training, std::int64_t image_size, std::int64_t k, bool others) {
  return DeviceSearch(device, nearest_sizes(queries.size(), training.size(), image_size, k, others), others)
      .run(queries, training);
}

}  // namespace diffmem::detail
