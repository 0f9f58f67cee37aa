// SPDX-License-Identifier: MIT
#include <diffmem/core/params.hpp>
#include <diffmem/stable/detail/config_file.hpp>
#include <diffmem/stable/scheduler.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace diffmem::stable {
namespace {

/// The worded field `key`.
template <class E>
E word(detail::ConfigFile& file, const std::string& key, E fallback) {
  const std::string text = file.text(key, to_text(fallback));
  if (E value{}; from_text(text, value)) return value;
  throw NotSupported(file.who(), fmt::format("{} = {}", key, text),
                     fmt::format("one of {}", fmt::join(words_of(E{}), ", ")), "this scheduler is not supported");
}

}  // namespace

SchedulerConfig SchedulerConfig::read(const std::filesystem::path& path) {
  detail::ConfigFile file(path);
  SchedulerConfig c;
  c.noise.total = file.integer("num_train_timesteps", 1000, 1, 1'000'000);
  c.noise.beta_start = file.number("beta_start", 0.0001, 1e-12, 1);
  c.noise.beta_end = file.number("beta_end", 0.02, 1e-12, 1);
  c.noise.betas = word(file, "beta_schedule", Betas::linear);
  c.prediction = word(file, "prediction_type", Prediction::epsilon);
  c.spacing = word(file, "timestep_spacing", Spacing::leading);
  c.offset = file.integer("steps_offset", 0, 0, 1'000'000);
  c.to_one = file.flag("set_alpha_to_one", true);
  file.expect("trained_betas", {});
  for (const char* key : {"clip_sample", "thresholding", "rescale_betas_zero_snr"}) file.expect(key, {false});
  c.noise.validate(file.who());
  return c;  // what else there is belongs to a sampler of another class
}

std::string SchedulerConfig::to_json() const {
  return nlohmann::ordered_json{{"_class_name", "DDIMScheduler"},
                                {"num_train_timesteps", noise.total},
                                {"beta_start", noise.beta_start},
                                {"beta_end", noise.beta_end},
                                {"beta_schedule", to_text(noise.betas)},
                                {"prediction_type", to_text(prediction)},
                                {"timestep_spacing", to_text(spacing)},
                                {"steps_offset", offset},
                                {"set_alpha_to_one", to_one},
                                {"clip_sample", false}}
             .dump(2) +
         "\n";
}

void SchedulerConfig::tell(DdpmSchedule& schedule, SpacedDdim& sampler) const {
  schedule.steps = noise, schedule.prediction = prediction;
  sampler.at.noise = noise, sampler.at.spacing = spacing, sampler.at.offset = offset, sampler.to_one = to_one;
}

void SchedulerConfig::tell(DdpmSchedule& schedule, SpacedDdpm& sampler) const {
  schedule.steps = noise, schedule.prediction = prediction;
  sampler.at.noise = noise, sampler.at.spacing = spacing, sampler.at.offset = offset;
}

}  // namespace diffmem::stable
