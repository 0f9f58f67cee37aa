// SPDX-License-Identifier: MIT
// expect: a level has blocks + 1 skips: no more can be kept or deleted
#include <diffmem/skip/generate.hpp>

diffmem::Skips<diffmem::keep_at({.resolution = 32, .levels = 3, .blocks = 2}, 16, 4)> mask;
