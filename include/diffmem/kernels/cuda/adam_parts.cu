// SPDX-License-Identifier: MIT
#include <diffmem/kernels/adam_parts.hpp>
#include <diffmem/kernels/cuda/block.cuh>

namespace diffmem::kernels {
template void launch_cuda(const CheckFinite&, Grid, int, void*);
template void launch_cuda(const UpdateWeights&, Grid, int, void*);
}  // namespace diffmem::kernels
