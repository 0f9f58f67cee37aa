// SPDX-License-Identifier: MIT
// The schedule of discrete steps (Ho et al. 2020) that Stable Diffusion's U-Nets were trained with.
#pragma once
#include <diffmem/schedule/concept.hpp>
#include <diffmem/schedule/steps.hpp>

#include <array>
#include <mutex>
#include <optional>

namespace diffmem {

/// What the network gives of x_t = sqrt(a) x + sqrt(1-a) eps.
enum class Prediction {
  epsilon,       ///< eps
  v_prediction,  ///< sqrt(a) eps - sqrt(1-a) x (Salimans & Ho 2022)
  sample,        ///< x
};
inline constexpr std::array<std::string_view, 3> kPredictionWords{"epsilon", "v_prediction", "sample"};
constexpr const auto& words_of(Prediction) { return kPredictionWords; }

namespace detail {

/// The levels of NoiseSteps on a device, kept from call to call.
class LevelTable {
 public:
  LevelTable() = default;
  LevelTable(const LevelTable&) {}  // a copy makes its own
  LevelTable& operator=(const LevelTable&) { return kept_.reset(), *this; }

  struct Levels {
    Tensor sigma;   ///< float32 [T], rising
    Tensor middle;  ///< float32 [T-1], the geometric means of neighbours
  };
  Levels of(const NoiseSteps& steps, at::Device device) const;

 private:
  struct Kept {
    NoiseSteps steps;
    at::Device device;
    Levels levels;
  };
  mutable std::mutex mutex_;
  mutable std::optional<Kept> kept_;
};

}  // namespace detail

/// Training sigma: that of a step drawn evenly from 0 ... T-1.  The network sees x_t and t, the step whose level is
/// nearest by ratio, and has to give `prediction`; the loss is that prediction's squared error.
struct DdpmSchedule {
  static constexpr Role role = Role::schedule;
  static constexpr std::string_view name = "ddpm";
  static constexpr Variate variate = Variate::uniform;

  NoiseSteps steps = {};
  Prediction prediction = Prediction::epsilon;

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    NoiseSteps::each(s.steps, visit), visit("prediction", s.prediction);
  }
  void validate() const { steps.validate("schedule ddpm"); }

  Coefficients coefficients(const Tensor& sigma) const;
  Tensor loss_weight(const Tensor& sigma) const;
  /// sigma_t of t = floor(u T), u uniform on [0, 1).
  Tensor training_sigma(const Tensor& u) const;
  double sigma_min() const { return steps.levels().front(); }
  double sigma_max() const { return steps.levels().back(); }

 private:
  detail::LevelTable table_;
};
static_assert(NoiseSchedule<DdpmSchedule>);

}  // namespace diffmem
