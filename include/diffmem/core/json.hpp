// SPDX-License-Identifier: MIT
// JSON from elsewhere.
#pragma once
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace diffmem {

/// nlohmann copies and writes JSON by recursion, so that a deep one ends the stack.
inline constexpr std::size_t kDeepestJson = 64;

namespace detail {

/// Reads JSON and makes nothing of it: nlohmann's handler of events, each of which says whether to go on.
class JsonCheck {
 public:
  explicit JsonCheck(std::size_t longest) : longest_(longest) {}

  bool null() { return value(); }
  bool boolean(bool) { return value(); }
  bool number_integer(std::int64_t) { return value(); }
  bool number_unsigned(std::uint64_t) { return value(); }
  bool number_float(double, const std::string&) { return value(); }
  bool string(std::string&) { return value(); }
  bool binary(nlohmann::json::binary_t&) { return value(); }
  bool start_object(std::size_t) { return value() && open(false); }
  bool start_array(std::size_t) { return value() && open(true); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& key) { return open_.back().keys.insert(std::move(key)).second; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }

 private:
  struct Open {
    bool list;
    std::size_t length = 0;
    std::unordered_set<std::string> keys{};
  };

  bool value() { return open_.empty() || !open_.back().list || ++open_.back().length <= longest_; }
  bool open(bool list) {
    open_.push_back({list});
    return open_.size() <= kDeepestJson;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t longest_;
  std::vector<Open> open_;
};

}  // namespace detail

/// `text` as JSON; what is_discarded() if it is none, nested deeper than kDeepestJson, has a list of more than `longest`
/// values, or a key twice in one object, of which nlohmann takes the last and others the first.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text, std::size_t longest = std::numeric_limits<std::size_t>::max()) {
  // Checked beforehand: nlohmann's own filter looks at all values of an object each time that one of them ends.
  detail::JsonCheck check(longest);
  const bool sound = text.find('\0') == text.npos && nlohmann::json::sax_parse(text, &check);  // '\0': for it the end
  return sound ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
}

}  // namespace diffmem
