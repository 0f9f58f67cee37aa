// SPDX-License-Identifier: MIT
// The device's step of Adam, on an emulated one, beside the plain step.
#include "check.hpp"
#include "kernels/adam_state.hpp"
#include "kernels/emulated.hpp"

#include <diffmem/kernels/adam.hpp>
#include <diffmem/kernels/adam_parts.hpp>

#include <cmath>
#include <limits>

using namespace diffmem;

namespace {

struct State : AdamState {
  using AdamState::AdamState;
  std::vector<kernels::AdamLeaf> leaves() const {
    std::vector<kernels::AdamLeaf> all;
    const auto at = [](const Tensor& t) { return t.mutable_data_ptr<float>(); };
    for (std::size_t i = 0; i < w.size(); ++i)
      all.push_back({at(w[i]), at(g[i]), at(m[i]), at(v[i]), at(a[i]), static_cast<std::size_t>(w[i].numel())});
    return all;
  }
  Tensors all() const {
    Tensors list;
    for (const Tensors* part : {&w, &m, &v, &a}) list.insert(list.end(), part->begin(), part->end());
    return list;
  }
};

}  // namespace

TEST_CASE("the device's step equals the plain one at awkward sizes", "[kernels][adam][oracle]") {
  const emulated::Device device;
  const std::vector<std::size_t> sizes = {1, 3, 4, 1023, kernels::kAdamPart, kernels::kAdamPart + 5, 20'001};
  State plain(sizes), fast(sizes);
  fast.g[3] = cat({zeros({1}), fast.g[3]}).narrow(0, 1, 1023);  // where four cannot be moved at once
  kernels::DeviceAdam adam(device, sizes);
  adam.point_at(fast.leaves());
  adam.upload(device);
  for (std::int64_t count = 1; count <= 3; ++count) {
    const AdamStep step{.lr = 1e-3, .count = count, .ema = count == 1 ? 0.0 : 0.999, .l2 = 0.1, .decay = 0.2};
    kernels::adam_ema_plain(plain.w, plain.g, plain.m, plain.v, plain.a, step);
    adam.begin(device, step, 41);
    adam.launch(device);
    REQUIRE(adam.finite(device));
    REQUIRE(*adam.step() == 41);
    REQUIRE(difference(fast.all(), plain.all()) < 1e-6);
  }
}

TEST_CASE("the device's step changes nothing if a gradient or a loss is not finite", "[kernels][adam]") {
  const emulated::Device device;
  const std::vector<std::size_t> sizes = {5, kernels::kAdamPart + 7};
  State state(sizes);
  const State before(sizes);
  const Tensor losses = full({6}, 2);
  std::vector<kernels::AdamLeaf> leaves = state.leaves();
  leaves.push_back({.gradient = losses.const_data_ptr<float>(), .size = 6});
  kernels::DeviceAdam adam(device, std::vector<std::size_t>{5, kernels::kAdamPart + 7, 6});
  adam.point_at(leaves);
  adam.upload(device);
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const auto at = [](const Tensor& t, std::size_t i) { return t.mutable_data_ptr<float>() + i; };
  for (float* place : {at(state.g[0], 4), at(state.g[1], 2), at(state.g[1], kernels::kAdamPart + 6), at(losses, 5)})
    for (const float bad : {nan, inf, -inf}) {
      const float good = std::exchange(*place, bad);
      adam.begin(device, {.lr = 1e-3, .count = 1}, 0);
      adam.launch(device);
      REQUIRE_FALSE(adam.finite(device));
      REQUIRE(difference(state.all(), before.all()) == 0);
      *place = good;
    }
  adam.begin(device, {.lr = 1e-3, .count = 1}, 0);
  adam.launch(device);
  REQUIRE(adam.finite(device));
  REQUIRE(difference(state.all(), before.all()) > 0);
}
