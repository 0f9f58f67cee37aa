// SPDX-License-Identifier: MIT
#include <diffmem/net/network.hpp>

namespace diffmem {

Network::~Network() = default;

std::int64_t Network::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& [name, leaf] : parameters()) count += leaf.numel();
  return count;
}

void Network::require_grad() {
  for (const auto& [name, leaf] : parameters()) leaf.requires_grad_(true);
}

void Network::copy_from(const Network& other) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters().size(); ++i) parameters()[i].second.copy_(other.parameters()[i].second);
  for (std::size_t i = 0; i < buffers().size(); ++i) buffers()[i].second.copy_(other.buffers()[i].second);
}

}  // namespace diffmem
