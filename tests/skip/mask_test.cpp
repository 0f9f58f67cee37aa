// SPDX-License-Identifier: MIT
#include "complaint.hpp"
#include "skip/laws.hpp"

#include <diffmem/skip/dropped.hpp>
#include <diffmem/skip/generate.hpp>
#include <diffmem/skip/runtime.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

using namespace diffmem;

namespace {

constexpr EncoderShape kCifar{.resolution = 32, .levels = 3, .blocks = 2};
constexpr EncoderShape kFfhq{.resolution = 64, .levels = 4, .blocks = 2};

template <MaskText A, MaskText B>
constexpr bool same = std::is_same_v<Skips<A>, Skips<B>>;

static_assert(same<keep_at(kCifar, 32, 2), "110 000 000">);
static_assert(same<keep_at(kCifar, 16, 1), "000 100 000">);
static_assert(same<keep_at(kCifar, 8, 3), "000 000 111">);
static_assert(same<keep_at(kCifar, 16, 2, 1), "000 101 000">);
static_assert(same<keep_at(kCifar, 16, 2, 2), "000 011 000">);
static_assert(same<keep_at(kFfhq, 8, 1, 2), "000 000 000 001">);
static_assert(same<keep_at({.resolution = 16, .levels = 2, .blocks = 1}, 8, 0), "00 00">);
static_assert(same<delete_at(kCifar, 32, 3), "000 111 111">);
static_assert(same<delete_at(kCifar, 8, 1, 1), "111 111 101">);
static_assert(same<delete_at(kFfhq, 16, 2), "111 111 001 111">);
static_assert(same<keep_only(kCifar, 0), "100 000 000">);
static_assert(same<keep_only(kFfhq, 11), "000 000 000 001">);
static_assert(same<keep_random(kCifar, 9, 1), "111 111 111">);
static_assert(same<keep_random(kCifar, 0, 1), "000 000 000">);
static_assert(same<keep_random(kFfhq, 5, 3), keep_random(kFfhq, 5, 3)>);
static_assert(!same<keep_random(kFfhq, 5, 3), keep_random(kFfhq, 5, 4)>);
// The deepest net of the paper, and one deeper than any.
static_assert(Skips<keep_only({.blocks = 12}, 38)>::name.size() == 39);
constexpr std::string_view kDeep = Skips<keep_at({.resolution = 128, .levels = 8, .blocks = 31}, 1, 32)>::name;
constexpr bool all(std::string_view text, char digit) {  // find() is no constant under -fsanitize=undefined
  for (const char letter : text)
    if (letter != digit) return false;
  return true;
}
static_assert(kDeep.size() == 256 && all(kDeep.substr(0, 224), '0') && all(kDeep.substr(224), '1'));

/// The texts of one generator for arguments 0 ... n-1.
template <class Make, std::size_t... I>
std::vector<std::string> texts(Make, std::index_sequence<I...>) {
  return {std::string(Skips<Make{}(I)>::name)...};
}
std::int64_t ones(const std::string& text) { return std::count(text.begin(), text.end(), '1'); }

}  // namespace

TEMPLATE_TEST_CASE("a mask fits its network, and changes its size only by dropping", "[skip][law]", AllSkips,
                   Skips<"111 000 111">, Skips<"01">, Skips<"1111">, RuntimeSkips, Dropped<Skips<"110 001">>,
                   Dropped<Skips<"11">>, Dropped<RuntimeSkips>) {
  laws::lists_its_parameters<TestType>();
  laws::fits_its_network(TestType{});
}

TEST_CASE("keep_at and delete_at go through every choice once", "[skip]") {
  REQUIRE(choices(3, 0) == 1);
  REQUIRE(choices(3, 4) == 0);
  REQUIRE(choices(13, 6) == 1716);
  static constexpr EncoderShape net{.resolution = 32, .levels = 3, .blocks = 4};
  static_assert(choices(5, 3) == 10);
  struct Keep {
    consteval MaskText operator()(std::size_t i) const { return keep_at(net, 16, 3, static_cast<std::int64_t>(i)); }
  };
  struct Delete {
    consteval MaskText operator()(std::size_t i) const { return delete_at(net, 16, 3, static_cast<std::int64_t>(i)); }
  };
  auto kept = texts(Keep{}, std::make_index_sequence<10>{});
  REQUIRE(std::is_sorted(kept.rbegin(), kept.rend()));  // the first made skips first
  REQUIRE(std::set(kept.begin(), kept.end()).size() == 10);
  for (const std::string& text : kept) {
    REQUIRE(ones(text) == 3);
    REQUIRE(ones(text.substr(5, 5)) == 3);
  }
  auto deleted = texts(Delete{}, std::make_index_sequence<10>{});
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t k = 0; k < 15; ++k) REQUIRE((kept[i][k] == '1') == (deleted[i][k] == '0'));
}

TEST_CASE("keep_random keeps m, each of them as often as the others", "[skip]") {
  struct Random {
    consteval MaskText operator()(std::size_t seed) const { return keep_random(kCifar, 3, seed); }
  };
  const auto masks = texts(Random{}, std::make_index_sequence<300>{});
  std::vector<int> kept(9);
  for (const std::string& text : masks) {
    REQUIRE(ones(text) == 3);
    for (std::size_t k = 0; k < 9; ++k) kept[k] += text[k] == '1';
  }
  for (const int count : kept) REQUIRE(std::abs(count - 100) < 4 * std::sqrt(300 * (1.0 / 3) * (2.0 / 3)));
  REQUIRE(std::set(masks.begin(), masks.end()).size() > 75);  // of 84, all equally likely: 82 expected
}

TEST_CASE("a run-time mask says what the same text says at compile time", "[skip]") {
  using Fixed = Skips<"101 000 011">;
  const SkipMask fixed = Fixed{}.mask(), read = RuntimeSkips{.text = "101000011"}.mask();
  REQUIRE(read.size() == 9);
  for (std::size_t i = 0; i < 9; ++i) REQUIRE(read[i] == fixed[i]);
  REQUIRE_FALSE(read.drops());
  REQUIRE(parse_mask("1 0").size() == 2);
  REQUIRE(parse_mask("all").size() == 0);
  REQUIRE(RuntimeSkips{}.mask()[1000]);

  for (const std::string text : {"", " ", "1 2", "All", "1,0", "0x1"}) {
    INFO(text);
    REQUIRE(says(complaint([&] { parse_mask(text); }), "skip mask", {"\"" + text + "\"", "0 and 1", "all"}));
  }
}

TEST_CASE("the run-time mask is a listed parameter, behind Dropped too", "[skip]") {
  const auto check = [](auto skips) {
    REQUIRE(list_params(skips) == Listing{{"mask", "all"}});
    set_param(skips, "mask", "10 01");
    REQUIRE(skips.mask().size() == 4);
    REQUIRE_FALSE(skips.mask()[1]);
    return skips.mask().drops();
  };
  REQUIRE_FALSE(check(RuntimeSkips{}));
  REQUIRE(check(Dropped<RuntimeSkips>{}));
}

TEST_CASE("Dropped keeps the switches and has a name of its own", "[skip]") {
  using Some = Dropped<Skips<"110 001">>;
  REQUIRE(Some::name == "drop-110001");
  REQUIRE(Dropped<AllSkips>::name == "drop-all");
  REQUIRE(Some{}.mask().drops());
  REQUIRE(Some{}.mask().size() == 6);
  REQUIRE(Some{}.mask()[0]);
  REQUIRE_FALSE(Some{}.mask()[2]);
}
