// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/trace.hpp>
#include <diffmem/kernels/attention.hpp>
#include <diffmem/kernels/fused_conv.hpp>
#include <diffmem/net/detail/fused.hpp>
#include <diffmem/net/detail/raw.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace diffmem::detail {
namespace {

using kernels::FusedConv;
using torch::autograd::AutogradContext, torch::autograd::variable_list;

}  // namespace

/// A convolution's weights as the forward pass reads them, made again when they have changed.
class PackedWeights {
 public:
  /// By several threads at once, too: what one holds stays when another makes it anew.
  template <class T>
  std::shared_ptr<const std::vector<T>> of(const Tensor& weight) {
    const std::lock_guard lock(mutex_);
    auto& kept = std::get<Kept<T>>(kept_);
    if (!kept.values || weight.const_data_ptr() != kept.data || weight._version() != kept.version) {
      kept.values = nullptr;  // first, so that not both are held
      kept = {std::make_shared<const std::vector<T>>(kernels::packed_weights<T>(
                  read<float>(weight), static_cast<int>(weight.size(0)), static_cast<int>(weight.size(1)),
                  static_cast<int>(weight.size(2)), at::get_num_threads())),
              weight.const_data_ptr(), weight._version()};
    }
    return kept.values;
  }

 private:
  template <class T>
  struct Kept {
    std::shared_ptr<const std::vector<T>> values;
    const void* data = nullptr;
    std::int64_t version = -1;
  };
  std::mutex mutex_;
  std::tuple<Kept<float>, Kept<Bf16>> kept_;
};

