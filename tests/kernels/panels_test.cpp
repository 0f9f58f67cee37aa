// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "kernels/values.hpp"

#include <diffmem/kernels/panels.hpp>

#include <cmath>

using namespace diffmem;
using namespace diffmem::kernels;

TEMPLATE_TEST_CASE("rows times panels equal float64, by every kernel", "[kernels][panels][oracle]", float, Bf16) {
  using T = TestType;
  constexpr int pair = kPair<T>;
  const auto list = all_panel_kernels<T>();
  for (std::size_t k = 0; k < list.count; ++k)
    for (const int panels : {1, 2})
      for (const int depth : {2, 8, 14, 64})
        for (const auto& [taps, apart] : {std::pair{1, false}, {9, false}, {3, true}}) {
          INFO(list.all[k].name << " panels " << panels << " depth " << depth << " taps " << taps << " apart "
                                << apart);
          const std::ptrdiff_t size = std::ptrdiff_t{taps} * depth * kPanelColumns;
          const auto x = some_values<T>(2000, 1), w = some_values<T>(static_cast<std::size_t>(panels * size), 2);
          std::vector<std::ptrdiff_t> offsets;
          for (int t = 0; t < taps; ++t) offsets.push_back(std::ptrdiff_t{t} * 70);
          constexpr std::ptrdiff_t kTile = std::ptrdiff_t{kTileRows} * kTileColumns;
          std::vector<float> out(static_cast<std::size_t>(kTile * (apart ? taps : 1)), -1);
          RowProduct<T> p{.rows = {},
                          .taps = offsets.data(),
                          .tap_count = taps,
                          .depth = depth,
                          .panel = w.data(),
                          .panel_stride = size,
                          .panels = panels,
                          .out = out.data(),
                          .apart = apart ? kTile : 0};
          for (int r = 0; r < kTileRows; ++r) p.rows[r] = x.data() + 37 * r;
          list.all[k].rows(p);
          for (std::ptrdiff_t at = 0; at < static_cast<std::ptrdiff_t>(out.size()); ++at) {
            const auto tile = static_cast<int>(at / kTile), r = static_cast<int>(at % kTile / kTileColumns),
                       c = static_cast<int>(at % kTileColumns);
            const float got = out[static_cast<std::size_t>(at)];
            if (c >= panels * kPanelColumns) {
              REQUIRE(got == -1);  // the other half is left alone
              continue;
            }
            double want = 0, magnitude = 0;
            for (int t = apart ? tile : 0; t < (apart ? tile + 1 : taps); ++t)
              for (int i = 0; i < depth; ++i) {
                const double a = widened(p.rows[r][offsets[static_cast<std::size_t>(t)] + i]);
                const double b = widened(w[static_cast<std::size_t>(c / kPanelColumns * size +
                                                                    (t * depth + i / pair * pair) * kPanelColumns +
                                                                    c % kPanelColumns * pair + i % pair)]);
                want += a * b, magnitude += std::abs(a * b);
              }
            REQUIRE(std::abs(got - want) <= 1e-6 * magnitude);
          }
        }
}

TEMPLATE_TEST_CASE("columns times columns equal float64, by every kernel", "[kernels][panels][oracle]", float, Bf16) {
  using T = TestType;
  constexpr int pair = kPair<T>;
  const auto list = all_panel_kernels<T>();
  for (std::size_t k = 0; k < list.count; ++k)
    for (const int panels : {1, 2})
      for (const int count : {1, 5})
        for (const int lines : {1, 3}) {
          INFO(list.all[k].name << " panels " << panels << " count " << count << " lines " << lines);
          const auto left = some_values<T>(2000, 3), right = some_values<T>(4000, 4);
          std::vector<float> out(kTileRows * 40, 0.5f);
          const ColumnProduct<T> p{.left = left.data(),
                                   .right = right.data(),
                                   .left_step = 20,
                                   .left_line = 210,
                                   .right_step = 70,
                                   .right_line = 800,
                                   .count = count,
                                   .lines = lines,
                                   .panels = panels,
                                   .out = out.data(),
                                   .out_stride = 40};
          list.all[k].columns(p);
          for (int i = 0; i < kTileRows; ++i)
            for (int j = 0; j < 40; ++j) {
              double want = 0.5, magnitude = 0.5;
              if (j < panels * kPanelColumns)
                for (int line = 0; line < lines; ++line)
                  for (int q = 0; q < count; ++q)
                    for (int s = 0; s < pair; ++s) {
                      const double a = widened(left[static_cast<std::size_t>(line * 210 + q * 20 + i * pair + s)]);
                      const double b = widened(right[static_cast<std::size_t>(line * 800 + q * 70 + j * pair + s)]);
                      want += a * b, magnitude += std::abs(a * b);
                    }
              REQUIRE(std::abs(out[static_cast<std::size_t>(i * 40 + j)] - want) <= 1e-6 * magnitude);
            }
        }
}

TEST_CASE("float32 becomes the nearest bf16, ties to even, and what is not a number stays so", "[kernels][bf16]") {
  REQUIRE(narrowed<Bf16>(1.0f).bits == 0x3F80);
  REQUIRE(narrowed<Bf16>(1.00390625f).bits == 0x3F80);  // halfway, to the even one below
  REQUIRE(narrowed<Bf16>(1.01171875f).bits == 0x3F82);  // halfway, to the even one above
  REQUIRE(narrowed<Bf16>(1.00390637f).bits == 0x3F81);
  REQUIRE(std::isinf(widened(narrowed<Bf16>(3.4e38f))));
  for (const std::uint32_t bits : {0x7F800001u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0xFFC00000u})
    REQUIRE(std::isnan(widened(narrowed<Bf16>(std::bit_cast<float>(bits)))));
}
