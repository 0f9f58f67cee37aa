// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/net/detail/cuda_layers.hpp>
#ifdef DIFFMEM_CUDA
#include <diffmem/kernels/device.hpp>
#include <diffmem/net/detail/device_layers.hpp>

#include <ATen/Context.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace diffmem::detail {

#ifdef DIFFMEM_CUDA
namespace {

kernels::CudaDevice current_device(const Tensor& x) {
  const auto index = x.device().index();
  return kernels::CudaDevice(index, c10::cuda::getCurrentCUDAStream(index).stream());
}

}  // namespace

bool cuda_takes(const Tensor& x) {
  return x.is_cuda() && (x.scalar_type() == kFloat32 || x.scalar_type() == kBf16) && x.dim() == 4;
}

void set_cuda_products(bool tf32) {
  at::Context& context = at::globalContext();
  context.setAllowTF32CuDNN(tf32), context.setAllowTF32CuBLAS(tf32);
  context.setBenchmarkCuDNN(true);
}

Tensor cuda_conv(const Conv2d& conv, const Tensor& x, const GroupNorm* norm) {
  return products(conv, norm ? norm_act(current_device(x), {x}, {.norm = *norm}) : channels_last(x), true);
}

Tensor cuda_block(const Block& block, const Tensors& x, const Tensor& emb, Dropout* dropout) {
  return device_block(current_device(x[0]), block, x, emb, dropout);
}
#else
namespace {

[[noreturn]] void refuse() {
  throw Error("network", "images on a CUDA device", "a build with CUDA", "build with cmake --preset cuda");
}

}  // namespace

bool cuda_takes(const Tensor&) { return false; }
void set_cuda_products(bool) {}
Tensor cuda_conv(const Conv2d&, const Tensor&, const GroupNorm*) { refuse(); }
Tensor cuda_block(const Block&, const Tensors&, const Tensor&, Dropout*) { refuse(); }
#endif

}  // namespace diffmem::detail
