// SPDX-License-Identifier: MIT
#include <diffmem/kernels/device.hpp>

#ifndef DIFFMEM_CUDA
namespace diffmem::kernels {
bool cuda_here() { return false; }
}  // namespace diffmem::kernels
#endif
