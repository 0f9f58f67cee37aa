// SPDX-License-Identifier: MIT
// The network on a device: LibTorch's products (cuDNN, cuBLAS, fused attention) on channels_last images in float32 or bf16,
// and one kernel of ours for all that stands between two of them.  `Device`: kernels::CudaDevice, or the tests' emulated one.
#pragma once
#include <diffmem/core/random.hpp>
#include <diffmem/kernels/join.hpp>
#include <diffmem/kernels/norm_act.hpp>
#include <diffmem/net/detail/fused.hpp>
#include <diffmem/net/detail/raw.hpp>

#include <ATen/ops/addmm_ops.h>
#include <ATen/ops/linear_ops.h>
#include <ATen/ops/scaled_dot_product_attention_ops.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace diffmem::detail {

/// visit(std::integral_constant<unsigned, V>) for the width of the kernels' packs.
template <class T, class Visit>
void with_pack(unsigned v, Visit&& visit) {
  if constexpr (kernels::kWidestPack<T> == 8)
    if (v == 8) return visit(std::integral_constant<unsigned, 8>());
  if (v == 4) return visit(std::integral_constant<unsigned, 4>());
  visit(std::integral_constant<unsigned, 1>());
}

/// What a call of norm_act() holds besides its tensors.
template <class Device>
struct NormActCall : torch::CustomClassHolder {
  explicit NormActCall(const Device& d) : device(d) {}
  Device device;
  kernels::NormLaw norm;
  kernels::DropoutDraws dropout;

  /// launch(law, plan) by the tensors' type T.
  template <class Launch>
  void run(const Tensor& x0, const Tensor& x1, const Tensor& shift, const Tensor& weight, const Tensor& bias,
           const Tensor& moments, Launch&& launch) const {
    with_type(x0.scalar_type(), [&]<class T>() {
      kernels::NormActLaw<T> law{.norm = norm,
                                 .x = pieces<T>(x0, x1),
                                 .shift = read<float>(shift),
                                 .dropout = dropout,
                                 .pixels = static_cast<unsigned>(x0.size(2) * x0.size(3)),
                                 .moments = values_at<float>(moments)};
      law.norm.weight = read<float>(weight), law.norm.bias = read<float>(bias);
      const auto plan = kernels::norm_act_plan<T>(norm.channels, norm.groups, law.x.channels[0], law.pixels);
      law.span = plan.span;
      const kernels::Grid grid{.x = static_cast<unsigned>(x0.size(0)) * law.spans()};
      with_pack<T>(plan.vector, [&](auto v) {
        if (plan.held)
          launch(law, v, std::true_type(), grid);
        else
          launch(law, v, std::false_type(), grid);
      });
    });
  }
};

template <class Device>
struct NormActFunction : torch::autograd::Function<NormActFunction<Device>> {
  using Call = NormActCall<Device>;

  // The optional ones come last: autograd counts only what is there.
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x0, const Tensor& weight,
                        const Tensor& bias, const Perhaps& second, const Perhaps& shift_of,
                        const c10::intrusive_ptr<Call>& call) {
    const Tensor x1 = second.value_or(Tensor()), shift = shift_of.value_or(Tensor());
    const Tensor moments = empty({x0.size(0), call->norm.groups, 2}, kFloat32, x0.device());
    const Tensor y =
        empty_images({x0.size(0), call->norm.channels, x0.size(2), x0.size(3)}, x0.scalar_type(), x0.device());
    call->run(
        x0, x1, shift, weight, bias, moments,
        [&]<class T, unsigned V, bool kHeld>(const kernels::NormActLaw<T>& law, std::integral_constant<unsigned, V>,
                                             std::bool_constant<kHeld>, kernels::Grid grid) {
          call->device.launch(kernels::NormAct<T, V, kHeld>{law, values_at<T>(y)}, grid);
        });
    context->save_for_backward({x0, x1, shift, weight, bias, moments});
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    refuse_graph();
    const auto saved = context->get_saved_variables();
    const Tensor &x0 = saved[0], &x1 = saved[1], &shift = saved[2], &weight = saved[3], &bias = saved[4],
                 &moments = saved[5];
    const auto call = c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    const Tensor grad = channels_last(grads[0].to(x0.scalar_type()));
    const auto like = [](const Tensor& t) {
      return t.defined() ? empty_images(t.sizes(), t.scalar_type(), t.device()) : Tensor();
    };
    const auto shares = [&] { return empty({x0.size(0), call->norm.channels}, kFloat32, x0.device()); };
    const Tensor grad_x0 = like(x0), grad_x1 = like(x1), grad_shift = shift.defined() ? shares() : Tensor(),
                 grad_weight = shares(), grad_bias = shares();
    call->run(
        x0, x1, shift, weight, bias, moments,
        [&]<class T, unsigned V, bool kHeld>(const kernels::NormActLaw<T>& law, std::integral_constant<unsigned, V>,
                                             std::bool_constant<kHeld>, kernels::Grid grid) {
          const kernels::Pieces<T> grad_x{{values_at<T>(grad_x0), values_at<T>(grad_x1)},
                                          {law.x.channels[0], law.x.channels[1]}};
          call->device.launch(
              kernels::NormActGrad<T, V, kHeld>{law, read<T>(grad), grad_x, values_at<float>(grad_shift),
                                                values_at<float>(grad_weight), values_at<float>(grad_bias)},
              grid);
        });
    return {grad_x0, grad_weight.sum(0), grad_bias.sum(0), grad_x1, grad_shift, Tensor()};
  }
};

