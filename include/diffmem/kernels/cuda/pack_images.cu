// SPDX-License-Identifier: MIT
#include <diffmem/kernels/cuda/block.cuh>
#include <diffmem/kernels/pack_images.hpp>

template void diffmem::kernels::launch_cuda(const PackImages&, Grid, int, void*);
