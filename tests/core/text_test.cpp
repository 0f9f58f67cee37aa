// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/text.hpp>

#include <cmath>

using namespace diffmem;

TEST_CASE("durations and counts as people read them", "[core][text]") {
  REQUIRE(duration_text(0) == "0.0 s");
  REQUIRE(duration_text(9.94) == "9.9 s");
  REQUIRE(duration_text(9.96) == "10 s");
  REQUIRE(duration_text(59.4) == "59 s");
  REQUIRE(duration_text(59.6) == "1 min 00 s");
  REQUIRE(duration_text(3599.6) == "1 h 00 min");
  REQUIRE(duration_text(3600 * 1234.0 + 61) == "1,234 h 01 min");
  for (const double none : {-1.0, std::nan(""), HUGE_VAL}) REQUIRE(duration_text(none) == "–");
  REQUIRE(count_text(0) == "0");
  REQUIRE(count_text(999) == "999");
  REQUIRE(count_text(1000) == "1,000");
  REQUIRE(count_text(-1234567) == "-1,234,567");
}

TEST_CASE("names are told nearest first", "[core][text]") {
  const std::vector<std::string> names{"sample.seed", "train.ema", "train.lr", "train.length"};
  for (const char* word : {"train.lrr", "train.rl", "trainlr", "train.l", "train.lr"}) {
    INFO(word);
    REQUIRE(nearest_first(names, word).front() == "train.lr");
  }
  REQUIRE(nearest_first(names, "sample.sed") ==
          std::vector<std::string>{"sample.seed", "train.ema", "train.lr", "train.length"});
  REQUIRE(nearest_first({"b", "a"}, "") == std::vector<std::string>{"b", "a"});  // equals keep their order
}

TEST_CASE("UTF-8 is told from what is none", "[core][text]") {
  for (const char* text : {"", "a", "\u00f6", "\u2713", "\U0001f600", "a\u00f6\u2713\U0001f600z"})
    REQUIRE(is_utf8(text));
  for (const char* text : {"\xf6", "a\xc3", "\x80", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x9c", "\xe2\x9cz"}) {
    INFO(text);
    REQUIRE(!is_utf8(text));
  }
}
