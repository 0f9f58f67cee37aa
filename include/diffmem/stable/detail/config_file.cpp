// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/stable/detail/config_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace diffmem::stable::detail {

using nlohmann::json;

namespace {
constexpr std::uint64_t kLargest = 1 << 20;  // bytes
}

ConfigFile::ConfigFile(const std::filesystem::path& path) : ConfigFile(read_file(path, kLargest), path.string()) {}

ConfigFile::ConfigFile(std::string_view text, std::string who) : who_(std::move(who)), fields_(parse_json(text)) {
  if (!fields_.is_object())
    throw Error(who_, "no JSON object", "a configuration as diffusers writes it", "fetch or write the file again");
}

void ConfigFile::refuse(const std::string& key, const std::string& want) const {
  const auto found = fields_.find(key);
  const std::string value =
      found == fields_.end() ? "nothing" : found->dump(-1, ' ', true, json::error_handler_t::replace);
  throw Error(who_, fmt::format("{} = {}", key, value.substr(0, 200)), want, "correct the file");
}

const json& ConfigFile::raw(const std::string& key) {
  static const json nothing;
  asked_.insert(key);
  const auto found = fields_.find(key);
  return found == fields_.end() ? nothing : *found;
}

int ConfigFile::integer(const std::string& key, int fallback, int least, int most) {
  const json& value = raw(key);
  if (value.is_null()) return fallback;
  const std::string want = fmt::format("a whole number, {} to {}", least, most);
  if (!value.is_number_integer() || value < least || value > most) refuse(key, want);
  return value.get<int>();
}

double ConfigFile::number(const std::string& key, double fallback, double least, double most) {
  const json& value = raw(key);
  if (value.is_null()) return fallback;
  if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= most))
    refuse(key, fmt::format("a number, {} to {}", least, most));
  return value.get<double>();
}

bool ConfigFile::flag(const std::string& key, bool fallback) {
  const json& value = raw(key);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) refuse(key, "true or false");
  return value.get<bool>();
}

std::string ConfigFile::text(const std::string& key, const std::string& fallback) {
  const json& value = raw(key);
  if (value.is_null()) return fallback;
  if (!value.is_string()) refuse(key, "a text");
  return value.get<std::string>();
}

std::vector<int> ConfigFile::integers(const std::string& key, const std::vector<int>& fallback, int least, int most) {
  const json& value = raw(key);
  if (value.is_null()) return fallback;
  const bool right = value.is_array() && value.size() <= 64 && std::ranges::all_of(value, [&](const json& v) {
                       return v.is_number_integer() && v >= least && v <= most;
                     });
  if (!right) refuse(key, fmt::format("at most 64 whole numbers, {} to {}", least, most));
  return value.get<std::vector<int>>();
}

std::vector<int> ConfigFile::integer_or_list(const std::string& key, int fallback, std::size_t times, int least,
                                             int most) {
  if (!raw(key).is_array()) return std::vector<int>(times, integer(key, fallback, least, most));
  std::vector<int> list = integers(key, {}, least, most);
  if (list.size() != times) refuse(key, fmt::format("one number, or {}", times));
  return list;
}

std::vector<std::string> ConfigFile::texts(const std::string& key, const std::vector<std::string>& fallback) {
  const json& value = raw(key);
  if (value.is_null()) return fallback;
  const bool right =
      value.is_array() && value.size() <= 64 && std::ranges::all_of(value, [](const json& v) { return v.is_string(); });
  if (!right) refuse(key, "at most 64 texts");
  return value.get<std::vector<std::string>>();
}

void ConfigFile::expect(const std::string& key, const std::vector<json>& values) {
  const json& value = raw(key);
  if (value.is_null() || std::ranges::find(values, value) != values.end()) return;
  throw NotSupported(who_, fmt::format("{} = {}", key, value.dump(-1, ' ', true, json::error_handler_t::replace)),
                     values.empty() ? "no such field" : json(values).dump(), "this network is not supported");
}

void ConfigFile::pass_over(const std::vector<std::string>& keys) { asked_.insert(keys.begin(), keys.end()); }

void ConfigFile::finish() const {
  for (const auto& [key, value] : fields_.items())
    if (!key.starts_with('_') && !asked_.contains(key) && !value.is_null())
      throw NotSupported(who_, fmt::format("{} = {}", key, value.dump(-1, ' ', true, json::error_handler_t::replace)),
                         "no field of this name", "this network is not supported");
}

}  // namespace diffmem::stable::detail
