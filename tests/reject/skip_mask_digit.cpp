// SPDX-License-Identifier: MIT
// expect: a skip mask is written in 0 and 1, finest level first
#include <diffmem/skip/mask.hpp>

diffmem::Skips<"12"> mask;
