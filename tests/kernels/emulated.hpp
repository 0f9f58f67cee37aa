// SPDX-License-Identifier: MIT
// A device without a device: kernels' bodies (kernels/block.hpp) run here thread by thread, each from one barrier to the
// next.  It complains of what would go wrong on a real one: shared memory that one thread writes and another touches
// without a barrier between, or that is read before it was written; a barrier that only some threads reach.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/kernels/device.hpp>

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

namespace diffmem::emulated {

using namespace kernels;

/// The threads of one block, run in turns.
class Threads {
 public:
  enum class Wait { nothing, barrier, mma, sum, done };

  void run(const std::function<void()>& body) {
    body_ = &body;
    for (unsigned t = 0; t < kThreads; ++t) {
      getcontext(&context_[t]);
      stack_[t].resize(kStack);
      context_[t].uc_stack.ss_sp = stack_[t].data(), context_[t].uc_stack.ss_size = kStack;
      context_[t].uc_link = nullptr;
      makecontext(&context_[t], reinterpret_cast<void (*)()>(&enter), 2, static_cast<unsigned>(address() >> 32),
                  static_cast<unsigned>(address()));
      waits_[t] = Wait::nothing;
    }
    for (bool up = true;; up = !up) {  // backwards every other time: no order is to be relied upon
      for (unsigned i = 0; i < kThreads; ++i) {
        current = up ? i : kThreads - 1 - i;
        go_on();
      }
      for (const Wait w : waits_)
        if (w != waits_[0]) complain("threads that wait for different things");
      if (!complaint.empty()) throw Error("emulated block", complaint, "what a device may run", "mend the kernel");
      if (waits_[0] == Wait::done) return;
      if (waits_[0] == Wait::barrier) ++epoch;
      if (waits_[0] == Wait::mma) multiply();
    }
  }
  void wait(Wait what) {
    waits_[current] = what;
    if (_setjmp(resume_[current]) == 0) _longjmp(back_, 1);
  }
  void complain(const std::string& of) {
    if (complaint.empty()) complaint = of;
  }

  unsigned current = 0;
  std::uint32_t epoch = 1;  // barriers so far
  std::string complaint;
  double sums[kThreads] = {};
  struct {
    std::int32_t (*c)[4][4];
    const std::uint32_t (*a)[4];
    const std::uint32_t (*b)[2];
  } fragments[kThreads];

 private:
  /// Runs the current thread up to where it waits.
  void go_on() {
    if (_setjmp(back_) != 0) return;
    if (waits_[current] == Wait::nothing) setcontext(&context_[current]);
    _longjmp(resume_[current], 1);
  }
  static constexpr std::size_t kStack = 64 << 10;
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(this); }
  static void enter(unsigned high, unsigned low) {
    auto* self = reinterpret_cast<Threads*>(std::uintptr_t{high} << 32 | low);
    const unsigned thread = self->current;
    (*self->body_)();
    self->waits_[thread] = Wait::done;
    _longjmp(self->back_, 1);
  }
  static std::int8_t byte(std::uint32_t word, unsigned i) { return static_cast<std::int8_t>(word >> 8 * i); }

  /// mma.m16n8k32 as PTX documents where each lane's values stand: lane 4g + t has
  ///   of a, 16 x 32: words (g, t), (g+8, t), (g, t+4), (g+8, t+4) of four bytes;  of b, 32 x 8: words t and t+4 of column g;
  ///   of c, 16 x 8:  (g, 2t), (g, 2t+1), (g+8, 2t), (g+8, 2t+1).
  void multiply() {
    for (unsigned warp = 0; warp < kThreads; warp += kWarp)
      for (unsigned i = 0; i < 4; ++i)
        for (unsigned j = 0; j < 4; ++j) {
          std::int8_t a[16][32], b[8][32];
          for (unsigned lane = 0; lane < kWarp; ++lane)
            for (unsigned v = 0; v < 4; ++v) {
              const unsigned g = lane / 4, t = lane % 4;
              for (unsigned r = 0; r < 4; ++r)
                a[g + r % 2 * 8][(t + r / 2 * 4) * 4 + v] = byte(fragments[warp + lane].a[i][r], v);
              for (unsigned r = 0; r < 2; ++r) b[g][(t + r * 4) * 4 + v] = byte(fragments[warp + lane].b[j][r], v);
            }
          for (unsigned lane = 0; lane < kWarp; ++lane)
            for (unsigned e = 0; e < 4; ++e) {
              std::int32_t sum = 0;
              for (unsigned k = 0; k < 32; ++k) sum += a[lane / 4 + e / 2 * 8][k] * b[lane % 4 * 2 + e % 2][k];
              fragments[warp + lane].c[i][j][e] += sum;
            }
        }
  }

  const std::function<void()>* body_ = nullptr;
  ucontext_t context_[kThreads];  // to begin; afterwards jumps, which ask the kernel for nothing
  jmp_buf back_, resume_[kThreads];
  std::vector<char> stack_[kThreads];
  Wait waits_[kThreads];
};

class Block {
  struct Log {
    std::uint32_t written = 0, read = 0;  // epochs
    unsigned writer = 0, reader = 0;
  };

 public:
  Block(Threads& threads, Grid place, std::size_t shared)
      : threads_(threads), place_(place), memory_(shared), log_(shared) {}

