// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/query_digits.hpp>

namespace diffmem::kernels {
template void launch_cuda(const FindRange&, Grid, int, void*);
template void launch_cuda(const CutDigits&, Grid, int, void*);
}  // namespace diffmem::kernels
