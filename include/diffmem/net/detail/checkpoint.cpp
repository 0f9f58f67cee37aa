// SPDX-License-Identifier: MIT
#include <diffmem/core/trace.hpp>
#include <diffmem/net/detail/checkpoint.hpp>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <utility>

namespace diffmem::detail {
namespace {

using torch::autograd::AutogradContext, torch::autograd::variable_list;

struct Call : torch::CustomClassHolder {
  Segment segment;
  std::optional<Dropout> before, after;  ///< the first run

  Tensor run(const Tensors& inputs) {
    after = before;
    return segment(inputs, after ? &*after : nullptr);
  }
};

struct CheckpointFunction : torch::autograd::Function<CheckpointFunction> {
  static Tensor forward(AutogradContext* context, at::TensorList inputs, const c10::intrusive_ptr<Call>& call) {
    context->save_for_backward(inputs.vec());
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    return call->run(inputs.vec());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto call = c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    Tensors inputs;
    for (const Tensor& saved : context->get_saved_variables())
      inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
    {
      const at::AutoGradMode grad(true);
      const auto again = [&] {
        const Span span("recompute");
        return call->run(inputs);
      };
      torch::autograd::backward({again()}, {grads[0]});
    }
    variable_list result;
    for (const Tensor& input : inputs) result.push_back(input.grad());
    result.emplace_back();  // of the call
    return result;
  }
};

}  // namespace

Tensor checkpoint(Segment segment, const Tensors& inputs, Dropout* dropout) {
  const auto call = c10::make_intrusive<Call>();
  call->segment = std::move(segment);
  if (dropout) call->before = *dropout;
  Tensor out = CheckpointFunction::apply(at::TensorList(inputs), call);
  if (dropout) *dropout = *call->after;
  return out;
}

}  // namespace diffmem::detail
