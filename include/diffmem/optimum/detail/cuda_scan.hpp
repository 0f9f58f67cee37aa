// SPDX-License-Identifier: MIT
// The posterior on a CUDA device: by our kernels, and what they cannot prove by LibTorch's operations.
#pragma once
#include <diffmem/optimum/detail/share.hpp>

#include <memory>

namespace diffmem::detail {

class CudaScan {
 public:
  /// Of images [M,d] uint8 on a CUDA device; `weights` as PosteriorOptions'.  Without CUDA in the build, or where the
  /// kernels do not fit such a set, everything is left to scan_tensors().
  CudaScan(const Tensor& images, std::span<const double> weights, double tolerance);
  ~CudaScan();

  /// As scan_tensors() (tensors.hpp), within the tolerance; where the kernels do it, what merging takes is undefined.
  Share operator()(const Tensor& members, const Tensor& log_weights, const Tensor& y, const Tensor& s,
                   std::int64_t top) const;

 private:
  struct Kernels;
  Tensor images_;
  double tolerance_;
  std::unique_ptr<Kernels> kernels_;  // none: LibTorch's operations only
};

}  // namespace diffmem::detail
