// SPDX-License-Identifier: MIT
// Replayed and Recorded: on the CPU the same work through the same places; train/cuda_test.cpp asks a real device.
#include "check.hpp"

#include <diffmem/sampler/replayed.hpp>

using namespace diffmem;

TEST_CASE("a replayed denoiser is the denoiser, whatever batches follow one another", "[sampler][device]") {
  int made = 0;
  double weight = 2;
  const auto denoise = [&](const Tensor& x, const Tensor& sigma, const Tensor& labels) {
    ++made;
    Tensor d = x * weight + wide(sigma);
    return labels.defined() ? d + wide(labels.to(kFloat64)) : d;
  };
  Replayed replayed(denoise, at::kCPU);
  for (const std::int64_t images : {3, 2, 3, 5, 2})
    for (const bool labelled : {false, true})
      for (int call = 0; call < 5; ++call) {
        weight += 1;  // as weights that change in place
        const Tensor x = full({images, 1, 2, 2}, 0.5 + call, kFloat64), sigma = full({images}, 3 * call, kFloat64),
                     labels = labelled ? arange(images, kInt64) : Tensor();
        const Tensor first = replayed(x, sigma, labels), want = denoise(x, sigma, labels);
        REQUIRE(first.equal(want));
        replayed(x + 1.0, sigma, labels);
        REQUIRE(first.equal(want));  // an answer stays when the next is made
      }
  REQUIRE(made == 5 * 2 * 5 * 3);
}

TEST_CASE("recorded work on the CPU runs at every call", "[sampler][device]") {
  Recorded recorded(at::kCPU, "a test");
  int runs = 0;
  for (int call = 0; call < 6; ++call) recorded([&] { ++runs; });
  REQUIRE(runs == 6);
  REQUIRE_FALSE(recorded.replays());
  const OwnStream stream(at::kCPU);
}
