// SPDX-License-Identifier: MIT
// expect: there are fewer ways to choose these skips
#include <diffmem/skip/generate.hpp>

diffmem::Skips<diffmem::delete_at({.resolution = 32, .levels = 3, .blocks = 2}, 16, 2, 3)> mask;
