// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/params.hpp>

#include <array>
#include <cmath>
#include <limits>

using namespace diffmem;
using Catch::Matchers::Contains;

namespace {

enum class Colour { red, dark_blue };
constexpr std::array<std::string_view, 2> kColours{"red", "dark-blue"};
constexpr const auto& words_of(Colour) { return kColours; }

struct Inner {
  double rate = 0.25;
  std::vector<int> sizes = {1, 2};
  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("rate", p.rate), visit("sizes", p.sizes);
  }
};
struct Outer {
  int count = 3;
  bool on = false;
  std::string word = "a";
  Colour colour = Colour::red;
  std::uint64_t seed = 1;
  Inner inner;
  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("count", p.count), visit("on", p.on), visit("word", p.word), visit("colour", p.colour), visit("seed", p.seed);
    visit("inner", p.inner);
  }
};

}  // namespace

TEST_CASE("every field is listed once, nested ones by their path", "[core][params]") {
  REQUIRE(list_params(Outer{}) == Listing{{"count", "3"},
                                          {"on", "false"},
                                          {"word", "a"},
                                          {"colour", "red"},
                                          {"seed", "1"},
                                          {"inner.rate", "0.25"},
                                          {"inner.sizes", "1,2"}});
}

TEST_CASE("what is listed can be set again, exactly", "[core][params]") {
  Outer from;
  from.count = -7, from.on = true, from.word = "x y,z", from.colour = Colour::dark_blue,
  from.seed = std::numeric_limits<std::uint64_t>::max();
  from.inner.sizes = {5};
  for (const double rate : {0.1, 1e-300, -2.5e17, std::numeric_limits<double>::infinity(), std::nextafter(1.0, 2.0)}) {
    from.inner.rate = rate;
    Outer to;
    for (const auto& [name, text] : list_params(from)) set_param(to, name, text);
    REQUIRE(list_params(to) == list_params(from));
    REQUIRE(to.inner.rate == rate);
    REQUIRE(to.seed == from.seed);
  }
}

TEST_CASE("a text of the wrong type changes nothing and is named", "[core][params]") {
  Outer p;
  for (const auto& [path, text] : std::vector<std::pair<std::string, std::string>>{{"count", ""},
                                                                                   {"count", "1.5"},
                                                                                   {"count", "3x"},
                                                                                   {"count", "99999999999"},
                                                                                   {"on", "yes"},
                                                                                   {"colour", "blue"},
                                                                                   {"seed", "-1"},
                                                                                   {"inner.rate", "fast"},
                                                                                   {"inner.rate", "1,5"},
                                                                                   {"inner.sizes", "1,,2"},
                                                                                   {"inner.sizes", "1,b"},
                                                                                   {"inner.sizes", "1,2,"}}) {
    INFO(path << " = " << text);
    REQUIRE_THROWS_WITH(set_param(p, path, text), Contains("--set " + path) && Contains("\"" + text + "\"") &&
                                                      Contains(path == "colour"        ? "red or dark-blue"
                                                               : path == "inner.sizes" ? "whole numbers with commas"
                                                                                       : "a value like"));
    REQUIRE(list_params(p) == list_params(Outer{}));
  }
}

TEST_CASE("an unknown field is refused with the known ones", "[core][params]") {
  Outer p;
  for (const char* path : {"cuont", "inner", "rate", "inner.", "inner.rate.x", ""})
    REQUIRE_THROWS_WITH(set_param(p, path, "1"), Contains("no field \"" + std::string(path) + "\"") &&
                                                     Contains("count") && Contains("inner.rate"));
}
