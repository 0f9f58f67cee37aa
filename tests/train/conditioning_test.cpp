// SPDX-License-Identifier: MIT
// Class-conditional training from 1 to 50,000 classes.
#include "check.hpp"
#include "complaint.hpp"
#include "train/tiny.hpp"

#include <diffmem/condition/random_labels.hpp>
#include <diffmem/condition/unique_labels.hpp>

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <cmath>
#include <memory>

using namespace diffmem;

namespace {

/// Counts the bytes that tensors hold, from its construction to its end.
class MemoryMeter {
 public:
  MemoryMeter() : guard_(c10::DebugInfoKind::PROFILER_STATE, info_) {}
  std::int64_t peak() const { return info_->peak; }

 private:
  struct Info : c10::MemoryReportingInfoBase {
    std::int64_t now = 0, peak = 0;
    void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override {
      now += bytes;
      peak = std::max(peak, now);
    }
    bool memoryProfilingEnabled() const override { return true; }
  };
  std::shared_ptr<Info> info_ = std::make_shared<Info>();
  c10::DebugInfoGuard guard_;
};

UNetConfig conditional_net(int classes) {
  UNetConfig c = tiny::net();
  c.resolution = 8, c.channels = 1, c.label_dim = classes;
  return c;
}

}  // namespace

TEST_CASE("the label map gathers columns: equal to one-hot rows through a matrix", "[train][condition][oracle]") {
  for (const int classes : {1, 5, 1000}) {
    UNet net(conditional_net(classes), SkipMask::all(), at::kCPU, kFloat64);
    net.initialise(3);
    net.require_grad();
    Tensor weight, bias;
    for (const auto& [name, leaf] : net.parameters()) {
      if (name == "map_label.weight") weight = leaf;
      if (name == "map_label.bias") bias = leaf;
      if (name.ends_with("conv1.weight") || name.ends_with("aux_conv.weight")) {  // they start near 0
        const at::NoGradGuard no_grad;
        leaf.mul_(1e4);
      }
    }
    {
      const at::NoGradGuard no_grad;
      bias.copy_(arange(bias.numel(), kFloat64) / 10.0);
    }
    REQUIRE(weight.sizes() == at::IntArrayRef({net.noise_channels(), classes}));
    const Tensor x = (arange(3 * 64, kFloat64) * 0.37).sin().reshape({3, 1, 8, 8});
    const Tensor noise = (arange(3 * net.noise_channels(), kFloat64) * 0.71).cos().reshape({3, -1});
    const Tensor labels = tensor_of<std::int64_t>({classes - 1, 0, classes - 1});  // one twice: its gradients add up
    const auto outcome = [&](const Tensor& shifted, const Tensor& given) {
      weight.mutable_grad() = Tensor();
      const Tensor y = net(x, shifted, given);
      (y * y).sum().backward();
      return std::pair(y.detach(), weight.grad().clone());
    };
    // Without labels the net adds the map's bias alone; the one-hot product is put into the noise features.
    Tensor one_hot = zeros({3, classes}, kFloat64);
    one_hot.scatter_(1, labels.unsqueeze(1), std::sqrt(static_cast<double>(classes)));
    const auto [y, gradient] = outcome(noise, labels);
    const auto [y_one_hot, gradient_one_hot] = outcome(noise + one_hot.matmul(weight.t()), {});
    REQUIRE((y - y_one_hot).abs().max().item().toDouble() < 1e-12 * y.abs().max().item().toDouble());
    REQUIRE((gradient - gradient_one_hot).abs().max().item().toDouble() <
            1e-12 * gradient.abs().max().item().toDouble());
    REQUIRE(gradient.abs().max().item().toDouble() > 0);
    REQUIRE_FALSE(y.select(0, 0).equal(net(x, noise).select(0, 0)));  // the label matters
  }
}

TEST_CASE("50,000 classes cost a step their weights, not one-hot rows", "[train][condition]") {
  using Unique = with<tiny::Base, UniqueLabels>;
  auto p = tiny::params();
  p.batch = 256;
  const auto peak_of_step = [&](std::int64_t count) {
    Trainer<Unique> trainer({}, tiny::net(), p, tiny::images(count));
    REQUIRE(trainer.model().net().config().label_dim == count);
    trainer.step();
    const MemoryMeter meter;
    REQUIRE(std::isfinite(trainer.step()));
    return meter.peak();
  };
  const std::int64_t few = peak_of_step(256), many = peak_of_step(50'000);
  const std::int64_t weights = 50'000 * 8 * 4, one_hot = 256 * 50'000 * 4;  // bytes; 8 noise features
  INFO(few << " bytes at most with 256 classes, " << many << " with 50,000");
  REQUIRE(few > 0);
  REQUIRE(many - few < 4 * weights);  // the gradient, and copies of it on the way
  REQUIRE(4 * weights < one_hot / 4);
}

TEST_CASE("each conditioning trains and samples, with labels by either law", "[train][condition]") {
  const auto check = [](const auto& design, std::int64_t classes) {
    Trainer trainer(design, tiny::net(), tiny::params(), tiny::images());
    REQUIRE(trainer.model().net().config().label_dim == classes);
    for (int i = 0; i < 3; ++i) REQUIRE(std::isfinite(trainer.step()));
    for (const LabelLaw law : {LabelLaw::uniform, LabelLaw::balanced})
      REQUIRE(trainer.generate({.images = 4, .batch = 3, .labels = law}).size() == 4 * 64);
  };
  check(tiny::Base{}, 0);
  check(with<tiny::Base, TrueLabels>{}, 3);
  check(with<tiny::Base, UniqueLabels>{}, 7);
  with<tiny::Base, RandomLabels> one, many;
  one.condition.classes = 1, many.condition = {.classes = 1000, .draw = LabelDraw::python};
  check(one, 1);
  check(many, label_dim(many.condition.training_labels(tiny::images(), tiny::params().seed)));
}

TEST_CASE("the label law reaches the sampler", "[train][condition]") {
  // A denoiser that paints its label: images show which labels were asked for.
  const auto paint = [](const Tensor& x, const Tensor&, const Tensor& labels) {
    return (wide(labels.to(kFloat64)) / 10.0 - 0.5).expand(x.sizes());
  };
  GenerateOptions options{.seed = 3, .images = 30, .batch = 7, .shape = {1, 1, 1}, .classes = 10};
  for (const LabelLaw law : {LabelLaw::uniform, LabelLaw::balanced}) {
    options.labels = law;
    const auto pixels = generate(Heun{}, paint, {0.002, 80}, options);
    const auto labels = generation_labels(law, 3, 0, 30, 10);
    for (std::size_t i = 0; i < 30; ++i) REQUIRE(pixels[i] == quantise(static_cast<double>(labels[i]) / 10.0 - 0.5));
  }
  options.label = 7;
  REQUIRE(generate(Heun{}, paint, {0.002, 80}, options) == std::vector<std::uint8_t>(30, quantise(0.2)));
  for (const std::int64_t bad : {-1, 10}) {
    options.label = bad;
    REQUIRE(says(complaint([&] { generate(Heun{}, paint, {0.002, 80}, options); }), "generate",
                 {"label " + std::to_string(bad), "0 to 9"}));
  }
  options.classes = 0;
  REQUIRE(says(complaint([&] { options.validate(); }), "generate", {"no label: the model is unconditional"}));
}
