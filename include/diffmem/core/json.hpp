// SPDX-License-Identifier: MIT
// JSON from elsewhere.
#pragma once
#include <nlohmann/json.hpp>

#include <string_view>

namespace diffmem {

/// nlohmann copies and writes JSON by recursion, so that a deep one ends the stack.
inline constexpr int kDeepestJson = 64;

/// `text` as JSON; what is_discarded() if it is none, or nested deeper than kDeepestJson.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text) {
  bool shallow = true;
  Json value = Json::parse(
      text, [&](int depth, auto, const auto&) { return shallow = shallow && depth <= kDeepestJson; }, false);
  return shallow ? value : Json(Json::value_t::discarded);
}

}  // namespace diffmem
