// SPDX-License-Identifier: MIT
#include <diffmem/optimum/detail/cuda_scan.hpp>
#include <diffmem/optimum/detail/device_scan.hpp>
#include <diffmem/optimum/detail/tensors.hpp>
#ifdef DIFFMEM_CUDA
#include <c10/cuda/CUDAStream.h>
#endif

namespace diffmem::detail {

#ifdef DIFFMEM_CUDA
struct CudaScan::Kernels {
  DeviceScan<kernels::CudaDevice> scan;
};
#else
struct CudaScan::Kernels {};
#endif

CudaScan::CudaScan(const Tensor& images, std::span<const double> weights, double tolerance)
    : images_(images), tolerance_(tolerance) {
#ifdef DIFFMEM_CUDA
  const auto count = static_cast<std::size_t>(images.size(0)), size = static_cast<std::size_t>(images.size(1));
  if (!images.is_cuda() || tolerance == 0 || !DeviceScan<kernels::CudaDevice>::fits(count, size)) return;
  const kernels::CudaDevice device(images.device().index(),
                                   c10::cuda::getCurrentCUDAStream(images.device().index()).stream());
  kernels_.reset(new Kernels{DeviceScan(device, images.const_data_ptr<std::uint8_t>(), count, size, weights)});
#else
  static_cast<void>(weights);
#endif
}
CudaScan::~CudaScan() = default;

Share CudaScan::operator()(const Tensor& members, const Tensor& log_weights, const Tensor& y, const Tensor& s,
                           std::int64_t top) const {
#ifdef DIFFMEM_CUDA
  const std::int64_t count = members.defined() ? members.size(0) : images_.size(0), n = y.size(0), d = y.size(1);
  const std::int64_t most = std::min(top, count);
  if (!kernels_ || most > static_cast<std::int64_t>(DeviceScan<kernels::CudaDevice>::kMostTop))
    return scan_tensors(images_, members, log_weights, y, s, top);
  const auto make = [&](at::IntArrayRef shape, at::ScalarType type = kFloat64) {
    return empty(shape, type, y.device());
  };
  Optimum o{.denoised = make({n, d}),
            .score = {},
            .noise = {},
            .log_sum = make({n}),
            .log_density = {},
            .entropy = make({n}),
            .max_weight = make({n}),
            .spread = make({n}),
            .nearest = {},
            .top = make({n, most}, kInt64),
            .top_weight = make({n, most}),
            .error = make({n})};
  const auto data = [](Tensor& t) { return t.mutable_data_ptr<double>(); };
  const Tensor asked = y.contiguous(), ids = members.defined() ? members.contiguous() : members;
  const std::vector<double> scales = values_of<double>(s);  // which waits for what the others hang on, on any stream
  const auto left =
      kernels_->scan({.members = ids.defined() ? ids.const_data_ptr<std::int64_t>() : nullptr,
                      .count = count,
                      .y = asked.const_data_ptr<double>(),
                      .s = scales,
                      .tolerance = tolerance_,
                      .top = static_cast<unsigned>(most)},
                     {data(o.denoised), data(o.log_sum), data(o.entropy), data(o.max_weight), data(o.spread),
                      data(o.error), o.top.mutable_data_ptr<std::int64_t>(), data(o.top_weight)});
  if (!left.empty()) {
    const Tensor rows = tensor_of(left).to(y.device());
    const Optimum exact =
        scan_tensors(images_, members, log_weights, y.index_select(0, rows), s.index_select(0, rows), top).optimum;
    for (const auto field : {&Optimum::denoised, &Optimum::log_sum, &Optimum::entropy, &Optimum::max_weight,
                             &Optimum::spread, &Optimum::top, &Optimum::top_weight, &Optimum::error})
      (o.*field).index_copy_(0, rows, exact.*field);
  }
  o.nearest = o.top.select(1, 0);
  return {.optimum = o, .top_logit = {}, .log_sum_error = {}};
#else
  return scan_tensors(images_, members, log_weights, y, s, top);
#endif
}

}  // namespace diffmem::detail
