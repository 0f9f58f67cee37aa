// SPDX-License-Identifier: MIT
// A Block (block.hpp) of CUDA threads, and the launch of a body by such blocks.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/kernels/device.hpp>

#include <cuda_runtime.h>

namespace diffmem::kernels {

inline void expect_success(cudaError_t status, const char* what) {
  if (status != cudaSuccess)
    throw Error("cuda", std::string(cudaGetErrorString(status)) + " from " + what, "success",
                "look at the device with nvidia-smi; ask for less at once if memory is short");
}

/// Makes `index` the current device while it lives.
class On {
 public:
  explicit On(int index) {
    expect_success(cudaGetDevice(&before_), "cudaGetDevice");
    expect_success(cudaSetDevice(index), "cudaSetDevice");
  }
  ~On() { cudaSetDevice(before_); }
  On(const On&) = delete;
  On& operator=(const On&) = delete;

 private:
  int before_ = 0;
};

class CudaBlock {
 public:
  __device__ explicit CudaBlock(void* memory) : memory_(static_cast<unsigned char*>(memory)) {}

  template <class T>
  struct Shared {
    T* at;
    __device__ T get(unsigned i) const { return at[i]; }
    __device__ void set(unsigned i, T v) const { at[i] = v; }
    __device__ void set4(unsigned i, const Quad& q) const { *reinterpret_cast<Quad*>(&at[i]) = q; }
    __device__ T add(unsigned i, T v) const { return atomicAdd(&at[i], v); }
    __device__ void set_bits(unsigned i, T v) const { atomicOr(&at[i], v); }
  };
  template <class T>
  __device__ Shared<T> shared(unsigned count) {
    T* at = reinterpret_cast<T*>(memory_);
    memory_ += shared_bytes<T>(count);
    return {at};
  }

  __device__ unsigned thread() const { return threadIdx.x; }
  __device__ unsigned x() const { return blockIdx.x; }
  __device__ unsigned y() const { return blockIdx.y; }
  __device__ void sync() const { __syncthreads(); }

  __device__ void mma(std::int32_t (&c)[4][4][4], const std::uint32_t (&a)[4][4],
                      const std::uint32_t (&b)[4][2]) const {
#pragma unroll
    for (unsigned i = 0; i < 4; ++i)
#pragma unroll
      for (unsigned j = 0; j < 4; ++j)
        asm volatile(
            "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+r"(c[i][j][0]), "+r"(c[i][j][1]), "+r"(c[i][j][2]), "+r"(c[i][j][3])
            : "r"(a[i][0]), "r"(a[i][1]), "r"(a[i][2]), "r"(a[i][3]), "r"(b[j][0]), "r"(b[j][1]));
  }
  __device__ double warp_sum(double v) const {
    for (unsigned half = kWarp / 2; half > 0; half /= 2) v += __shfl_xor_sync(0xFFFFFFFFu, v, half);
    return v;
  }
  __device__ void add(std::int64_t* to, std::int64_t v) const {
    atomicAdd(reinterpret_cast<unsigned long long*>(to), static_cast<unsigned long long>(v));
  }

 private:
  unsigned char* memory_;
};

template <class Body>
__global__ void __launch_bounds__(kThreads) run_block(const Body body) {
  extern __shared__ uint4 memory[];
  CudaBlock block(memory);
  body(block);
}

template <class Body>
void launch_cuda(const Body& body, Grid grid, int device, void* stream) {
  const On on(device);
  if constexpr (Body::kShared > 48 * 1024)
    expect_success(cudaFuncSetAttribute(run_block<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(Body::kShared)),
                   "asking for shared memory");
  run_block<<<dim3(grid.x, grid.y), kThreads, Body::kShared, static_cast<cudaStream_t>(stream)>>>(body);
  expect_success(cudaGetLastError(), "a kernel's launch");
}

}  // namespace diffmem::kernels
