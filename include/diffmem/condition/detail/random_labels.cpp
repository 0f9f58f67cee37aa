// SPDX-License-Identifier: MIT
#include <diffmem/condition/random_labels.hpp>
#include <diffmem/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <random>

namespace diffmem {
namespace {

/// What seeds MT19937 as Python's random.seed(n) does: the state that init_by_array makes of n's 32-bit words
/// (Matsumoto & Nishimura 2002).
class PythonSeed {
 public:
  using result_type = std::uint32_t;
  explicit PythonSeed(std::uint64_t seed) : key_{static_cast<std::uint32_t>(seed)} {
    if (seed >> 32) key_.push_back(static_cast<std::uint32_t>(seed >> 32));
  }
  template <class Out>
  void generate(Out first, Out last) const {
    const auto n = static_cast<std::size_t>(last - first);
    std::vector<std::uint32_t> state(n);
    const auto mixed = [&](std::size_t i) { return state[i - 1] ^ (state[i - 1] >> 30); };
    const auto next = [&](std::size_t& i) {  // past the end, word 0 takes over the last word's part
      if (++i == n) state[0] = state[n - 1], i = 1;
    };
    state[0] = 19650218u;
    for (std::size_t i = 1; i < n; ++i) state[i] = 1812433253u * mixed(i) + static_cast<std::uint32_t>(i);
    std::size_t i = 1, j = 0;
    for (std::size_t k = std::max(n, key_.size()); k > 0; --k) {
      state[i] = (state[i] ^ (mixed(i) * 1664525u)) + key_[j] + static_cast<std::uint32_t>(j);
      next(i);
      j = (j + 1) % key_.size();
    }
    for (std::size_t k = n - 1; k > 0; --k) {
      state[i] = (state[i] ^ (mixed(i) * 1566083941u)) - static_cast<std::uint32_t>(i);
      next(i);
    }
    state[0] = 0x80000000u;
    std::copy(state.begin(), state.end(), first);
  }

 private:
  std::vector<std::uint32_t> key_;
};

/// Python's randint(0, n - 1): the top bits of a word, as many as n has, until they are below n.
std::uint32_t python_below(std::mt19937& random, std::uint32_t n) {
  const int bits = std::bit_width(n);
  while (true) {
    const auto r = static_cast<std::uint32_t>(random()) >> (32 - bits);
    if (r < n) return r;
  }
}

}  // namespace

std::vector<std::int64_t> RandomLabels::training_labels(const ImageSet& images, std::uint64_t seed) const {
  if (classes < 1)
    throw Error("condition random", fmt::format("{} classes", classes), "1 or more", "correct condition.classes");
  const auto n = static_cast<std::uint32_t>(classes);
  const PythonSeed python_seed(seed);
  std::mt19937 python(python_seed);
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < images.count; ++i)
    labels.push_back(
        draw == LabelDraw::python
            ? python_below(python, n)
            : static_cast<std::int64_t>(RandomStream(seed, Stream::labels, static_cast<std::uint64_t>(i)).below(n)));
  return labels;
}

}  // namespace diffmem
