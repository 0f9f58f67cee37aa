// SPDX-License-Identifier: MIT
// Every time embedding, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/embedding/fourier.hpp>
#include <diffmem/embedding/positional.hpp>

namespace diffmem {

class AnyEmbedding : public Menu<Role::embedding, Positional, Fourier> {
 public:
  double unit = Positional::unit;  ///< of the chosen embedding
  std::string_view buffer;         ///< empty where its frequencies are no weights

  void choose(std::string_view word) {
    Menu::choose(word);
    unit = on([](const auto& e) { return e.unit; });
    buffer = on([](const auto& e) -> std::string_view {
      if constexpr (requires { e.buffer; }) return e.buffer;
      return {};
    });
  }
  Tensor frequencies(int channels, std::uint64_t seed) const {
    return on([&](const auto& e) { return e.frequencies(channels, seed); });
  }
};
static_assert(TimeEmbedding<AnyEmbedding>);

}  // namespace diffmem
