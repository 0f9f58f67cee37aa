// SPDX-License-Identifier: MIT
// expect: the network has no skip of this index
#include <diffmem/skip/generate.hpp>

diffmem::Skips<diffmem::keep_only({.resolution = 32, .levels = 3, .blocks = 2}, 9)> mask;
