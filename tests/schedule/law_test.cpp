// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/vp.hpp>

#include <cmath>
#include <limits>

using namespace diffmem;

namespace {

/// 200 noise levels, 0.002 ... 80, evenly spaced in the logarithm; float64.
Tensor sigmas() { return (arange(200, kFloat64) / 199.0 * std::log(80 / 0.002) + std::log(0.002)).exp(); }
/// The largest |a - b|.
double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item().toDouble(); }
Tensor ones() { return full({200}, 1, kFloat64); }

/// Standard deviation of the data for which a schedule's coefficients are made.
double sigma_data(const EdmSchedule& s) { return s.sigma_data; }
double sigma_data(const VpSchedule&) { return 1; }

}  // namespace

TEMPLATE_TEST_CASE("preconditioning", "[schedule]", VpSchedule, EdmSchedule) {
  const TestType schedule;
  const Tensor sigma = sigmas();
  const Coefficients c = schedule.coefficients(sigma);
  const double d2 = sigma_data(schedule) * sigma_data(schedule);

  SECTION("the network's input has unit variance") {
    REQUIRE(apart((sigma.square() + d2) * c.c_in.square(), ones()) < 1e-12);
  }
  SECTION("the loss weight undoes c_out") {
    REQUIRE(apart(schedule.loss_weight(sigma) * c.c_out.square(), ones()) < 1e-12);
  }
  SECTION("dtype and shape follow sigma, coefficients are finite, and c_noise rises with sigma") {
    const Coefficients narrow = schedule.coefficients(sigma.to(kFloat32));
    for (const Tensor& t : {narrow.c_skip, narrow.c_out, narrow.c_in, narrow.c_noise}) {
      REQUIRE(t.scalar_type() == kFloat32);
      REQUIRE(t.sizes() == sigma.sizes());
      REQUIRE(t.isfinite().all().item().toBool());
    }
    REQUIRE(c.c_noise.diff().min().item().toDouble() > 0);
  }
}

TEMPLATE_TEST_CASE("training sigmas", "[schedule]", VpSchedule, EdmSchedule) {
  const TestType schedule;
  std::vector<double> values;
  RandomStream random(4, Stream::train_sigma);
  for (int i = 0; i < 100'000; ++i)
    values.push_back(TestType::variate == Variate::normal ? random.normals().first : random.uniform());
  const std::vector<double> sigma = values_of<double>(schedule.training_sigma(tensor_of(values)));
  const auto [low, high] = std::minmax_element(sigma.begin(), sigma.end());
  REQUIRE(*low >= schedule.sigma_min() * (1 - 1e-6));
  REQUIRE(*high <= schedule.sigma_max());

  // Below the law's p-quantile lies the share p, within four standard errors.
  const double n = static_cast<double>(sigma.size());
  for (const auto& [p, z] : {std::pair{0.1, -1.2815515655446004}, {0.5, 0.0}, {0.9, 1.2815515655446004}}) {
    const double variate = TestType::variate == Variate::normal ? z : 1 - p;  // VP: sigma falls with u
    const double quantile = values_of<double>(schedule.training_sigma(full({1}, variate, kFloat64)))[0];
    const auto below =
        static_cast<double>(std::count_if(sigma.begin(), sigma.end(), [&](double s) { return s < quantile; }));
    REQUIRE(std::abs(below / n - p) < 4 * std::sqrt(p * (1 - p) / n));
  }
}

TEST_CASE("EDM: c_skip and c_out split the data's variance", "[schedule]") {
  // D's error is smallest where c_skip x is the best linear estimate; the rest, c_out^2, is its mean squared error.
  const EdmSchedule edm;
  const double d2 = edm.sigma_data * edm.sigma_data;
  const Coefficients c = edm.coefficients(sigmas());
  REQUIRE(apart((1.0 - c.c_skip).square() * d2 + c.c_skip.square() * sigmas().square(), c.c_out.square()) < 1e-12);
  REQUIRE(apart(edm.training_sigma(zeros({1}, kFloat64)), full({1}, std::exp(-1.2), kFloat64)) < 1e-15);
  REQUIRE(edm.sigma_min() == 0);
  REQUIRE(edm.sigma_max() == std::numeric_limits<double>::infinity());
}

TEST_CASE("VP: time and sigma are each other's inverse, c_noise is 999 t", "[schedule]") {
  const VpSchedule vp;
  const Tensor t = arange(1000, kFloat64) / 999.0 * (1 - vp.epsilon_t) + vp.epsilon_t;
  REQUIRE(apart(vp.time(vp.sigma(t)), t) < 1e-9);
  REQUIRE(apart((vp.sigma(vp.time(sigmas())) / sigmas()), ones()) < 1e-7);
  REQUIRE(apart(vp.coefficients(vp.sigma(t)).c_noise, t * 999.0) < 1e-6);
  REQUIRE(apart(vp.coefficients(sigmas()).c_skip, ones()) == 0);
  REQUIRE(std::abs(vp.sigma_max() - std::sqrt(std::exp(0.5 * 19.9 + 0.1) - 1)) < 1e-9);  // 152.2
  REQUIRE(std::abs(vp.sigma_min() - 1.0005e-3) < 1e-6);
}
