// SPDX-License-Identifier: MIT
// expect: the network has fewer skips
#include <diffmem/skip/generate.hpp>

diffmem::Skips<diffmem::keep_random({.resolution = 32, .levels = 3, .blocks = 2}, 10, 1)> mask;
