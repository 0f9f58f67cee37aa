// SPDX-License-Identifier: MIT
#include <diffmem/core/json.hpp>
#include <diffmem/train/saved_model.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string>

namespace diffmem {
namespace {

using nlohmann::json;

/// Chooses the policy called `word`.
template <class AnyPolicy>
void choose(AnyPolicy& policy, const std::string& word, const std::string& who) {
  try {
    policy.choose(word);
  } catch (const Error&) {
    throw NotSupported(who, fmt::format("{} = {}", word_of(AnyPolicy::role), word),
                       fmt::format("one of {}", fmt::join(AnyPolicy::words(), ", ")),
                       "sample it with the program that has this policy");
  }
}

/// Words and parameters as weights_of writes them.
void read_listing(AnyDesign& design, const SafeTensors& file) {
  AnyDesign::each(design, [&](std::string_view role, auto& policy) {
    if (const auto word = file.metadata.find(std::string(role)); word != file.metadata.end())
      choose(policy, word->second, file.source);
  });
  for (const auto& [name, text] : file.metadata)
    for (const std::string_view role : kRoleWords)
      if (name.starts_with(fmt::format("{}.", role)) && !try_set_param(design, name, text, file.source))
        throw Error(file.source, fmt::format("{} = {}", name, text), "a parameter of the policy it was trained with",
                    "write the file again");
}

/// A number of the reference's preconditioner and ours of the schedule.
struct Renamed {
  const char *schedule, *theirs, *ours;
};
constexpr std::array kNumbers{Renamed{"vp", "beta_d", "beta_d"},
                              Renamed{"vp", "beta_min", "beta_min"},
                              Renamed{"vp", "M", "steps"},
                              Renamed{"vp", "epsilon_t", "epsilon_t"},
                              Renamed{"ve", "sigma_min", "smallest"},
                              Renamed{"ve", "sigma_max", "largest"},
                              Renamed{"edm", "sigma_data", "sigma_data"}};

/// Schedule and embedding as tools/edm_to_safetensors writes them.
void read_reference(AnyDesign& design, const SafeTensors& file) {
  const auto object = [&](const std::string& key) {
    const auto found = file.metadata.find(key);
    const json value = found == file.metadata.end() ? json::object() : parse_json(found->second);
    if (!value.is_object())
      throw Error(file.source, fmt::format("a {} that is not a JSON object", key),
                  "what tools/edm_to_safetensors writes", "write the file again");
    return value;
  };
  const auto word = [&](const json& value) {
    if (!value.is_string())
      throw Error(file.source, "a policy that is not a word", "what tools/edm_to_safetensors writes",
                  "write the file again");
    return value.get<std::string>();
  };
  if (const json config = object("config"); config.contains("embedding_type"))
    choose(design.embedding, word(config["embedding_type"]), file.source);
  const json precond = object("precond");
  if (precond.empty()) return;
  const std::string schedule = word(precond.value("name", json()));
  choose(design.schedule, schedule, file.source);
  for (const auto& [name, value] : precond.items()) {
    if (name == "name" || name == "use_fp16") continue;  // here all is computed in float32
    const std::string text = value.is_number() ? value.dump() : "no number";
    bool known = false;
    for (const Renamed& number : kNumbers)
      if (schedule == number.schedule && name == number.theirs)
        set_param(design.schedule, number.ours, text, file.source), known = true;
    if (!known && !(schedule == "edm" && name == "sigma_min" && value == 0))
      throw NotSupported(file.source, fmt::format("{} = {} of precond {}", name, text, schedule),
                         "a schedule without it", "this network is not supported");
  }
}

/// Finds the family that makes `net`; if the file tells it, only that one counts.
void find_family(AnyFamily& family, const UNetConfig& net, bool told, const std::string& who) {
  const auto makes = [&](const AnyFamily& f) {
    UNetConfig made = net;
    f.configure(made);
    return list_params(made) == list_params(net);
  };
  if (makes(family)) return;
  for (const std::string_view word : AnyFamily::words()) {
    AnyFamily other;
    other.choose(word);
    if (!told && makes(other)) return void(family = other);
  }
  throw NotSupported(who,
                     fmt::format("noise_mult = {}, filter = {}, encoder = {}", net.noise_mult, to_text(net.filter),
                                 to_text(net.encoder)),
                     fmt::format("those of family {}", told ? std::string(family.name)
                                                            : fmt::format("{}", fmt::join(AnyFamily::words(), " or "))),
                     "this network is not supported");
}

}  // namespace

SafeTensors weights_of(const UNetModel& model) {
  SafeTensors file = weights_of(model.net());
  for (auto& [name, text] : model.policies()) file.metadata[name] = text;
  return file;
}

SavedModel saved_model(const SafeTensors& file, std::string_view prefix) {
  SavedModel saved{.design = {}, .net = network_of(file)};
  read_listing(saved.design, file);
  read_reference(saved.design, file);
  find_family(saved.design.family, saved.net, file.metadata.contains("family"), file.source);
  saved.design.validate();
  const Model<AnyDesign> shape(saved.design, saved.net, 0, at::kMeta);
  check_weights(shape.net(), file, prefix);
  return saved;
}

}  // namespace diffmem
