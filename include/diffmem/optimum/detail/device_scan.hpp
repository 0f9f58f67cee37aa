// SPDX-License-Identifier: MIT
// The posterior's engine on a device, written over what a device offers (kernels/device.hpp), so that the tests run it on
// an emulated one.  The way is the CPU's (scan.cpp), but that a batch's logits are kept: with the weights' digits 12 bytes
// a query and point, and a query's list and sums, for as many queries at once as fit into a share of the memory.
#pragma once
#include <diffmem/core/round_up.hpp>
#include <diffmem/kernels/device.hpp>
#include <diffmem/kernels/posterior_answer.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

namespace diffmem::detail {

/// What is asked of the points that `members` names (null: all) for y [rows,size], on the device, and its s.
struct DeviceQuestion {
  const std::int64_t* members = nullptr;
  std::int64_t count = 0;  // of them
  const double* y = nullptr;
  std::span<const double> s;
  double tolerance = 1e-6;  // above 0
  unsigned top = 1;         // at most count and kMostTop
};

template <class Device>
class DeviceScan {
 public:
  static constexpr std::size_t kMostTop = 256;
  /// Whether the kernels can take such a set.
  static bool fits(std::size_t count, std::size_t size) {
    return count < std::size_t{1} << 25 && kernels::packed_steps(size) <= kernels::kExactSteps;
  }

  /// Of images [count,size] on the device; `weights` say how often each counts, on the host, or are empty.
  DeviceScan(const Device& device, const std::uint8_t* images, std::size_t count, std::size_t size,
             std::span<const double> weights)
      : device_(device),
        count_(count),
        size_(size),
        stride_(kernels::packed_stride(size)),
        packed_(device.template buffer<std::int8_t>(count * stride_)),
        sums_(device.template buffer<std::int64_t>(count)),
        squares_(device.template buffer<std::int64_t>(count)) {
    device_.launch(kernels::PackImages{images, size, stride_, packed_.data(), sums_.data(), squares_.data()},
                   {.x = static_cast<unsigned>(count)});
    const auto sum = device_.download(sums_.data(), count), square = device_.download(squares_.data(), count);
    double all = 0;
    for (std::size_t i = 0; i < count; ++i) {  // |x|^2 = sum (v + 1/2)^2 / 127.5^2
      const double length =
          static_cast<double>(4 * square[i] + 4 * sum[i] + static_cast<std::int64_t>(size)) / (255.0 * 255.0);
      longest_ = std::max(longest_, std::sqrt(length)), all += length;
    }
    radius_ = std::sqrt(all / static_cast<double>(count));
    if (weights.empty()) return;
    std::vector<double> logs;
    for (const double w : weights) logs.push_back(std::log(w));
    log_weights_ = device_.template buffer<double>(count);
    device_.upload(log_weights_.data(), std::span<const double>(logs));
  }

  /// Answers the rows; those that it returns have an error above the tolerance.
  std::vector<std::int64_t> operator()(const DeviceQuestion& question, const kernels::PosteriorAnswers& answers) const {
    const std::size_t n = question.s.size();
    const auto range = device_.template buffer<double>(3 * n);
    device_.launch(kernels::FindRange{question.y, size_, range.data()}, {.x = static_cast<unsigned>(n)});
    const std::vector<double> ranges = device_.download(range.data(), 3 * n);
    std::vector<std::int64_t> rows(n);
    std::iota(rows.begin(), rows.end(), 0);
    const unsigned digits = digits_for(question, ranges);
    rows = pass(question, answers, ranges, std::move(rows), digits);
    return digits < kMostDigits ? pass(question, answers, ranges, std::move(rows), kMostDigits) : rows;
  }

 private:
  static constexpr unsigned kMostDigits = 4;
  static constexpr std::size_t kMemory = std::size_t{1} << 30;

  /// As scan.cpp's, in 1, 2 or 4.
  unsigned digits_for(const DeviceQuestion& question, const std::vector<double>& ranges) const {
    unsigned digits = 1;
    for (std::size_t q = 0; q < question.s.size(); ++q) {
      const double miss = (ranges[3 * q + 1] - ranges[3 * q]) * std::sqrt(static_cast<double>(size_) / 12) * radius_ /
                          (2 * question.s[q] * question.s[q]);
      while (digits < kMostDigits && miss / std::exp2(8.0 * digits) > question.tolerance / 2) digits *= 2;
    }
    return digits;
  }

