// SPDX-License-Identifier: MIT
// Every time embedding, for programs that choose one at run time.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/embedding/positional.hpp>

namespace diffmem {

class AnyEmbedding : public Menu<Role::embedding, Positional> {
 public:
  Tensor frequencies(int channels, std::uint64_t seed) const {
    return on([&](const auto& e) { return e.frequencies(channels, seed); });
  }
};
static_assert(TimeEmbedding<AnyEmbedding>);

}  // namespace diffmem
