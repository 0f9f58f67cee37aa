// SPDX-License-Identifier: MIT
// expect: the network has no level of this resolution
#include <diffmem/skip/generate.hpp>

diffmem::Skips<diffmem::keep_at({.resolution = 32, .levels = 3, .blocks = 2}, 4, 1)> mask;
