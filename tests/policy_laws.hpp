// SPDX-License-Identifier: MIT
// What every policy owes, whatever its role.
#pragma once
#include "check.hpp"

#include <diffmem/core/params.hpp>

#include <set>
#include <string>

namespace diffmem::laws {

/// Its parameters are listed once each, and their texts are read back as the same values.
template <class P>
void lists_its_parameters() {
  P policy;
  std::set<std::string> names;
  for (const auto& [name, text] : list_params(policy)) {
    INFO(P::name << ": " << name << " = " << text);
    REQUIRE(names.insert(name).second);
    set_param(policy, name, text);
  }
  REQUIRE(list_params(policy) == list_params(P{}));
}

}  // namespace diffmem::laws
