// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/params.hpp>
#include <diffmem/train/params.hpp>

#include <cmath>

using namespace diffmem;

// The golden table of these rates is checked by the parity test schedules_and_orders.

TEST_CASE("each EMA rule ends at its rate, and starts at 0 unless it is constant", "[train][ema]") {
  for (const EmaRule rule : {EmaRule::steps, EmaRule::constant, EmaRule::sweep})
    for (const double ema : {0.0, 0.1, 0.9, 0.999}) {
      TrainParams p;
      p.ema_rule = rule, p.ema = ema, p.batch = 100;
      const std::int64_t size = 1000, warm = 2000;  // 200 epochs
      REQUIRE(p.ema_at(0, size) == (rule == EmaRule::constant ? ema : 0));
      REQUIRE(std::abs(p.ema_at(warm, size) - ema) < 1e-15);
      REQUIRE(p.ema_at(10 * warm, size) == p.ema_at(warm, size));
      for (std::int64_t step = 0; step < warm; step += 50) {
        REQUIRE(p.ema_at(step, size) <= p.ema_at(step + 50, size));
        REQUIRE(p.ema_at(step, size) >= 0);
        REQUIRE(p.ema_at(step, size) < 1);
      }
    }
}

TEST_CASE("the EMA rules agree where they must", "[train][ema]") {
  TrainParams steps, epochs, sweep;
  epochs.ema_rule = EmaRule::epochs, sweep.ema_rule = EmaRule::sweep;
  for (const std::int64_t step : {1, 10, 1000, 19'000, 100'000}) {
    // The sweep at the paper's own rate is the paper's rule.
    REQUIRE(std::abs(sweep.ema_at(step, 2000) - steps.ema_at(step, 2000)) < 1e-12);
    // On 50,000 images in batches of 512, ten epochs are as many steps as the paper's half-life.
    REQUIRE(std::abs(epochs.ema_at(step, 50'000) - steps.ema_at(step, 50'000)) < 1e-12);
  }
  for (const std::int64_t size : {100, 1000, 20'000})
    for (const int batch : {32, 512}) {
      epochs.batch = batch;
      const double steps_of_ten_epochs = 10.0 * static_cast<double>(size) / batch;
      REQUIRE(std::abs(std::pow(epochs.ema_at(1'000'000, size), steps_of_ten_epochs) - 0.5) < 1e-10);
    }
}

TEST_CASE("training's words are read from text, and numbers out of range refused", "[train][bad]") {
  TrainParams p;
  for (const auto& [field, word] :
       {std::pair{"decay_rule", "decoupled"}, {"ema_rule", "sweep"}, {"order", "reshuffled"}})
    set_param(p, field, word);
  REQUIRE(p.decay_rule == WeightDecay::decoupled);
  REQUIRE(p.ema_rule == EmaRule::sweep);
  REQUIRE(p.order == Order::reshuffled);
  p.validate();
  p.weight_decay = -1;
  REQUIRE(says(complaint([&] { p.validate(); }), "training", {"weight_decay = -1", "0 or more"}));
  SampleParams s;
  set_param(s, "labels", "balanced");
  REQUIRE(s.labels == LabelLaw::balanced);
  REQUIRE_THROWS_WITH(set_param(s, "labels", "even"), Catch::Matchers::Contains("uniform"));
}
