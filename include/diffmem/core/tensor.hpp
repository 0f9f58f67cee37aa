// SPDX-License-Identifier: MIT
// The one door to ATen: the Tensor class with its methods, plain operators, and the handful of functions that are
// not methods.  Any <ATen/ops/x.h> would cost 2.5 s more per file, <torch/torch.h> 14 s; nothing public includes them.
#pragma once
#include <ATen/core/IListRef.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange_ops.h>
#include <ATen/ops/cat_ops.h>
#include <ATen/ops/empty_ops.h>
#include <ATen/ops/full_ops.h>
#include <ATen/ops/stack_ops.h>
#include <ATen/ops/zeros_like_ops.h>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

namespace diffmem {

using at::Tensor;
using Tensors = std::vector<Tensor>;
using Shape = std::vector<std::int64_t>;

inline constexpr auto kFloat32 = at::ScalarType::Float;
inline constexpr auto kFloat64 = at::ScalarType::Double;
inline constexpr auto kInt64 = at::ScalarType::Long;
inline constexpr auto kUint8 = at::ScalarType::Byte;

// Operators.  Templates over exactly Tensor, so that a unit that also sees <ATen/TensorOperators.h> is not ambiguous.
// A namespace of your own sees them by `using namespace diffmem`: Tensor is ATen's, so its arguments do not lead here.
template <std::same_as<Tensor> T> Tensor operator+(const T& a, const T& b) { return a.add(b); }
template <std::same_as<Tensor> T> Tensor operator-(const T& a, const T& b) { return a.sub(b); }
template <std::same_as<Tensor> T> Tensor operator*(const T& a, const T& b) { return a.mul(b); }
template <std::same_as<Tensor> T> Tensor operator/(const T& a, const T& b) { return a.div(b); }
template <std::same_as<Tensor> T> Tensor operator+(const T& a, double b) { return a.add(b); }
template <std::same_as<Tensor> T> Tensor operator-(const T& a, double b) { return a.sub(b); }
template <std::same_as<Tensor> T> Tensor operator*(const T& a, double b) { return a.mul(b); }
template <std::same_as<Tensor> T> Tensor operator/(const T& a, double b) { return a.div(b); }
template <std::same_as<Tensor> T> Tensor operator+(double a, const T& b) { return b.add(a); }
template <std::same_as<Tensor> T> Tensor operator-(double a, const T& b) { return b.neg().add(a); }
template <std::same_as<Tensor> T> Tensor operator*(double a, const T& b) { return b.mul(a); }
template <std::same_as<Tensor> T> Tensor operator/(double a, const T& b) { return b.reciprocal().mul(a); }
template <std::same_as<Tensor> T> Tensor operator-(const T& a) { return a.neg(); }

/// Uninitialised tensor of `shape` on `device`.
inline Tensor empty(at::IntArrayRef shape, at::ScalarType dtype = kFloat32, at::Device device = at::kCPU) {
  return at::_ops::empty_memory_format::call(c10::fromIntArrayRefSlow(shape), dtype, std::nullopt, device, std::nullopt,
                                             std::nullopt);
}
/// Uninitialised images [N,C,H,W] whose channels stand side by side (channels_last).
inline Tensor empty_images(at::IntArrayRef shape, at::ScalarType dtype = kFloat32, at::Device device = at::kCPU) {
  return at::_ops::empty_memory_format::call(c10::fromIntArrayRefSlow(shape), dtype, std::nullopt, device, std::nullopt,
                                             at::MemoryFormat::ChannelsLast);
}
/// Tensor of `shape` filled with `value`.
inline Tensor full(at::IntArrayRef shape, double value, at::ScalarType dtype = kFloat32, at::Device device = at::kCPU) {
  return at::_ops::full::call(c10::fromIntArrayRefSlow(shape), value, dtype, std::nullopt, device, std::nullopt);
}
inline Tensor zeros(at::IntArrayRef shape, at::ScalarType dtype = kFloat32, at::Device device = at::kCPU) {
  return full(shape, 0.0, dtype, device);
}
inline Tensor zeros_like(const Tensor& t) {
  return at::_ops::zeros_like::call(t, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt);
}
/// One number an image, ready to meet images.                                                    [N] -> [N,1,1,1]
inline Tensor wide(const Tensor& c) { return c.reshape({-1, 1, 1, 1}); }
/// 0, 1, ..., n-1.
inline Tensor arange(std::int64_t n, at::ScalarType dtype = kFloat32, at::Device device = at::kCPU) {
  return at::_ops::arange::call(n, dtype, std::nullopt, device, std::nullopt);
}
inline Tensor cat(const Tensors& parts, std::int64_t dim = 0) {
  return at::_ops::cat::call(at::ITensorListRef(at::TensorList(parts)), dim);
}
inline Tensor stack(const Tensors& parts, std::int64_t dim = 0) {
  return at::_ops::stack::call(at::TensorList(parts), dim);
}

/// A CPU tensor of `shape` holding a copy of `values`; T is float, double, int64 or uint8.
template <class T>
Tensor tensor_of(std::span<const T> values, at::IntArrayRef shape) {
  Tensor t = empty(shape, c10::CppTypeToScalarType<T>::value);
  TORCH_CHECK(t.numel() == static_cast<std::int64_t>(values.size()), "tensor_of: ", values.size(), " values for shape ",
              shape);
  if (!values.empty()) std::memcpy(t.mutable_data_ptr(), values.data(), values.size_bytes());
  return t;
}
template <class T>
Tensor tensor_of(const std::vector<T>& values) {
  return tensor_of(std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
}
/// The values of a tensor, row-major, copied to the host; `t` is converted to T.
template <class T>
std::vector<T> values_of(const Tensor& t) {
  const Tensor c = t.detach().to(at::kCPU, c10::CppTypeToScalarType<T>::value).contiguous();
  const T* p = c.template const_data_ptr<T>();
  return std::vector<T>(p, p + c.numel());
}

}  // namespace diffmem
