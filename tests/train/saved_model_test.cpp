// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "train/tiny.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/embedding/fourier.hpp>
#include <diffmem/sampler/ddim.hpp>
#include <diffmem/sampler/sde.hpp>
#include <diffmem/schedule/ve.hpp>
#include <diffmem/skip/dropped.hpp>
#include <diffmem/skip/runtime.hpp>
#include <diffmem/train/saved_model.hpp>

using namespace diffmem;

namespace {

/// Images of a file's model, as a program that knows nothing else makes them.
std::vector<std::uint8_t> images_of(const SafeTensors& file, GenerateOptions options, const std::string& prefix = "") {
  const SavedModel saved = saved_model(file, prefix);
  Model<AnyDesign> model(saved.design, saved.net);
  load_weights(model.net(), file, prefix);
  options.shape = {saved.net.channels, saved.net.resolution, saved.net.resolution};
  options.classes = saved.net.label_dim;
  return generate(saved.design.sampler, model, model.sigma_range(), options);
}

/// Trains a little, writes the average and reads it: the same policies, and the same images.
template <class D>
void check_round_trip(const D& design) {
  INFO(design.slug());
  const TestFolder folder;
  Trainer<D> trainer(design, tiny::net(), tiny::params(), tiny::images());
  for (int i = 0; i < 4; ++i) trainer.step();
  write_file_atomically(folder.path / "w", to_safetensors(weights_of(trainer.average())));
  const SafeTensors file = read_safetensors(folder.path / "w");
  const SavedModel saved = saved_model(file);
  REQUIRE(list_params(saved.net) == list_params(trainer.average().net().config()));
  REQUIRE(saved.design.schedule.variate == Variate(design.schedule.variate));
  for (const auto& [name, text] : list_params(design)) {
    INFO(name);
    const Listing all = list_params(saved.design);
    REQUIRE(std::find(all.begin(), all.end(), std::pair{name, text}) != all.end());
  }
  const GenerateOptions options{.seed = 3, .images = 5, .batch = 2};
  REQUIRE(images_of(file, options) == trainer.generate(options));
}

SafeTensors file_of(const std::string& fixture) {
  return read_safetensors(std::filesystem::path(__FILE__).parent_path() / "../fixtures" / (fixture + ".safetensors"));
}

}  // namespace

TEST_CASE("a model is written and read back: the same policies, the same images", "[train][weights]") {
  check_round_trip(
      tiny::Base{.schedule = {.beta_d = 18.5, .arithmetic = Arithmetic::accurate}, .sampler = {.steps = 5}});
  check_round_trip(with<with<tiny::Base, EdmSchedule>, TrueLabels>{.schedule = {.sigma_data = 0.3},
                                                                   .sampler = {.steps = 4, .churn = 3}});
  check_round_trip(with<with<with<with<tiny::Base, VeSchedule>, Fourier>, NcsnPp>, Ddim>{
      .embedding = {.scale = 7.5}, .sampler = {.levels = {.steps = 6}}});
  check_round_trip(with<with<tiny::Base, Skips<"11 01">>, ReverseSde>{.sampler = {.levels = {.steps = 7}}});
  check_round_trip(with<tiny::Base, Dropped<Skips<"1001">>>{.sampler = {.steps = 4}});
  check_round_trip(with<tiny::Base, RuntimeSkips>{.skip = {.text = "10 11"}, .sampler = {.steps = 4}});
  check_round_trip(
      with<tiny::Base, Dropped<RuntimeSkips>>{.skip = {.kept = {.text = "0111"}}, .sampler = {.steps = 4}});
}

TEST_CASE("a file without policies has the menus' first, and the family that its network tells", "[train][weights]") {
  Trainer<with<with<tiny::Base, NcsnPp>, EdmSchedule>> trainer({}, tiny::net(), tiny::params(), tiny::images());
  const SafeTensors bare = weights_of(trainer.average().net());
  REQUIRE(saved_model(bare).design.slug() == "vp-positional-ncsnpp-all-none-heun");
  REQUIRE(images_of(bare, {.images = 2}).size() == 2 * 64);
}

TEST_CASE("a golden network of the reference is read", "[train][weights]") {
  for (const auto& [fixture, slug] : {std::pair{"songunet_ddpmpp_16x1", "vp-positional-ddpmpp-all-none-heun"},
                                      {"songunet_ncsnpp_16x3", "vp-fourier-ncsnpp-all-none-heun"},
                                      {"songunet_ddpmpp_fourier_16x3", "vp-fourier-ddpmpp-all-none-heun"},
                                      {"songunet_ddpmpp_32x3_cond", "vp-positional-ddpmpp-all-none-heun"}}) {
    const SafeTensors file = file_of(fixture);
    REQUIRE(saved_model(file, "w.").design.slug() == slug);
    REQUIRE(says(complaint([&] { saved_model(file); }), file.source, {"no tensor", "how its names begin"}));
  }
}

