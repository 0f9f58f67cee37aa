// SPDX-License-Identifier: MIT
// Memory comes from a pool of our own, which keeps up to 2 GiB from one call to the next.
#include <diffmem/kernels/cuda/block.cuh>

#include <mutex>

namespace diffmem::kernels {
namespace {

constexpr std::uint64_t kKept = std::uint64_t{2} << 30;

cudaMemPool_t pool_of(int index) {
  static std::mutex mutex;
  static std::vector<cudaMemPool_t> pools;
  const std::scoped_lock lock(mutex);
  if (pools.size() <= static_cast<std::size_t>(index)) pools.resize(index + 1, nullptr);
  if (!pools[index]) {
    cudaMemPoolProps props{};
    props.allocType = cudaMemAllocationTypePinned;
    props.location.type = cudaMemLocationTypeDevice, props.location.id = index;
    expect_success(cudaMemPoolCreate(&pools[index], &props), "cudaMemPoolCreate");
    std::uint64_t kept = kKept;
    expect_success(cudaMemPoolSetAttribute(pools[index], cudaMemPoolAttrReleaseThreshold, &kept), "a memory pool");
  }
  return pools[index];
}

}  // namespace

bool cuda_here() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

CudaDevice::CudaDevice(int index, void* stream) : index_(index), stream_(stream) {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) count = 0;
  if (index < 0 || index >= count)
    throw Error("cuda", "device " + std::to_string(index), "one of the " + std::to_string(count) + " that are here",
                "see nvidia-smi, or search on the CPU");
}

std::shared_ptr<void> CudaDevice::allocate(std::size_t bytes) const {
  const On on(index_);
  void* at = nullptr;
  const auto stream = static_cast<cudaStream_t>(stream_);
  expect_success(cudaMallocFromPoolAsync(&at, bytes > 0 ? bytes : 1, pool_of(index_), stream), "asking for memory");
  return {at, [stream](void* p) { cudaFreeAsync(p, stream); }};
}

void CudaDevice::zero(void* at, std::size_t bytes) const {
  const On on(index_);
  expect_success(cudaMemsetAsync(at, 0, bytes, static_cast<cudaStream_t>(stream_)), "cudaMemsetAsync");
}

void CudaDevice::copy(void* to, const void* from, std::size_t bytes) const {
  const On on(index_);
  const auto stream = static_cast<cudaStream_t>(stream_);
  expect_success(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream), "cudaMemcpyAsync");
  expect_success(cudaStreamSynchronize(stream), "the kernels before a copy");
}

std::size_t CudaDevice::free_memory() const {
  const On on(index_);
  std::size_t free = 0, all = 0;
  expect_success(cudaMemGetInfo(&free, &all), "cudaMemGetInfo");
  return free;
}

unsigned CudaDevice::blocks() const {
  int processors = 0;
  expect_success(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, index_), "the device's size");
  return 2 * static_cast<unsigned>(processors);
}

}  // namespace diffmem::kernels
