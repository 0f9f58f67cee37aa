// SPDX-License-Identifier: MIT
#include <diffmem/core/device_work.hpp>

#ifdef DIFFMEM_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/Event.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <fmt/format.h>

#include <mutex>
#include <optional>
#endif

namespace diffmem {

#ifdef DIFFMEM_CUDA
struct OwnStream::Guard {
  c10::cuda::CUDAStreamGuard guard;
};
OwnStream::OwnStream(at::Device device)
    : guard_(device.is_cuda()
                 ? new Guard{c10::cuda::CUDAStreamGuard(c10::cuda::getStreamFromPool(false, device.index()))}
                 : nullptr) {}

namespace {

/// `next` goes on when `before` has done what it was given up to now.
void follow(const c10::cuda::CUDAStream& next, const c10::cuda::CUDAStream& before) {
  if (next == before) return;
  c10::Event done(c10::DeviceType::CUDA);
  done.record(before);
  done.block(next);
}

}  // namespace

struct Recorded::Cuda {
  static constexpr int kRuns = 3;  // in which cuDNN looks for its quickest algorithms, and memory settles
  at::Device device;
  std::string what;
  std::optional<c10::cuda::CUDAStream> stream = {};  // not the default one, of which nothing can be recorded
  std::unique_ptr<at::cuda::CUDAGraph> graph = {};
  int runs = 0;
  bool refused = false;

  /// The memory of a recording whose end failed, if LibTorch has not come to it.
  void give_back(c10::MempoolId_t pool) const {
    try {
      c10::cuda::CUDACachingAllocator::endAllocateToPool(stream->device_index(), pool);
      c10::cuda::CUDACachingAllocator::releasePool(stream->device_index(), pool);
    } catch (const std::exception&) {}
  }

  void record(const std::function<void()>& work) {
    static std::mutex one_at_a_time;
    const std::scoped_lock lock(one_at_a_time);
    auto made = std::make_unique<at::cuda::CUDAGraph>();
    const auto pool = at::cuda::graph_pool_handle();
    std::string why;
    try {
      c10::cuda::CUDACachingAllocator::emptyCache();  // a recording has memory of its own
      // Thread-local: what other threads do meanwhile, on other streams, is theirs.
      made->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
      work();
    } catch (const std::exception& e) {
      why = e.what();
    }
    try {
      made->capture_end();
    } catch (const std::exception& e) {
      if (why.empty()) why = e.what();
      give_back(pool);
    }
    if (why.empty()) {
      graph = std::move(made);
      return;
    }
    refused = true;
    cudaGetLastError();  // which it was
    fmt::print(stderr, "{}: not recorded, so each of its kernels is launched by the host, with the same numbers ({})\n",
               what, why.substr(0, why.find('\n')));
  }
};

Recorded::Recorded(at::Device device, std::string what)
    : cuda_(device.is_cuda() ? new Cuda{.device = device, .what = std::move(what)} : nullptr) {}

void Recorded::operator()(const std::function<void()>& work, const std::function<void()>& recorded) {
  if (!cuda_) return work();
  const auto outer = c10::cuda::getCurrentCUDAStream(cuda_->device.index());
  if (!cuda_->stream)
    cuda_->stream = outer == c10::cuda::getDefaultCUDAStream(cuda_->device.index())
                        ? c10::cuda::getStreamFromPool(false, cuda_->device.index())
                        : outer;
  const c10::cuda::CUDAStream inner = *cuda_->stream;
  const c10::cuda::CUDAStreamGuard guard(inner);
  follow(inner, outer);
  if (!cuda_->graph && !cuda_->refused && cuda_->runs >= Cuda::kRuns) {
    cuda_->record(work);
    if (cuda_->graph && recorded) recorded();
  }
  if (cuda_->graph)
    cuda_->graph->replay();
  else
    work(), ++cuda_->runs;
  follow(outer, inner);
}

bool Recorded::replays() const { return cuda_ && cuda_->graph; }
#else
struct OwnStream::Guard {};
OwnStream::OwnStream(at::Device) {}

struct Recorded::Cuda {};
Recorded::Recorded(at::Device, std::string) {}
void Recorded::operator()(const std::function<void()>& work, const std::function<void()>&) { work(); }
bool Recorded::replays() const { return false; }
#endif

OwnStream::~OwnStream() = default;
Recorded::~Recorded() = default;

}  // namespace diffmem