/// What stands before a convolution.
struct Before {
  const GroupNorm& norm;
  bool silu = true;
  Tensor shift = {};  ///< float32 [B,C] or [1,C], added to x first
  Dropout* dropout = nullptr;
  double rate = 0;  ///< of the dropout
};

/// dropout(silu(norm(x + shift))); x in one piece or in two whose channels follow one another.      -> [B,C,H,W] of x's type
template <class Device>
Tensor norm_act(const Device& device, const Tensors& x, const Before& before) {
  const auto call = c10::make_intrusive<NormActCall<Device>>(device);
  call->norm.channels = static_cast<int>(before.norm.weight.size(0));
  call->norm.groups = group_count(call->norm.channels);
  call->norm.silu = before.silu;
  if (before.dropout && before.rate > 0) {
    Dropout& d = *before.dropout;
    const auto key = philox_key(d.seed, Stream::dropout);
    call->dropout = {.key = {key[0], key[1]},
                     .index = d.next_index(),
                     .step = d.device_step,
                     .first_place = d.first_place,
                     .threshold = Dropout::threshold(before.rate)};
    call->norm.keep_scale = Dropout::scale(call->dropout.threshold);
  }
  Tensor shift = before.shift;
  if (shift.defined())
    shift = shift.expand({x[0].size(0), call->norm.channels}).contiguous();  // one row may be for all
  return NormActFunction<Device>::apply(channels_last(x[0]), before.norm.weight, before.norm.bias,
                                        perhaps(x.size() > 1 ? channels_last(x[1]) : Tensor()), perhaps(shift), call);
}

template <class Device>
struct JoinCall : torch::CustomClassHolder {
  JoinCall(const Device& d, double s) : device(d), scale(static_cast<float>(s)) {}
  Device device;
  float scale;
};

template <class Device>
struct JoinFunction : torch::autograd::Function<JoinFunction<Device>> {
  using Call = JoinCall<Device>;

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& a, const Tensor& b, const Tensor& bias,
                        const c10::intrusive_ptr<Call>& call) {
    const Tensor out = empty_images(a.sizes(), a.scalar_type(), a.device());
    const auto channels = static_cast<unsigned>(a.size(1));
    with_type(a.scalar_type(), [&]<class T>() {
      const int c = static_cast<int>(channels);
      with_pack<T>(kernels::pack_width<T>(c, c), [&]<unsigned V>(std::integral_constant<unsigned, V>) {
        const auto values = static_cast<std::size_t>(a.numel()),
                   block = std::size_t{kernels::kThreads} * kernels::kJoinPacks * V;
        call->device.launch(kernels::Join<T, V>{read<T>(a), read<T>(b), read<float>(bias), call->scale, values,
                                                channels, values_at<T>(out)},
                            {.x = static_cast<unsigned>((values + block - 1) / block)});
      });
    });
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    refuse_graph();
    const auto call = c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    const Tensor grad = channels_last(grads[0]), grad_x = empty_images(grad.sizes(), grad.scalar_type(), grad.device()),
                 grad_bias = empty({grad.size(0), grad.size(1)}, kFloat32, grad.device());
    const auto channels = static_cast<unsigned>(grad.size(1)),
               pixels = static_cast<unsigned>(grad.size(2) * grad.size(3));
    with_type(grad.scalar_type(), [&]<class T>() {
      const int c = static_cast<int>(channels);
      with_pack<T>(kernels::pack_width<T>(c, c), [&]<unsigned V>(std::integral_constant<unsigned, V>) {
        using Body = kernels::JoinGrad<T, V>;
        call->device.launch(
            Body{read<T>(grad), call->scale, pixels, channels, values_at<T>(grad_x), values_at<float>(grad_bias)},
            {.x = static_cast<unsigned>(grad.size(0)), .y = (channels + Body::kWidth - 1) / Body::kWidth});
      });
    });
    return {grad_x, grad_x, grad_bias.sum(0), Tensor()};
  }
};

