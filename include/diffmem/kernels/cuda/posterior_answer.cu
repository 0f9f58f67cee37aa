// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/posterior_answer.hpp>

namespace diffmem::kernels {
template void launch_cuda(const Finish&, Grid, int, void*);
}  // namespace diffmem::kernels
