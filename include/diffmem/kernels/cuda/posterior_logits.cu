// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/posterior_logits.hpp>

namespace diffmem::kernels {
template void launch_cuda(const Logits<1>&, Grid, int, void*);
template void launch_cuda(const Logits<2>&, Grid, int, void*);
template void launch_cuda(const Logits<4>&, Grid, int, void*);
}  // namespace diffmem::kernels
