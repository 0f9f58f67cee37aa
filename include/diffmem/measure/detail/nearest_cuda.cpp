// SPDX-License-Identifier: MIT
#include <diffmem/measure/detail/nearest_device.hpp>

namespace diffmem {
namespace {

Neighbours find(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training, std::int64_t image_size,
                std::int64_t k, Cuda device, bool others) {
  detail::nearest_sizes(queries.size(), training.size(), image_size, k, others);  // before the device is looked for
#ifdef DIFFMEM_CUDA
  return detail::nearest_on(kernels::CudaDevice(device.device), queries, training, image_size, k, others);
#else
  throw Error(others ? "nearest_others" : "nearest", fmt::format("CUDA device {}", device.device),
              "a build with CUDA for that", "configure with --preset cuda, or search on the CPU");
#endif
}

}  // namespace

Neighbours nearest(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> training,
                   std::int64_t image_size, std::int64_t k, Cuda device) {
  return find(queries, training, image_size, k, device, false);
}
Neighbours nearest_others(std::span<const std::uint8_t> images, std::int64_t image_size, std::int64_t k, Cuda device) {
  return find(images, images, image_size, k, device, true);
}

}  // namespace diffmem
