// SPDX-License-Identifier: MIT
#include "schedule/laws.hpp"

#include <diffmem/schedule/edm.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/schedule/vp.hpp>

#include <cmath>
#include <limits>
#include <tuple>

using namespace diffmem;
using laws::apart, laws::ones, laws::sigmas;

namespace {

/// Variance of the network's input for data of the variance that a schedule is made for.
Tensor input_variance(const EdmSchedule& s, const Tensor& sigma) {
  return (sigma.square() + s.sigma_data * s.sigma_data) * s.coefficients(sigma).c_in.square();
}
Tensor input_variance(const VpSchedule& s, const Tensor& sigma) {
  return (sigma.square() + 1.0) * s.coefficients(sigma).c_in.square();
}
Tensor input_variance(const VeSchedule& s, const Tensor& sigma) {  // the image goes in as it is
  return s.coefficients(sigma).c_in.square();
}

struct AccurateVp : VpSchedule {
  AccurateVp() { arithmetic = Arithmetic::accurate; }
};
using Schedules = std::tuple<VpSchedule, AccurateVp, VeSchedule, EdmSchedule>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("preconditioning", "[schedule][law]", Schedules) {
  const TestType schedule;
  laws::lists_its_parameters<TestType>();
  SECTION("the network's input has unit variance, or is the image") {
    REQUIRE(apart(input_variance(schedule, sigmas()), ones()) < 1e-12);
  }
  SECTION("without noise the denoiser is the identity, whatever the network says") {
    laws::is_the_identity_without_noise(schedule);
  }
  SECTION("the loss weight undoes c_out") { laws::weight_undoes_c_out(schedule); }
  SECTION("dtype and shape follow sigma, coefficients are finite, and c_noise rises with sigma") {
    laws::coefficients_follow_sigma(schedule);
  }
}

TEMPLATE_LIST_TEST_CASE("training sigmas", "[schedule][law]", Schedules) {
  laws::training_sigmas_follow_their_law(TestType{});
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
}

TEST_CASE("VP: log1p and expm1 are better than the reference's float32, and the same in float64", "[schedule]") {
  const VpSchedule reference;
  const AccurateVp accurate;
  const auto off = [](const Tensor& got, const Tensor& want) {  // largest relative error
    return ((got.to(kFloat64) - want) / want).abs().max().item().toDouble();
  };
  const Tensor sigma = sigmas(), t = reference.time(sigma);
  REQUIRE(off(accurate.time(sigma), t) < 1e-9);
  REQUIRE(off(accurate.sigma(t), sigma) < 1e-9);

  const Tensor sigma32 = sigma.to(kFloat32), truth = accurate.time(sigma32.to(kFloat64));
  REQUIRE(off(accurate.time(sigma32), truth) < 1e-6);
  REQUIRE(off(reference.time(sigma32), truth) > 1e-2);
  const Tensor small = full({1}, 0.002);
  REQUIRE(std::abs(reference.coefficients(small).c_noise.item().toDouble() - 0.04033) < 5e-6);
  REQUIRE(std::abs(accurate.coefficients(small).c_noise.item().toDouble() - 0.03980) < 5e-6);

  const Tensor t32 = (arange(200, kFloat64) / 199.0 * (1 - 1e-5) + 1e-5).to(kFloat32),
               sigma_truth = accurate.sigma(t32.to(kFloat64));
  REQUIRE(off(accurate.sigma(t32), sigma_truth) < 2e-6);
  REQUIRE(off(reference.sigma(t32), sigma_truth) > 1e-2);

  // The range of sigma: the reference's float32 numbers, and the formula's.
  REQUIRE(reference.sigma_min() == 0.0009765625);
  REQUIRE(std::abs(reference.sigma_max() - 152.1669769) < 1e-6);
  REQUIRE(std::abs(accurate.sigma_min() - std::sqrt(std::expm1(0.5 * 19.9e-10 + 0.1e-5))) < 1e-12);
  REQUIRE(std::abs(accurate.sigma_max() - std::sqrt(std::expm1(0.5 * 19.9 + 0.1))) < 1e-9);
}

TEST_CASE("VP: the arithmetic is a listed parameter", "[schedule]") {
  VpSchedule vp;
  REQUIRE(list_params(vp).back() == std::pair<std::string, std::string>("arithmetic", "reference"));
  set_param(vp, "arithmetic", "accurate");
  REQUIRE(vp.arithmetic == Arithmetic::accurate);
}

TEST_CASE("VE: training sigmas are log-uniform on the range that the network accepts", "[schedule]") {
  const VeSchedule ve;
  const Tensor u = arange(101, kFloat64) / 100.0;
  REQUIRE(apart(ve.training_sigma(u).log(), u * std::log(100 / 0.02) + std::log(0.02)) < 1e-12);
  REQUIRE(ve.sigma_min() == 0.02);
  REQUIRE(ve.sigma_max() == 100);
  REQUIRE(apart(ve.coefficients(sigmas()).c_noise.exp() * 2.0 / sigmas(), ones()) < 1e-12);
}
