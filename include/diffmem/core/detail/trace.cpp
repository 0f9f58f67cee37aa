// SPDX-License-Identifier: MIT
#include <diffmem/core/trace.hpp>

#include <ATen/record_function.h>

#include <memory>
#include <utility>

namespace diffmem {
namespace {

constexpr std::string_view kNode = "autograd::engine::evaluate_function: ";

/// LibTorch's operations that are open in this thread, one within the other, and whether the outermost is an event.
thread_local int operations_open = 0;
thread_local bool recorded = false;

/// Nodes of our own have spans of their own.
bool is_ours(std::string_view name) { return name.starts_with(kNode) && name.find("CppNode<") != name.npos; }

std::unique_ptr<at::ObserverContext> begin_operation(const at::RecordFunction& operation) {
  std::string_view name = operation.name();
  if (is_ours(name) || operations_open++ > 0) return nullptr;
  if (name.starts_with(kNode)) name.remove_prefix(kNode.size());
  recorded = detail::trace && !detail::trace->counts_work();
  if (recorded) detail::trace->begin(name, {}, {});
  return nullptr;
}
void end_operation(const at::RecordFunction& operation, at::ObserverContext*) {
  if (!is_ours(operation.name()) && --operations_open == 0 && recorded) detail::trace->end();
}

}  // namespace

void Trace::begin(std::string_view operation, std::string_view layer, Work work) {
  if (layer.empty() && open_ != kNone) layer = events_[open_].layer;
  Event event{.operation = std::string(operation), .layer = std::string(layer), .work = work, .begun = {}, .ended = {}};
  event.parent = std::exchange(open_, events_.size());
  event.begun = std::chrono::steady_clock::now();
  events_.push_back(std::move(event));
}

bool Trace::counts_work() const {
  return open_ != kNone && (events_[open_].work.operations > 0 || events_[open_].work.bytes > 0);
}

void Trace::end() {
  Event& event = events_[open_];
  event.ended = std::chrono::steady_clock::now();
  open_ = event.parent;
}

Trace::Recording::Recording(Trace& trace)
    : before_(std::exchange(detail::trace, &trace)),
      callback_(at::addThreadLocalCallback(
          at::RecordFunctionCallback(begin_operation, end_operation).scopes({at::RecordScope::FUNCTION}))) {}

Trace::Recording::~Recording() {
  at::removeCallback(callback_);
  detail::trace = before_;
}

}  // namespace diffmem
