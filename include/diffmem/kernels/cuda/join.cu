// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/join.hpp>

namespace diffmem::kernels {
#define DIFFMEM_DEFINE(T, V)                                      \
  template void launch_cuda(const Join<T, V>&, Grid, int, void*); \
  template void launch_cuda(const JoinGrad<T, V>&, Grid, int, void*);
DIFFMEM_DEFINE(float, 1)
DIFFMEM_DEFINE(float, 4)
DIFFMEM_DEFINE(Bf16, 1)
DIFFMEM_DEFINE(Bf16, 4)
DIFFMEM_DEFINE(Bf16, 8)
#undef DIFFMEM_DEFINE
}  // namespace diffmem::kernels
