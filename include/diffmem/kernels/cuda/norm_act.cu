// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/norm_act.hpp>

namespace diffmem::kernels {
#define DIFFMEM_DEFINE(T, V)                                                    \
  template void launch_cuda(const NormAct<T, V, false>&, Grid, int, void*);     \
  template void launch_cuda(const NormAct<T, V, true>&, Grid, int, void*);      \
  template void launch_cuda(const NormActGrad<T, V, false>&, Grid, int, void*); \
  template void launch_cuda(const NormActGrad<T, V, true>&, Grid, int, void*);
DIFFMEM_DEFINE(float, 1)
DIFFMEM_DEFINE(float, 4)
DIFFMEM_DEFINE(Bf16, 1)
DIFFMEM_DEFINE(Bf16, 4)
DIFFMEM_DEFINE(Bf16, 8)
#undef DIFFMEM_DEFINE
}  // namespace diffmem::kernels
