// SPDX-License-Identifier: MIT
// Where time goes: spans of it, each an operation of a layer, nested as they were in one thread.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// What an operation must do: multiplications and additions as its shapes count them, and bytes of what it reads and
/// writes, each once.
struct Work {
  double operations = 0, bytes = 0;
};

/// The spans that a thread went through while a Recording of them lived.
class Trace {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};
  struct Event {
    std::string operation, layer;  ///< "conv", "enc.32x32_block0.conv0"; a layer left empty is that of the span around
    Work work;
    std::chrono::steady_clock::time_point begun, ended;
    std::size_t parent = kNone;  ///< the event around it
  };
  class Recording;

  /// In the order in which they began, those of a Recording after those of the one before.
  const std::vector<Event>& events() const { return events_; }
  /// Whether the innermost span says what its work is: it is recorded as one, whatever it calls.
  bool counts_work() const;
  void begin(std::string_view operation, std::string_view layer, Work work);
  void end();

 private:
  std::vector<Event> events_;
  std::size_t open_ = kNone;  // the innermost span that has not ended
};

namespace detail {
inline constinit thread_local Trace* trace = nullptr;  // what this thread's spans go to
}

/// From construction to destruction this thread's spans go to a trace, and LibTorch's operations with them: but for those
/// that another calls, and those of a span that says what its work is.
class Trace::Recording {
 public:
  explicit Recording(Trace& trace);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  Trace* before_;
  std::uint64_t callback_;
};

/// A span of time, from construction to destruction.  Without a Recording it costs a look at one pointer.
///
///     const Span span("conv", name, [&] { return Work{.operations = flops(), .bytes = bytes()}; });
class Span {
 public:
  explicit Span(std::string_view operation, std::string_view layer = {})
      : Span(operation, layer, [] { return Work{}; }) {}
  template <class Cost>
  Span(std::string_view operation, std::string_view layer, Cost&& cost) : trace_(detail::trace) {
    if (trace_) [[unlikely]]
      trace_->begin(operation, layer, cost());
  }
  ~Span() {
    if (trace_) [[unlikely]]
      trace_->end();
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  Trace* trace_;
};

}  // namespace diffmem
