// SPDX-License-Identifier: MIT
// expect: no known conversion for argument 2 from 'int' to 'diffmem::Stream'
#include <diffmem/core/random.hpp>

using diffmem::RandomStream;
RandomStream* noise = new RandomStream(1024, 5);
