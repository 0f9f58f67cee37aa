// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/posterior_mean.hpp>

namespace diffmem::kernels {
template void launch_cuda(const Average&, Grid, int, void*);
}  // namespace diffmem::kernels
