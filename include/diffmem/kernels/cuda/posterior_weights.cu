// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/posterior_weights.hpp>

namespace diffmem::kernels {
template void launch_cuda(const Weigh&, Grid, int, void*);
}  // namespace diffmem::kernels