  template <class T>
  class Shared {
   public:
    Shared(Block& block, std::size_t begin, unsigned count) : block_(&block), begin_(begin), count_(count) {}
    T get(unsigned i) const {
      Log& log = look(i);
      if (log.written == 0) block_->threads_.complain("shared memory that is read before it was written");
      if (log.written == epoch() && log.writer != thread()) race();
      log.reader = log.read == epoch() && log.reader != thread() ? kMany : thread();
      log.read = epoch();
      T value;
      std::memcpy(&value, &block_->memory_[at(i)], sizeof(T));
      return value;
    }
    void set(unsigned i, T value) const {
      Log& log = look(i);
      if ((log.written == epoch() && log.writer != thread()) || (log.read == epoch() && log.reader != thread())) race();
      log.written = epoch(), log.writer = thread();
      std::memcpy(&block_->memory_[at(i)], &value, sizeof(T));
    }
    void set4(unsigned i, const Quad& quad) const {
      if (at(i) % sizeof(Quad) != 0) block_->threads_.complain("16 bytes that do not begin at such an address");
      for (unsigned k = 0; k < 4; ++k) set(i + k, quad.word[k]);
    }
    T add(unsigned i, T value) const {
      return atomically(i, [&](T old) { return static_cast<T>(old + value); });
    }
    void set_bits(unsigned i, T value) const {
      atomically(i, [&](T old) { return static_cast<T>(old | value); });
    }

   private:
    static constexpr unsigned kMany = kThreads, kAtomic = kThreads + 1;
    template <class Change>
    T atomically(unsigned i, const Change& change) const {
      Log& log = look(i);
      if (log.written == 0) block_->threads_.complain("shared memory that is changed before it was written");
      if ((log.written == epoch() && log.writer != kAtomic) || log.read == epoch()) race();
      log.written = epoch(), log.writer = kAtomic;
      T old;
      std::memcpy(&old, &block_->memory_[at(i)], sizeof(T));
      const T value = change(old);
      std::memcpy(&block_->memory_[at(i)], &value, sizeof(T));
      return old;
    }
    std::size_t at(unsigned i) const { return begin_ + i * sizeof(T); }
    Log& look(unsigned& i) const {
      if (i >= count_) block_->threads_.complain("a place behind the end of shared memory"), i = 0;
      return block_->log_[at(i)];
    }
    unsigned thread() const { return block_->threads_.current; }
    std::uint32_t epoch() const { return block_->threads_.epoch; }
    void race() const { block_->threads_.complain("a race for shared memory"); }

    Block* block_;
    std::size_t begin_;
    unsigned count_;
  };
  template <class T>
  Shared<T> shared(unsigned count) {
    std::size_t& used = used_[thread()];
    const std::size_t begin = used;
    used += shared_bytes<T>(count);
    if (used > memory_.size()) threads_.complain("more shared memory than kShared");
    return {*this, begin, count};
  }

  unsigned thread() const { return threads_.current; }
  unsigned x() const { return place_.x; }
  unsigned y() const { return place_.y; }
  void sync() const { threads_.wait(Threads::Wait::barrier); }
  void mma(std::int32_t (&c)[4][4][4], const std::uint32_t (&a)[4][4], const std::uint32_t (&b)[4][2]) const {
    threads_.fragments[thread()] = {c, a, b};
    threads_.wait(Threads::Wait::mma);
  }
  double warp_sum(double v) const {
    threads_.sums[thread()] = v;
    threads_.wait(Threads::Wait::sum);
    double sum = 0;
    for (unsigned lane = 0; lane < kWarp; ++lane) sum += threads_.sums[thread() / kWarp * kWarp + lane];
    threads_.wait(Threads::Wait::sum);
    return sum;
  }
  void add(std::int64_t* to, std::int64_t v) const { *to += v; }

 private:
  Threads& threads_;
  Grid place_;
  std::vector<unsigned char> memory_;
  std::vector<Log> log_;
  std::size_t used_[kThreads] = {};
};

/// Members as CudaDevice's.  New memory holds rubbish.
struct Device {
  std::size_t memory = std::size_t{1} << 30;
  unsigned blocks_wanted = 3;

  template <class T>
  Buffer<T> buffer(std::size_t count) const {
    std::shared_ptr<void> made(std::aligned_alloc(256, (count * sizeof(T) + 256) / 256 * 256), std::free);
    std::memset(made.get(), 0xA5, count * sizeof(T));
    return {made, count};
  }
  template <class T>
  Buffer<T> zeros(std::size_t count) const {
    Buffer<T> made = buffer<T>(count);
    std::memset(made.data(), 0, count * sizeof(T));
    return made;
  }
  template <class T>
  void upload(T* to, std::span<const T> from) const {
    std::copy(from.begin(), from.end(), to);
  }
  template <class T>
  std::vector<T> download(const T* from, std::size_t count) const {
    return std::vector<T>(from, from + count);
  }
  template <class Body>
  void launch(const Body& body, Grid grid) const {
    const auto threads = std::make_unique<Threads>();
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        Block block(*threads, {x, y}, Body::kShared);
        threads->run([&] { body(block); });
      }
  }
  std::size_t free_memory() const { return memory; }
  unsigned blocks() const { return blocks_wanted; }
};

}  // namespace diffmem::emulated
