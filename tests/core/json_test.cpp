// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/json.hpp>

#include <chrono>

using namespace diffmem;

TEST_CASE("JSON from elsewhere is taken whole, or not at all", "[core]") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  for (const std::string& text :
       {std::string("7"), std::string(R"({"a": 1, "b": {"a": 2}})"), std::string(R"([{"a": 1}, {"a": 2}])"),
        std::string(R"({"a": [[{"b": 1}], {"b": 2}], "b": {"a": {"a": 3}, "b": 4}, "c": []})"), nested(kDeepestJson)}) {
    INFO(text);
    REQUIRE(parse_json(text) == nlohmann::json::parse(text));
    REQUIRE(parse_json<nlohmann::ordered_json>(text) == nlohmann::ordered_json::parse(text));
  }
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{} {}"), std::string("\"\xff\""), std::string("{}\0", 3),
        nested(kDeepestJson + 1), nested(100'000), std::string(R"({"a": 1, "a": 1})"),
        std::string(R"({"a": 1, "b": {"c": 1}, "\u0061": 1})"), std::string(R"([[{"a": {"b": [{}], "b": 1}}]])"),
        std::string(R"([{"a": [{"b": 1}, {"b": 1}], "a": 1}])")}) {
    INFO(text.substr(0, 100));
    REQUIRE(parse_json(text).is_discarded());
  }
}

TEST_CASE("lists are bounded on request, each by itself", "[core]") {
  REQUIRE(parse_json(R"([[1, 2, 3], {"a": [{}, [], 0], "b": 1, "c": 2, "d": 3}, 3])", 3).size() == 3);
  for (const auto* text : {"[1, 2, 3, 4]", "[[[1, 2, 3, null]]]", R"({"a": [{}, [], "", 0.5]})"})
    REQUIRE(parse_json(text, 3).is_discarded());
}

TEST_CASE("an object of many objects is read in time that grows with their number", "[core]") {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += '"' + std::to_string(i) + "\": {}, ";
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(parse_json(text + "\"z\": {}}").size() == 300'001);
  REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));  // a second; by the square, minutes
}
