// SPDX-License-Identifier: MIT
// World: the processes that work together on one command, on one machine or many, by LibTorch's c10d.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/tensor.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace diffmem {

/// Where this process stands among those that a launcher started together.
struct Place {
  int rank = 0, size = 1;              ///< among all
  int local_rank = 0, local_size = 1;  ///< among those of this machine
  std::string address = "127.0.0.1";   ///< rank 0's machine
  int port = 29500;                    ///< at which rank 0 listens
};

/// As the environment says: RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT, which torchrun and
/// tools/launch set; else, of what mpirun or srun set, OMPI_COMM_WORLD_* or SLURM_* (with the first of the job's machines
/// as the address, and a port made of the job's number, where MASTER_ADDR or MASTER_PORT do not say others).  A place alone
/// if there is none of them.  Error naming the variable that makes no sense.
Place place_here();

/// Items first ... first+count-1 of a whole.
struct Part {
  std::int64_t first = 0, count = 0;
};
/// Part number `index` of `parts` as equal as can be, one after the other.
constexpr Part part_of(std::int64_t count, std::int64_t parts, std::int64_t index) {
  const std::int64_t first = count / parts * index + std::min(index, count % parts);
  return {first, count / parts + (index < count % parts ? 1 : 0)};
}

/// The Error of a process whose group broke: another one ended, or was not heard of in time.
class WorldBroken : public Error {
 public:
  using Error::Error;
};

/// The processes that work together.  What is called here is to be called by all of them, in the same order; a call waits
/// for the others.  Alone, every call answers at once with what it was given.
/// WorldBroken if another process ended or was not heard of within the timeout; it says why, if that one could tell.
class World {
 public:
  /// Alone.
  World();
  /// Waits until all are there.  Gloo between CPUs, NCCL between the CUDA devices that `device` is one of.
  World(const Place& place, at::Device device, double timeout_seconds);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// One for all who are alone.
  static const World& alone();

  const Place& place() const { return place_; }
  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  bool is_alone() const { return place_.size == 1; }
  /// Whether this is rank 0, which keeps the files and speaks to the user.
  bool leads() const { return place_.rank == 0; }
  /// This process's part of `count` items.
  Part part(std::int64_t count) const { return part_of(count, size(), rank()); }

  /// The sum of everyone's `value`, added in the order of ranks: the same everywhere.
  double sum(double value) const;
  /// Whether anyone says so.
  bool any(bool said) const;
  /// Process `rank`'s bytes.
  std::string from(int rank, std::string bytes) const;
  /// Rank 0's bytes.
  std::string from_lead(std::string bytes) const { return from(0, std::move(bytes)); }
  /// Rank 0's value.
  template <class T>
    requires std::is_arithmetic_v<T>
  T from_lead(T value) const {
    const std::string bytes = from_lead(std::string(reinterpret_cast<const char*>(&value), sizeof value));
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  /// Rank 0's values, in place, whatever the device.
  void from_lead(const Tensor& values) const;
  /// Everyone's bytes, by rank.
  std::vector<std::string> gather(std::string_view bytes) const;
  /// Everyone's values, one after the other by rank.
  template <class T>
  std::vector<T> gather(const std::vector<T>& values) const {
    if (is_alone()) return values;
    std::vector<T> all;
    for (const std::string& part : gather({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)})) {
      const std::size_t before = all.size();
      all.resize(before + part.size() / sizeof(T));
      if (!part.empty()) std::memcpy(all.data() + before, part.data(), part.size());
    }
    return all;
  }
  /// act() on rank 0 alone.  If it throws there, so does this, everywhere, with the same words.
  void lead(const std::function<void()>& act) const;

  /// Tells the others why this process ends, so that they can say it; to be called before it does.
  void tell_failure(const std::string& why) const noexcept;
  /// Seconds spent here and in GradientSum, waiting for and exchanging with others.
  double waited() const;

 private:
  friend class GradientSum;
  struct Group;
  Place place_;
  std::unique_ptr<Group> group_;
};

/// Sums the gradients of leaves over a world while the backward pass still makes others.
///
///     GradientSum sum(world, leaves);
///     sum.backward(loss);
class GradientSum {
 public:
  /// `leaves` are the same everywhere, and each backward pass reaches all of them.
  GradientSum(const World& world, const Tensors& leaves);
  ~GradientSum();
  /// loss.backward(); after it each leaf's gradient, with what was there before, is the sum of all processes'.
  void backward(const Tensor& loss);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace diffmem