  std::vector<std::int64_t> pass(const DeviceQuestion& question, const kernels::PosteriorAnswers& answers,
                                 const std::vector<double>& ranges, std::vector<std::int64_t> rows,
                                 unsigned digits) const {
    constexpr std::size_t kTogether = kernels::Average::kQueries;
    const std::size_t pitch = round_up(static_cast<std::size_t>(question.count), kernels::kTileStep);
    const std::size_t each = 12 * pitch + 4 * kernels::kMostListed + 12 * stride_;
    const std::size_t fit = std::min(kMemory, device_.free_memory() / 2) / each / kTogether * kTogether;
    std::vector<std::int64_t> left;
    for (std::size_t first = 0; first < rows.size();) {
      const std::size_t n = std::min(std::max(fit, kTogether), rows.size() - first);
      batch(question, answers, ranges, std::span(rows).subspan(first, n), digits, pitch);
      first += n;
    }
    if (rows.empty()) return left;
    const std::vector<double> errors = device_.download(answers.error, question.s.size());
    for (const std::int64_t row : rows)
      if (!(errors[static_cast<std::size_t>(row)] <= question.tolerance)) left.push_back(row);
    return left;
  }

  void batch(const DeviceQuestion& question, const kernels::PosteriorAnswers& answers,
             const std::vector<double>& ranges, std::span<const std::int64_t> rows, unsigned digits,
             std::size_t pitch) const {
    using namespace kernels;
    const std::size_t n = rows.size(), digit_rows_here = digit_rows(n, digits);
    const auto blocks = static_cast<unsigned>(n);
    std::vector<QueryNumbers> numbers(n);
    for (std::size_t q = 0; q < n; ++q) {
      const double* range = &ranges[3 * static_cast<std::size_t>(rows[q])];
      const double s = question.s[static_cast<std::size_t>(rows[q])];
      const double most = std::max(std::abs(range[0]), std::abs(range[1]));
      numbers[q].low = range[0], numbers[q].length = range[2], numbers[q].rate = 1 / (s * s);
      numbers[q].unit = std::max(range[1] - range[0], 1e-300) / (std::exp2(8.0 * digits) - 1);
      numbers[q].largest = most * static_cast<double>(size_) + longest_ * longest_, numbers[q].longest = longest_;
    }
    const auto places = device_.template buffer<std::int64_t>(n);
    const auto known = device_.template buffer<QueryNumbers>(n);
    device_.upload(places.data(), rows);
    device_.upload(known.data(), std::span<const QueryNumbers>(numbers));

    const auto cut = device_.template buffer<std::int8_t>(digit_rows_here * stride_);
    device_.launch(CutDigits{question.y, places.data(), size_, stride_, digits, cut.data(), known.data()},
                   {.x = blocks});

    const PosteriorPoints points{packed_.data(),   sums_.data(),   squares_.data(), log_weights_.data(),
                                 question.members, question.count, size_,           stride_};
    const auto logits = device_.template buffer<double>(n * pitch);
    const Grid tiles{tiles_of(static_cast<std::size_t>(question.count)), tiles_of(digit_rows_here)};
    const auto multiply = [&](const auto& job) { device_.launch(job, tiles); };
    if (digits == 1)
      multiply(Logits<1>{points, cut.data(), known.data(), n, pitch, logits.data()});
    else if (digits == 2)
      multiply(Logits<2>{points, cut.data(), known.data(), n, pitch, logits.data()});
    else
      multiply(Logits<4>{points, cut.data(), known.data(), n, pitch, logits.data()});

    const double reach = std::log(static_cast<double>(question.count) * 4 / question.tolerance);
    const auto weighed = device_.template buffer<Weighed>(n);
    const auto list = device_.template buffer<std::uint32_t>(n * kMostListed);
    const auto weights = device_.template buffer<std::int8_t>(digit_rows(n, kWeightDigits) * pitch);
    device_.launch(Weigh{points, logits.data(), known.data(), pitch, reach, question.top, weighed.data(), list.data(),
                         weights.data()},
                   {.x = blocks});

    const auto sums = device_.template zeros<std::int64_t>(n * size_);
    const auto values = static_cast<unsigned>(stride_ / kTile);
    const unsigned query_tiles = tiles_of(digit_rows(n, kWeightDigits));
    const auto steps = static_cast<unsigned>(pitch / kTileStep);
    const unsigned shares = std::max(std::min(steps, device_.blocks() / (values * query_tiles)),
                                     static_cast<unsigned>(divide_up(steps, kExactSteps)));
    const unsigned share = (steps + shares - 1) / shares;
    device_.launch(Average{points, weighed.data(), weights.data(), n, pitch, query_tiles, share, sums.data()},
                   {.x = values, .y = query_tiles * ((steps + share - 1) / share)});
    device_.launch(Finish{points, question.y, places.data(), known.data(), weighed.data(), list.data(), sums.data(),
                          reach, question.top, answers},
                   {.x = blocks});
  }

  static unsigned tiles_of(std::size_t count) { return static_cast<unsigned>(divide_up(count, kernels::kTile)); }

  Device device_;
  std::size_t count_, size_, stride_;
  kernels::Buffer<std::int8_t> packed_;           // [count,stride]
  kernels::Buffer<std::int64_t> sums_, squares_;  // [count]
  kernels::Buffer<double> log_weights_;           // [count] or none
  double longest_ = 0, radius_ = 0;               // the largest |x|, and their root mean square
};

}  // namespace diffmem::detail
