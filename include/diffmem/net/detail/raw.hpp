// SPDX-License-Identifier: MIT
// Tensors as the kernels see them: pointers, pieces, and their types.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/tensor.hpp>
#include <diffmem/kernels/group_norm.hpp>

#include <ATen/core/grad_mode.h>

#include <optional>

namespace diffmem::detail {

inline constexpr auto kBf16 = at::ScalarType::BFloat16;

/// The values of a tensor of the kernels' type T; null if it is undefined.
template <class T>
T* values_at(const Tensor& t) {
  return t.defined() ? static_cast<T*>(t.mutable_data_ptr()) : nullptr;
}
template <class T>
const T* read(const Tensor& t) {
  return t.defined() ? static_cast<const T*>(t.const_data_ptr()) : nullptr;
}

inline Tensor channels_last(const Tensor& t) { return t.contiguous(at::MemoryFormat::ChannelsLast); }

template <class T>
kernels::Pieces<const T> pieces(const Tensor& x0, const Tensor& x1) {
  return {{read<T>(x0), read<T>(x1)}, {static_cast<int>(x0.size(1)), x1.defined() ? static_cast<int>(x1.size(1)) : 0}};
}

/// A tensor that autograd takes or leaves out.
using Perhaps = std::optional<Tensor>;
inline Perhaps perhaps(const Tensor& t) { return t.defined() ? Perhaps(t) : std::nullopt; }

/// F::apply(), or, where no gradient is wanted, F::forward() without a context, which costs less.
template <class F, class... Args>
Tensor apply(const Args&... args) {
  return at::GradMode::is_enabled() ? F::apply(args...) : F::forward(nullptr, args...);
}

/// First in a backward pass: what is written by pointer has no gradient of its own.
inline void refuse_graph() {
  if (at::GradMode::is_enabled())
    throw Error("network", "a gradient of a gradient", "one gradient, which is what the kernels have",
                "compute this network with precision plain");
}

/// visit<T>() for the kernels' type of a tensor.
template <class Visit>
decltype(auto) with_type(at::ScalarType type, Visit&& visit) {
  return type == kBf16 ? visit.template operator()<Bf16>() : visit.template operator()<float>();
}

}  // namespace diffmem::detail
