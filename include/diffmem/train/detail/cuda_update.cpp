// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/train/detail/cuda_update.hpp>
#ifdef DIFFMEM_CUDA
#include <diffmem/kernels/adam_parts.hpp>

#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAStream.h>
#endif

#include <vector>

namespace diffmem::detail {

#ifdef DIFFMEM_CUDA
struct CudaUpdate::Kernels {
  Tensors weights, m, v, averages;
  kernels::DeviceAdam adam;

  static kernels::CudaDevice device(const Tensors& weights) {
    const auto index = weights.front().device().index();
    return kernels::CudaDevice(index, c10::cuda::getCurrentCUDAStream(index).stream());
  }
  kernels::CudaDevice device() const { return device(weights); }
};

CudaUpdate::CudaUpdate(const Tensors& weights, const Tensors& m, const Tensors& v, const Tensors& averages,
                       std::int64_t losses) {
  std::vector<std::size_t> sizes = {static_cast<std::size_t>(losses)};
  for (const Tensor& w : weights) sizes.push_back(static_cast<std::size_t>(w.numel()));
  kernels_.reset(new Kernels{weights, m, v, averages, kernels::DeviceAdam(Kernels::device(weights), sizes)});
}

void CudaUpdate::begin(const AdamStep& step, std::int64_t index) {
  kernels_->adam.begin(kernels_->device(), step, static_cast<std::uint64_t>(index));
}

void CudaUpdate::launch(const Tensors& gradients, const Tensors& losses) {
  const Kernels& k = *kernels_;
  const Tensor all = cat(losses);
  Tensors held;  // until they are launched
  std::vector<kernels::AdamLeaf> leaves = {
      {.gradient = all.const_data_ptr<float>(), .size = static_cast<std::size_t>(all.numel())}};
  const auto at = [](const Tensor& t) { return t.mutable_data_ptr<float>(); };
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    held.push_back(gradients[i].contiguous());
    leaves.push_back({at(k.weights[i]), held.back().const_data_ptr<float>(), at(k.m[i]), at(k.v[i]), at(k.averages[i]),
                      static_cast<std::size_t>(k.weights[i].numel())});
  }
  kernels_->adam.point_at(leaves);
  if (c10::cuda::currentStreamCaptureStatusMayInitCtx() == c10::cuda::CaptureStatus::None) upload();
  k.adam.launch(k.device());
}

void CudaUpdate::upload() { kernels_->adam.upload(kernels_->device()); }
bool CudaUpdate::finite() const { return kernels_->adam.finite(kernels_->device()); }
const std::uint64_t* CudaUpdate::step() const { return kernels_->adam.step(); }
#else
struct CudaUpdate::Kernels {};

CudaUpdate::CudaUpdate(const Tensors&, const Tensors&, const Tensors&, const Tensors&, std::int64_t) {
  throw Error("training", "weights on a CUDA device", "a build with CUDA", "build with cmake --preset cuda");
}
void CudaUpdate::begin(const AdamStep&, std::int64_t) {}
void CudaUpdate::launch(const Tensors&, const Tensors&) {}
void CudaUpdate::upload() {}
bool CudaUpdate::finite() const { return true; }
const std::uint64_t* CudaUpdate::step() const { return nullptr; }
#endif

CudaUpdate::~CudaUpdate() = default;

}  // namespace diffmem::detail
