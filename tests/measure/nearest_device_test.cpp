// SPDX-License-Identifier: MIT
// The search by kernels, on an emulated device and on a real one if there is one.
#include "check.hpp"
#include "complaint.hpp"
#include "kernels/emulated.hpp"
#include "measure/brute.hpp"

#include <diffmem/measure/detail/nearest_device.hpp>

using namespace diffmem;
using brute::Bytes, brute::by_sorting, brute::noise;

namespace {

/// check(find) for each device: find(queries, training, size, k, others) searches there.
template <class Check>
void on_each_device(Check&& check) {
  for (const emulated::Device& device : {emulated::Device{}, emulated::Device{.memory = 4000, .blocks_wanted = 9}}) {
    INFO("emulated, " << device.memory << " bytes");
    check([&](const Bytes& q, const Bytes& t, std::size_t size, std::size_t k, bool others = false) {
      return detail::nearest_on(device, q, t, static_cast<std::int64_t>(size), static_cast<std::int64_t>(k), others);
    });
  }
  if (!kernels::cuda_here()) {
    static bool said = false;
    if (!std::exchange(said, true)) WARN("no CUDA device: emulated only");
    return;
  }
  INFO("CUDA");
  check([&](const Bytes& q, const Bytes& t, std::size_t size, std::size_t k, bool others = false) {
    const auto d = static_cast<std::int64_t>(size), each = static_cast<std::int64_t>(k);
    return others ? nearest_others(q, d, each, Cuda{}) : nearest(q, t, d, each, Cuda{});
  });
}

void require_same(const Neighbours& found, const Neighbours& expected) {
  REQUIRE(found.k == expected.k);
  REQUIRE(found.index == expected.index);
  REQUIRE(found.squared == expected.squared);
}

/// A body that goes wrong in one of three ways, or not.
struct Wrong {
  static constexpr std::size_t kShared = 4 * kernels::kThreads;
  int what;
  void operator()(emulated::Block& block) const {
    const auto memory = block.shared<std::uint32_t>(kernels::kThreads);
    const unsigned t = block.thread();
    if (what != 1) memory.set(t, t);
    block.sync();
    if (what == 0) memory.set(t, t);
    if (memory.get(kernels::kThreads - 1 - t) == 3 && what == 2) block.sync();
  }
};

}  // namespace

TEST_CASE("kernels find what sorting all distances does, at awkward sizes and ties", "[measure][oracle]") {
  struct Case {
    std::size_t queries, training, size, k;
    std::uint64_t levels;
  };
  for (const auto& [queries, training, size, k, levels] :
       {Case{1, 1, 1, 1, 2}, Case{37, 53, 1, 53, 2}, Case{1, 2, 3, 2, 256}, Case{33, 31, 65, 2, 2},
        Case{129, 1009, 65, 2, 2}, Case{300, 1009, 3, 7, 4}, Case{5, 130, 3072, 3, 256}, Case{3, 3, 140'000, 2, 2}}) {
    INFO(queries << " queries, " << training << " images of " << size << ", k " << k);
    const Bytes q = noise(queries * size, 1, levels), t = noise(training * size, 2, levels);
    const Neighbours expected = by_sorting(q, t, size, k);
    on_each_device([&](auto&& find) { require_same(find(q, t, size, k), expected); });
  }
}

TEST_CASE("by kernels, too, an image is not its own neighbour, its copy is", "[measure][oracle]") {
  struct Case {
    std::size_t images, size, k;
    std::uint64_t levels;
  };
  for (const auto& [images, size, k, levels] : {Case{2, 3, 1, 256}, Case{90, 2, 89, 2}, Case{350, 65, 2, 256}}) {
    Bytes all = noise(images * size, 3, levels);
    std::copy_n(all.begin(), size, all.end() - static_cast<std::ptrdiff_t>(size));
    const Neighbours expected = by_sorting(all, all, size, k, true);
    on_each_device([&](auto&& find) { require_same(find(all, all, size, k, true), expected); });
  }
}

TEST_CASE("by kernels, too, the first of equal images are nearest, and no distance overflows", "[measure]") {
  on_each_device([&](auto&& find) {
    const Bytes same(300 * 5, 200);
    REQUIRE(find(Bytes(5, 7), same, 5, 3).index == std::vector<std::int64_t>{0, 1, 2});
    REQUIRE(find(Bytes(5, 7), same, 5, 1).squared == std::vector<std::int64_t>{5 * 193 * 193});
    REQUIRE(find(same, same, 5, 2, true).index[599] == 1);
    for (const std::size_t size : {33'026, 65'537}) {
      const Bytes black(size, 0), white(size, 255);
      const auto farthest = static_cast<std::int64_t>(size) * 255 * 255;
      REQUIRE(find(black, white, size, 1).squared == std::vector<std::int64_t>{farthest});
      REQUIRE(find(black, black, size, 1).squared == std::vector<std::int64_t>{0});
    }
    REQUIRE(find(Bytes{}, Bytes(6), 3, 2).index.empty());
  });
}

TEST_CASE("the search on a device refuses what the CPU's does", "[measure][bad]") {
  const Bytes six(6), twelve(12);
  REQUIRE(says(complaint([&] { nearest(six, twelve, 3, 5, Cuda{}); }), "nearest", {"k = 5", "fewer"}));
  REQUIRE(says(complaint([&] { nearest_others(twelve, 3, 4, Cuda{}); }), "nearest_others", {"k = 4"}));
  if (kernels::cuda_here()) return;
  REQUIRE_FALSE(complaint([&] { nearest(six, twelve, 3, 1, Cuda{}); }).empty());
}

TEST_CASE("the emulated block sees races, early reads and lonely barriers", "[kernels]") {
  const auto run = [](int what) { return complaint([&] { emulated::Device{}.launch(Wrong{what}, {}); }); };
  REQUIRE(run(0).find("a race") != std::string::npos);
  REQUIRE(run(1).find("before it was written") != std::string::npos);
  REQUIRE(run(2).find("different things") != std::string::npos);
  REQUIRE(run(3).empty());
}
