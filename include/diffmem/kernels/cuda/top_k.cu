// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/top_k.hpp>

namespace diffmem::kernels {
template void launch_cuda(const TopK<std::int32_t>&, Grid, int, void*);
template void launch_cuda(const TopK<std::int64_t>&, Grid, int, void*);
template void launch_cuda(const MergeTopK&, Grid, int, void*);
}  // namespace diffmem::kernels
