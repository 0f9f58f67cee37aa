// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/stable/model.hpp>

#include <fmt/format.h>

namespace diffmem::stable {

PromptedModel::PromptedModel(UNet&& net, Tensor embeddings) : net_(std::move(net)), embeddings_(std::move(embeddings)) {
  if (embeddings_.dim() != 3 || embeddings_.size(0) < 1)
    throw Error("prompted model", fmt::format("embeddings of {} dimensions", embeddings_.dim()),
                "[prompts + 1, positions, width], the last of the empty prompt", "correct the caller");
}

Tensor PromptedModel::raw(const Tensor& x, const Tensor& c_noise, const Tensor& labels, Dropout*) const {
  const Tensor context = labels.defined() ? embeddings_.index_select(0, labels)
                                          : embeddings_.narrow(0, classes(), 1).expand({x.size(0), -1, -1});
  return net_(x, c_noise, context);
}

}  // namespace diffmem::stable
