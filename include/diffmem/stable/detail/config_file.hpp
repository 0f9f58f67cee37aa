// SPDX-License-Identifier: MIT
// config.json as diffusers and transformers write it, read field by field: a field that nobody asked for is refused.
#pragma once
#include <diffmem/core/json.hpp>
#include <diffmem/net/weights.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem::stable::detail {

class ConfigFile {
 public:
  /// Error if there is no such file, it has more than 1 MB, or is no JSON object.
  explicit ConfigFile(const std::filesystem::path& path);
  /// The same of a text; errors are in the name of `who`.
  ConfigFile(std::string_view text, std::string who);

  /// The field `key`, or `fallback` if it is missing or null.  Error if it is of another type or out of range.
  int integer(const std::string& key, int fallback, int least, int most);
  double number(const std::string& key, double fallback, double least, double most);
  bool flag(const std::string& key, bool fallback);
  std::string text(const std::string& key, const std::string& fallback);
  std::vector<int> integers(const std::string& key, const std::vector<int>& fallback, int least, int most);
  std::vector<std::string> texts(const std::string& key, const std::vector<std::string>& fallback);
  /// An integer or a list of them; one stands for `times`.
  std::vector<int> integer_or_list(const std::string& key, int fallback, std::size_t times, int least, int most);

  /// The field as it is; null if it is missing.
  const nlohmann::json& raw(const std::string& key);
  /// Whether the field is there and null.
  bool is_null(const std::string& key) const { return fields_.contains(key) && fields_[key].is_null(); }
  /// NotSupported unless the field is missing, null, or one of `values`.
  void expect(const std::string& key, const std::vector<nlohmann::json>& values);
  /// Fields that change nothing here.
  void pass_over(const std::vector<std::string>& keys);
  /// NotSupported naming a field that nobody asked for; those that begin with "_" are notes.
  void finish() const;

  const std::string& who() const { return who_; }
  /// Error of this file's field.
  [[noreturn]] void refuse(const std::string& key, const std::string& want) const;

 private:
  std::string who_;
  nlohmann::json fields_;
  std::set<std::string> asked_;
};

}  // namespace diffmem::stable::detail