/// (a + b + bias) * scale; a, b [B,C,H,W] of one type, bias float32 [C].
template <class Device>
Tensor join(const Device& device, const Tensor& a, const Tensor& b, const Tensor& bias, double scale) {
  return JoinFunction<Device>::apply(channels_last(a), channels_last(b), bias,
                                     c10::make_intrusive<JoinCall<Device>>(device, scale));
}

/// The convolution of x, with its bias or without, by a copy of the weights in x's type; one of 1x1 is a matrix product.
inline Tensor products(const Conv2d& conv, const Tensor& x, bool with_bias = false) {
  const auto type = x.scalar_type();
  Conv2d here = conv;
  here.weight = conv.weight.to(type, false, false, at::MemoryFormat::ChannelsLast);
  here.bias = with_bias ? conv.bias.to(type) : Tensor();
  if (conv.options.kernel != 1 || conv.options.resample != Resample::none) return here(x);
  const Tensor rows = channels_last(x).permute({0, 2, 3, 1});  // [B,H,W,in]
  return at::_ops::linear::call(rows, here.weight.flatten(1), perhaps(here.bias)).permute({0, 3, 1, 2});
}

/// The same by a 1x1 convolution, without its bias, of an x in two pieces: a product each, and no copy of x.
inline Tensor products_of(const Conv2d& conv, const Tensors& x) {
  const Tensor weight = conv.weight.to(x[0].scalar_type()).flatten(1);  // [out,in]
  const auto rows = [](const Tensor& t) { return channels_last(t).permute({0, 2, 3, 1}).flatten(0, 2); };
  const std::int64_t first = x[0].size(1), second = x[1].size(1);
  const Tensor begun = at::_ops::linear::call(rows(x[0]), weight.narrow(1, 0, first), std::nullopt),
               sum = at::_ops::addmm::call(begun, rows(x[1]), weight.narrow(1, first, second).t(), 1, 1);
  return sum.reshape({x[0].size(0), x[0].size(2), x[0].size(3), weight.size(0)}).permute({0, 3, 1, 2});
}

/// qkv [B,3C,H,W] in the order [head][q, k, v][channel] -> [B,C,H,W].
inline Tensor attend(const Tensor& qkv, int heads) {
  const std::int64_t n = qkv.size(0), h = qkv.size(2), w = qkv.size(3), c = qkv.size(1) / 3;
  const Tensor parts = channels_last(qkv).permute({0, 2, 3, 1}).reshape({n, h * w, heads, 3, c / heads});
  const auto part = [&](std::int64_t i) { return parts.select(3, i).transpose(1, 2); };  // [B,heads,pixels,C/heads]
  const Tensor a = at::_ops::scaled_dot_product_attention::call(part(0), part(1), part(2), std::nullopt, 0, false,
                                                                std::nullopt, false);
  return a.transpose(1, 2).reshape({n, h, w, c}).permute({0, 3, 1, 2});
}

/// Block::operator().  The bias of conv0 and the embedding's shift meet h as norm1 reads it.
template <class Device>
Tensor device_block(const Device& device, const Block& b, const Tensors& x, const Tensor& emb, Dropout* dropout) {
  const double half_root = std::sqrt(0.5);
  Tensor h = products(b.conv0, norm_act(device, x, {.norm = b.norm0}));
  h = norm_act(device, {h},
               {.norm = b.norm1, .shift = b.affine(emb) + b.conv0.bias, .dropout = dropout, .rate = b.options.dropout});
  const Tensor residual = !b.has_skip    ? (x.size() > 1 ? cat(x, 1) : x[0])
                          : x.size() > 1 ? products_of(b.skip, x)
                                         : products(b.skip, x[0]);
  h = join(device, products(b.conv1, h), residual, b.has_skip ? b.conv1.bias + b.skip.bias : b.conv1.bias, half_root);
  if (b.options.heads == 0) return h;
  const Tensor qkv = products(heads_in_order(b.qkv, b.options.heads, *b.ordered),
                              norm_act(device, {h}, {.norm = b.norm2, .silu = false}), true);
  return join(device, products(b.proj, attend(qkv, b.options.heads)), h, b.proj.bias, half_root);
}

}  // namespace diffmem::detail
