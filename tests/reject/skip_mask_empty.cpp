// SPDX-License-Identifier: MIT
// expect: a skip mask needs at least one switch
#include <diffmem/skip/mask.hpp>

diffmem::Skips<" "> mask;