namespace {

/// What a call holds besides its tensors.
struct Call : torch::CustomClassHolder {
  static constexpr std::size_t kNone = ~std::size_t{0};
  FusedConv law;
  bool wide = false;
  std::string layer;                 ///< in a trace
  double operations = 0;             ///< of the convolution
  std::array<std::size_t, 5> place;  ///< of the optional tensors, in the order of forward(), among autograd's
};

/// Bytes of those that are there.
double bytes_of(std::initializer_list<Tensor> tensors) {
  double bytes = 0;
  for (const Tensor& t : tensors) bytes += t.defined() ? static_cast<double>(t.nbytes()) : 0;
  return bytes;
}

struct FusedConvFunction : torch::autograd::Function<FusedConvFunction> {
  // The optional ones come last: autograd counts only what is there.
  static Tensor forward(AutogradContext* context, const Tensor& x0, const Tensor& weight, const Tensor& bias,
                        const Perhaps& second, const Perhaps& norm0, const Perhaps& norm1, const Perhaps& shift_of,
                        const Perhaps& residual_of, PackedWeights* packed, const c10::intrusive_ptr<Call>& call) {
    const FusedConv& law = call->law;
    const auto given = [](const Perhaps& t) { return t.value_or(Tensor()); };
    const Tensor x1 = given(second), norm_weight = given(norm0), norm_bias = given(norm1), shift = given(shift_of),
                 residual = given(residual_of);
    std::size_t place = 3;
    for (std::size_t i = 0; const Tensor* t : {&x1, &norm_weight, &norm_bias, &shift, &residual})
      call->place[i++] = t->defined() ? place++ : Call::kNone;
    const Tensor moments = empty({law.images, law.norm.groups, 2}),
                 kept = empty({law.images, law.kept_bytes()}, kUint8);
    const Tensor out = empty_images({law.images, law.out, law.conv_height(), law.conv_width()},
                                    call->wide ? kFloat32 : x0.scalar_type());
    const Span span("conv", call->layer,
                    [&] { return Work{call->operations, bytes_of({x0, x1, weight, residual, out})}; });
    with_type(x0.scalar_type(), [&]<class T>() {
      kernels::FusedConvForward<T> at;
      at.x = pieces<T>(x0, x1);
      const auto packed_now = packed->of<T>(weight);
      at.weights = packed_now->data();
      at.bias = read<float>(bias), at.shift = read<float>(shift), at.residual = read<T>(residual);
      at.moments = values_at<float>(moments), at.kept = values_at<std::uint8_t>(kept);
      if (call->wide)
        at.wide_out = values_at<float>(out);
      else
        at.out = values_at<T>(out);
      kernels::fused_conv_forward<T>(law, at, at::get_num_threads());
    });
    if (!context) return out;
    context->save_for_backward({x0, x1, weight, norm_weight, norm_bias, moments, kept});
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    refuse_graph();
    const auto saved = context->get_saved_variables();
    const Tensor &x0 = saved[0], &x1 = saved[1], &weight = saved[2], &norm_weight = saved[3], &norm_bias = saved[4],
                 &moments = saved[5], &kept = saved[6];
    const auto call = c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    FusedConv law = call->law;
    law.norm.weight = read<float>(norm_weight), law.norm.bias = read<float>(norm_bias);
    const Tensor grad = channels_last(grads[0].to(x0.scalar_type()));
    const auto wanted = [&](std::size_t place) { return place != Call::kNone && context->needs_input_grad(place); };
    const auto images = [&](std::size_t place, const Tensor& x) {
      return wanted(place) ? empty_images(x.sizes(), x.scalar_type()) : Tensor();
    };
    const bool normed = norm_weight.defined();
    const Tensor grad_x0 = images(0, x0), grad_x1 = images(call->place[0], x1),
                 grad_weight = context->needs_input_grad(1) ? empty(weight.sizes()) : Tensor(),
                 grad_bias = empty({law.out}), grad_norm_weight = normed ? empty(norm_weight.sizes()) : Tensor(),
                 grad_norm_bias = normed ? empty(norm_weight.sizes()) : Tensor(),
                 grad_shift = wanted(call->place[3]) ? empty({law.images, law.out}) : Tensor(),
                 grad_residual = images(call->place[4], grad);
    const bool to_x = grad_x0.defined() || grad_x1.defined() || normed;
    const Span span("conv backward", call->layer, [&] {
      return Work{(to_x ? 2 : 1) * call->operations,
                  bytes_of({x0, x1, weight, grad, grad_x0, grad_x1, grad_weight, grad_residual})};
    });
    const int threads = at::get_num_threads();
    with_type(x0.scalar_type(), [&]<class T>() {
      kernels::FusedConvBackward<T> at;
      at.x = pieces<T>(x0, x1);
      at.moments = read<float>(moments), at.kept = read<std::uint8_t>(kept);
      std::vector<T> turned;
      if (to_x) {
        turned = kernels::turned_weights<T>(read<float>(weight), law.out, law.norm.channels, law.kernel, threads);
        at.weights = turned.data();
      }
      at.grad = read<T>(grad);
      at.grad_x = {{values_at<T>(grad_x0), values_at<T>(grad_x1)}, {at.x.channels[0], at.x.channels[1]}};
      at.grad_residual = values_at<T>(grad_residual);
      at.grad_weights = values_at<float>(grad_weight), at.grad_bias = values_at<float>(grad_bias);
      at.grad_shift = values_at<float>(grad_shift);
      at.grad_norm_weight = values_at<float>(grad_norm_weight), at.grad_norm_bias = values_at<float>(grad_norm_bias);
      kernels::fused_conv_backward<T>(law, at, threads);
    });
    return {grad_x0,        grad_weight, grad_bias,     grad_x1,  grad_norm_weight,
            grad_norm_bias, grad_shift,  grad_residual, Tensor(), Tensor()};
  }
};

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static kernels::AttentionLaw law_of(const Tensor& qkv, std::int64_t heads) {
    return {qkv.size(0), static_cast<int>(qkv.size(2) * qkv.size(3)), static_cast<int>(heads),
            static_cast<int>(qkv.size(1) / 3 / heads)};
  }
  static double operations(const Tensor& qkv) {
    return static_cast<double>(qkv.size(0)) * attention_operations(qkv.size(1) / 3, qkv.size(2) * qkv.size(3));
  }
  static Tensor forward(AutogradContext* context, const Tensor& qkv, std::int64_t heads, const std::string& layer) {
    const Tensor a = empty_images({qkv.size(0), qkv.size(1) / 3, qkv.size(2), qkv.size(3)}, qkv.scalar_type());
    const Span span("attention", layer, [&] { return Work{operations(qkv), bytes_of({qkv, a})}; });
    with_type(qkv.scalar_type(), [&]<class T>() {
      kernels::attention_forward<T>(law_of(qkv, heads), read<T>(qkv), values_at<T>(a), at::get_num_threads());
    });
    if (!context) return a;
    context->save_for_backward({qkv});
    context->saved_data["heads"] = heads;
    context->saved_data["layer"] = layer;
    return a;
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    refuse_graph();
    const Tensor qkv = context->get_saved_variables()[0], grad = channels_last(grads[0]),
                 grad_qkv = empty_images(qkv.sizes(), qkv.scalar_type());
    const Span span("attention backward", context->saved_data["layer"].toStringRef(),
                    [&] { return Work{2 * operations(qkv), bytes_of({qkv, grad, grad_qkv})}; });
    with_type(qkv.scalar_type(), [&]<class T>() {
      kernels::attention_backward<T>(law_of(qkv, context->saved_data["heads"].toInt()), read<T>(qkv), read<T>(grad),
                                     values_at<T>(grad_qkv), at::get_num_threads());
    });
    return {grad_qkv, Tensor(), Tensor()};
  }
};

}  // namespace

bool kernels_take(const Tensor& x) { return x.is_cpu() && x.scalar_type() == kFloat32 && x.dim() == 4; }