TEST_CASE("the reference's preconditioner is a schedule with its numbers", "[train][weights]") {
  SafeTensors file = file_of("songunet_ddpmpp_16x1");
  file.source = "file";
  const auto schedule = [&](const std::string& precond) {
    file.metadata["precond"] = precond;
    const AnyDesign design = saved_model(file, "w.").design;
    return std::pair{std::string(design.schedule.name), list_params(design.schedule)};
  };
  REQUIRE(
      schedule(R"({"name": "vp", "use_fp16": false, "beta_d": 19.5, "beta_min": 0.2, "M": 500, "epsilon_t": 0.001})") ==
      std::pair{std::string("vp"), Listing{{"beta_d", "19.5"},
                                           {"beta_min", "0.2"},
                                           {"epsilon_t", "0.001"},
                                           {"steps", "500"},
                                           {"arithmetic", "reference"}}});
  REQUIRE(schedule(R"({"name": "ve", "sigma_min": 0.03, "sigma_max": 90})") ==
          std::pair{std::string("ve"), Listing{{"smallest", "0.03"}, {"largest", "90"}}});
  REQUIRE(schedule(R"({"name": "edm", "use_fp16": true, "sigma_min": 0, "sigma_data": 0.25})").second.front() ==
          std::pair{std::string("sigma_data"), std::string("0.25")});

  const auto refusal = [&](const std::string& key, const std::string& text) {
    SafeTensors bad = file;
    bad.metadata[key] = text;
    return complaint([&] { saved_model(bad, "w."); });
  };
  for (const auto& [text, word] : {std::pair{R"({"name": "iddpm"})", "schedule = iddpm"},
                                   {R"({"name": "vp", "sigma_data": 1})", "sigma_data = 1 of precond vp"},
                                   {R"({"name": "edm", "sigma_min": 0.1})", "sigma_min = 0.1 of precond edm"},
                                   {R"({"name": 7})", "a policy that is not a word"},
                                   {R"({"beta_d": 7})", "a policy that is not a word"},
                                   {"[1]", "a precond that is not a JSON object"},
                                   {"{", "a precond that is not a JSON object"}}) {
    INFO(text);
    REQUIRE(says(refusal("precond", text), "file", {word}));
  }
  REQUIRE(says(refusal("precond", R"({"name": "vp", "beta_d": [[1]]})"), "file beta_d", {"no number"}));
  REQUIRE(says(refusal("precond", R"({"name": "vp", "beta_d": -1})"), "schedule vp", {"beta_d = -1"}));
  std::string config = file.metadata.at("config");
  config.replace(config.find("positional"), 10, "wavelets..");
  file.metadata["precond"] = "{}";
  REQUIRE(says(refusal("config", config), "file", {"embedding = wavelets..", "positional, fourier"}));
}

TEST_CASE("what a file says of its policies is checked", "[train][weights]") {
  Trainer<tiny::Base> trainer({}, tiny::net(), tiny::params(), tiny::images());
  SafeTensors good = weights_of(trainer.average());
  good.source = "file";
  const auto refusal = [&](const std::string& key, const std::string& text) {
    SafeTensors file = good;
    file.metadata[key] = text;
    return complaint([&] { saved_model(file); });
  };
  REQUIRE(refusal("comment", "anything else").empty());
  for (const std::string_view role : kRoleWords) {
    const std::string word(role);
    INFO(word);
    SafeTensors file = good;
    file.metadata[word] = "cosine";
    REQUIRE_THROWS_AS(saved_model(file), NotSupported);
    REQUIRE(says(refusal(word, "cosine"), "file", {word + " = cosine", "one of", "program that has this policy"}));
    REQUIRE(says(refusal(word + ".wings", "2"), "file", {word + ".wings = 2"}));
  }
  REQUIRE(says(refusal("schedule.beta_d", "fast"), "file schedule.beta_d", {"\"fast\""}));
  for (const auto& [key, text, word] : {std::tuple{"schedule.beta_d", "-1", "beta_d = -1"},
                                        {"schedule.beta_d", "inf", "beta_d = inf"},
                                        {"schedule.beta_min", "nan", "beta_min = nan"},
                                        {"schedule.epsilon_t", "0", "epsilon_t = 0"},
                                        {"schedule.steps", "1", "steps = 1"},
                                        {"embedding.max_positions", "0", "max_positions = 0"},
                                        {"sampler.steps", "0", "0 noise levels"},
                                        {"sampler.steps", "2000000000", "2000000000 noise levels"},
                                        {"skip", "11", "a skip mask of 2 digits"},
                                        {"net.filter", "1,3,3,1", "those of family ddpmpp"},
                                        {"family", "ncsnpp", "those of family ncsnpp"},
                                        {"net.blocks", "2", "no tensor enc.8x8_block1"}}) {
    INFO(key << " = " << text);
    REQUIRE(refusal(key, text).find(word) != std::string::npos);
  }
  good.metadata.erase("family");
  REQUIRE(says(refusal("net.noise_mult", "3"), "file", {"noise_mult = 3", "ddpmpp or ncsnpp"}));
}

TEST_CASE("schedules and embeddings refuse numbers out of range", "[train][weights]") {
  const auto refuses = [](const auto& policy, std::string_view who, std::string_view word) {
    INFO(word);
    REQUIRE(says(complaint([&] { policy.validate(); }), who, {word}));
  };
  for (const double bad : {0.0, -1.0, double(INFINITY), double(NAN)}) {
    refuses(EdmSchedule{.sigma_data = bad}, "schedule edm", "sigma_data");
    refuses(VeSchedule{.smallest = bad}, "schedule ve", "smallest");
    refuses(VpSchedule{.beta_d = bad}, "schedule vp", "beta_d");
    refuses(Fourier{.scale = bad}, "embedding fourier", "scale");
    refuses(Positional{.max_positions = bad}, "embedding positional", "max_positions");
  }
  refuses(EdmSchedule{.p_mean = NAN}, "schedule edm", "p_mean");
  refuses(EdmSchedule{.p_std = -1}, "schedule edm", "p_std");
  refuses(VeSchedule{.largest = INFINITY}, "schedule ve", "largest");
  refuses(VeSchedule{.smallest = 1, .largest = 1}, "schedule ve", "smallest");
  refuses(VpSchedule{.beta_min = -0.1}, "schedule vp", "beta_min");
  refuses(VpSchedule{.epsilon_t = 1}, "schedule vp", "epsilon_t");
  refuses(VpSchedule{.steps = 1}, "schedule vp", "steps");
}
