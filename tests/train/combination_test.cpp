// SPDX-License-Identifier: MIT
// A family forces no embedding, and neither forces a schedule.
#include "check.hpp"
#include "train/tiny.hpp"

#include <diffmem/embedding/fourier.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/skip/dropped.hpp>

#include <tuple>

using namespace diffmem;

namespace {

template <class S, class E, class F>
using Combined = with<with<with<tiny::Base, S>, E>, F>;
template <class E, class F>
using OnEachSchedule = std::tuple<Combined<VpSchedule, E, F>, Combined<VeSchedule, E, F>, Combined<EdmSchedule, E, F>>;
using Designs = decltype(std::tuple_cat(OnEachSchedule<Positional, DdpmPp>{}, OnEachSchedule<Fourier, DdpmPp>{},
                                        OnEachSchedule<Positional, NcsnPp>{}, OnEachSchedule<Fourier, NcsnPp>{}));

double largest(const Tensor& t) { return t.abs().max().item().toDouble(); }

}  // namespace

TEMPLATE_LIST_TEST_CASE("D(x; sigma) goes to x as sigma goes to 0", "[train][law]", Designs) {
  Model<TestType> model(TestType{}, tiny::net(), 3);
  model.net().initialise(3);
  const at::NoGradGuard no_grad;
  for (const auto& [name, leaf] : model.net().parameters())
    if (name.ends_with("aux_conv.weight")) leaf.fill_(0.1);  // it starts near 0
  const Tensor x = arange(3 * 3 * 64).reshape({3, 3, 8, 8}).sin();
  const auto change = [&](double sigma) { return largest(model(x, full({3}, sigma)) - x); };
  REQUIRE(change(1) > 1e-2);
  REQUIRE(change(1e-4) < 1e-2);
  REQUIRE(change(1e-6) < 1e-4);
  REQUIRE(change(1e-6) < change(1e-4));
}

TEST_CASE("Fourier frequencies are a buffer of the run's seed, the same in the average, and loading sets them",
          "[train]") {
  using D = Combined<VeSchedule, Fourier, NcsnPp>;
  const Trainer<D> trainer({}, tiny::net(), tiny::params(), tiny::images());
  const auto frequencies = [](const Model<D>& model) {
    const auto& buffers = model.net().buffers();
    REQUIRE(buffers.back().first == "map_noise.freqs");
    return buffers.back().second;
  };
  REQUIRE(frequencies(trainer.model()).equal(Fourier{}.frequencies(16, tiny::params().seed)));
  REQUIRE(frequencies(trainer.average()).equal(frequencies(trainer.model())));

  const at::NoGradGuard no_grad;
  Model<D> one({}, tiny::net(), 1), other({}, tiny::net(), 2);
  one.net().initialise(1);
  for (const auto& [name, leaf] : one.net().parameters())
    if (name.ends_with("aux_conv.weight") || name.ends_with("conv1.weight")) leaf.fill_(0.1);
  const Tensor x = arange(3 * 64).reshape({1, 3, 8, 8}).sin(), sigma = full({1}, 0.7);
  other.net().copy_from(one.net());
  REQUIRE(other(x, sigma).equal(one(x, sigma)));
  frequencies(other).copy_(Fourier{}.frequencies(16, 2));
  REQUIRE_FALSE(other(x, sigma).equal(one(x, sigma)));

  // A positional embedding has no buffer: DDPM++ without resampling filters has none at all.
  UNetConfig flat = tiny::net();
  flat.mult = {1};
  REQUIRE(Model<tiny::Base>({}, flat).net().buffers().empty());
}

TEST_CASE("a published net's augmentation map stays as it is while training, for its label is 0", "[train]") {
  UNetConfig net = tiny::net();
  net.augment_dim = 9;
  Trainer<tiny::Base> trainer({}, net, tiny::params(), tiny::images());
  const auto& [name, leaf] = trainer.model().net().parameters()[0];
  REQUIRE(name == "map_augment.weight");
  const Tensor before = leaf.detach().clone();
  for (int i = 0; i < 3; ++i) trainer.step();
  REQUIRE(leaf.equal(before));
}

TEST_CASE("a net with dropped skips trains", "[train]") {
  using D = with<tiny::Base, Dropped<Skips<"10 00">>>;
  REQUIRE(D{}.slug() == "vp-positional-ddpmpp-drop-1000-none-heun");
  Trainer<D> trainer({}, tiny::net(), tiny::params(), tiny::images());
  for (int i = 0; i < 2; ++i) REQUIRE(std::isfinite(trainer.step()));
  REQUIRE(trainer.model().net().parameter_count() <
          Trainer<tiny::Base>({}, tiny::net(), tiny::params(), tiny::images()).model().net().parameter_count());
}
