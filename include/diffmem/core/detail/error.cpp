// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>

#include <fmt/format.h>

namespace diffmem {

void need(bool holds, std::string_view who, std::string_view field, double got, std::string_view want) {
  if (!holds) throw Error(who, fmt::format("{} = {}", field, got), want, "correct the setting");
}

}  // namespace diffmem