namespace {

/// The kernels read memory as the sizes say: Error if they do not fit.
void check(const Conv2d& conv, const Tensor& x0, const Tensor& x1) {
  const Tensor& w = conv.weight;
  const auto told = [](const Tensor& t) { return fmt::format("{}", fmt::join(t.sizes(), "x")); };
  const std::int64_t channels = x0.size(1) + (x1.defined() ? x1.size(1) : 0);
  const bool fits = x1.defined() ? x1.scalar_type() == x0.scalar_type() && x1.is_cpu() && x1.size(0) == x0.size(0) &&
                                       x1.size(2) == x0.size(2) && x1.size(3) == x0.size(3)
                                 : true;
  if (!fits)
    throw Error("network", fmt::format("images of {} beside others of {}", told(x1), told(x0)),
                "two of the same number, height, width and type", "give images whose sides every level can halve");
  if (channels != w.size(1) || !w.is_cpu() || w.scalar_type() != kFloat32 || !w.is_contiguous())
    throw Error(
        "network", fmt::format("images of {} channels for weights of {} on {}", channels, told(w), w.device().str()),
        fmt::format("{} channels, and float32 weights on the CPU", w.size(1)), "correct the images or the device");
  const std::int64_t least = conv.options.resample == Resample::down ? 2 : 1;
  if (x0.size(2) < least || x0.size(3) < least)
    throw Error("network", fmt::format("images of {}", told(x0)), fmt::format("sides of {} pixels or more", least),
                "give larger images, or a network of fewer levels");
}

}  // namespace

Tensor fused_conv(const Conv2d& conv, const Tensors& x, const Around& around) {
  const auto call = c10::make_intrusive<Call>();
  FusedConv& law = call->law;
  call->wide = around.wide, call->layer = conv.name;
  const Tensor x0 = channels_last(x[0]), x1 = x.size() > 1 ? channels_last(x[1]) : Tensor();
  check(conv, x0, x1);
  law.images = x0.size(0), law.height = static_cast<int>(x0.size(2)), law.width = static_cast<int>(x0.size(3));
  law.out = static_cast<int>(conv.weight.size(0)), law.kernel = conv.options.kernel;
  law.norm.channels = static_cast<int>(conv.weight.size(1));
  law.norm.silu = around.silu;
  if (conv.options.resample != Resample::none) {
    law.sides = conv.options.resample == Resample::up ? kernels::Sides::twice : kernels::Sides::half;
    law.filter = values_of<float>(conv.filter);
  }
  Tensor norm_weight, norm_bias;
  if (around.norm) {
    norm_weight = around.norm->weight, norm_bias = around.norm->bias;
    law.norm.groups = group_count(law.norm.channels);
    law.norm.weight = read<float>(norm_weight), law.norm.bias = read<float>(norm_bias);
  }
  if (around.dropout && around.rate > 0) {
    law.dropout = {around.dropout->seed, around.dropout->next_index(), around.dropout->first_place,
                   Dropout::threshold(around.rate)};
    law.norm.keep_scale = Dropout::scale(law.dropout.threshold);
  }
  law.scale = static_cast<float>(around.scale);
  Tensor shift = around.shift;
  if (shift.defined()) shift = shift.expand({law.images, law.out}).contiguous();  // one row may be for all images
  call->operations = static_cast<double>(law.images) * conv.operations(law.conv_height(), law.conv_width());
  return apply<FusedConvFunction>(
      x0, conv.weight, conv.bias, perhaps(x1), perhaps(norm_weight), perhaps(norm_bias), perhaps(shift),
      perhaps(around.residual.defined() ? channels_last(around.residual) : Tensor()), conv.packed.get(), call);
}

class OrderedHeads {
 public:
  /// make() for these weights, or what it made of them.
  template <class Make>
  Conv2d of(const Conv2d& qkv, Make&& make) {
    const std::lock_guard lock(mutex_);
    const Key key{qkv.weight.const_data_ptr(), qkv.weight._version(), qkv.bias.const_data_ptr(), qkv.bias._version()};
    if (key != key_) conv_ = make(), key_ = key;
    return conv_;
  }

 private:
  using Key = std::tuple<const void*, std::int64_t, const void*, std::int64_t>;
  std::mutex mutex_;
  Key key_{};
  Conv2d conv_;
};

Conv2d heads_in_order(const Conv2d& qkv, int heads, OrderedHeads& kept) {
  const auto reordered = [&](const Tensor& t) {
    const std::int64_t each = t.size(0) / 3 / heads;
    return t.reshape({heads, each, 3, -1}).transpose(1, 2).reshape(t.sizes());
  };
  const auto make = [&] {
    Conv2d ordered = qkv;
    ordered.weight = reordered(qkv.weight), ordered.bias = reordered(qkv.bias);
    ordered.packed = std::make_shared<PackedWeights>();
    return ordered;
  };
  return at::GradMode::is_enabled() && qkv.weight.requires_grad() ? make() : kept.of(qkv, make);
}

Tensor fused_attention(const Tensor& qkv, int heads, const std::string& layer) {
  return apply<AttentionFunction>(channels_last(qkv), std::int64_t{heads}, layer);
}

std::shared_ptr<PackedWeights> make_packed_weights() { return std::make_shared<PackedWeights>(); }
std::shared_ptr<OrderedHeads> make_ordered_heads() { return std::make_shared<OrderedHeads>(); }

}  // namespace diffmem::detail
