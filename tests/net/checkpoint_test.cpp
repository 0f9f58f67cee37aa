// SPDX-License-Identifier: MIT
// Activations that are made again: the same output and the same gradients, bit for bit, with less kept.
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/study/detail/memory.hpp>

#include <ATen/Parallel.h>

using namespace diffmem;

namespace {

Tensor normal(at::IntArrayRef shape, std::uint64_t index) {
  Tensor t = empty(shape);
  RandomStream(7, Stream::init, index)
      .fill_normal(std::span(t.mutable_data_ptr<float>(), static_cast<std::size_t>(t.numel())));
  return t;
}

/// Output, gradient of the image and of every leaf, and what a second pass without gradients gives.
Tensors all_of(UNet& net, bool checkpointing, std::int64_t images) {
  net.set_checkpointing(checkpointing);
  const UNetConfig& c = net.config();
  Tensor x = normal({images, c.channels, c.resolution, c.resolution}, 1).requires_grad_(true);
  const Tensor noise = normal({images, net.noise_channels()}, 2),
               labels = c.label_dim > 0 ? arange(images, kInt64).remainder(c.label_dim) : Tensor();
  Dropout dropout{.seed = 3, .step = 4, .first_place = 5};
  Tensors result;
  for (int micro_batch = 0; micro_batch < 2; ++micro_batch) {  // gradients add up
    const Tensor out = net(x, noise, labels, &dropout);
    (out * normal(out.sizes(), 6)).sum().backward();
    result.push_back(out.detach());
    result.push_back(full({1}, dropout.layer));
  }
  result.push_back(x.grad());
  for (const auto& [name, leaf] : net.parameters()) {
    result.push_back(leaf.grad().defined() ? leaf.grad() : Tensor(zeros({1})));
    leaf.mutable_grad() = Tensor();
  }
  const at::NoGradGuard no_grad;
  result.push_back(net(x, noise, labels));
  return result;
}

}  // namespace

TEST_CASE("gradients by checkpointing are the same, bit for bit", "[net][checkpoint][oracle]") {
  struct Net {
    UNetConfig config;
    SkipMask mask;
  };
  UNetConfig plain{
      .resolution = 8, .channels = 1, .base = 16, .mult = {1, 2}, .blocks = 2, .attention = {8, 4}, .dropout = 0.2};
  UNetConfig ncsn = plain, deep = plain;
  ncsn.channels = 3, ncsn.noise_mult = 2, ncsn.filter = {1, 3, 3, 1}, ncsn.encoder = Encoder::residual;
  ncsn.label_dim = 3, ncsn.blocks = 1;
  deep.resolution = 20, deep.base = 12, deep.mult = {2, 1, 3}, deep.blocks = 1, deep.attention = {5};
  const int threads = at::get_num_threads();
  for (const Net& n :
       {Net{plain, SkipMask::all()}, {ncsn, SkipMask::all()}, {deep, SkipMask::all()}, {ncsn, Skips<"10 01">{}.mask()}})
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::plain})
      for (const std::int64_t images : {1, 3, 7})
        for (const int now : {1, 3}) {
          CAPTURE(n.config.resolution, n.config.label_dim, to_text(precision), images, now);
          at::set_num_threads(now);
          UNet net(n.config, n.mask);
          net.initialise(1);
          {
            const at::NoGradGuard no_grad;
            for (std::uint64_t i = 10; const auto& [name, leaf] : net.parameters())  // none so small that nothing shows
              leaf.add_(normal(leaf.sizes(), i++) * 0.1);
          }
          net.require_grad();
          net.set_precision(precision);
          const Tensors kept = all_of(net, false, images), again = all_of(net, true, images);
          at::set_num_threads(threads);
          REQUIRE(kept.size() == again.size());
          for (std::size_t i = 0; i < kept.size(); ++i) {
            const std::string name = i >= 5 && i + 1 < kept.size() ? net.parameters()[i - 5].first : std::to_string(i);
            INFO(name);
            REQUIRE(kept[i].equal(again[i]));
          }
        }
}

TEST_CASE("a training with checkpointing is the same training in less memory", "[net][checkpoint][train]") {
  auto net = tiny::net();
  net.base = 32, net.blocks = 2;
  const auto train = [&](bool checkpointing, Tensors& state) {
    auto p = tiny::params();
    p.batch = 30, p.accumulate = 2, p.checkpointing = checkpointing;
    Trainer<with<tiny::Base, TrueLabels>> trainer({}, net, p, tiny::images());
    const MemoryWatch watch;
    for (int i = 0; i < 3; ++i) trainer.step();
    const double peak = watch.peak();
    state = tiny::state(trainer);
    return peak;
  };
  Tensors kept, again;
  const double most = train(false, kept), less = train(true, again);
  REQUIRE(tiny::equal(kept, again));
  INFO(most << " bytes without, " << less << " with");
  REQUIRE(less < 0.8 * most);
}
