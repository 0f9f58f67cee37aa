// SPDX-License-Identifier: MIT
// Who of any number of workers, on any number of machines that share a folder, works on a run.  A lease is a file
// lease-<generation> in the run's folder that its holder keeps changing.  Who sees it unchanged for the lease's length, by
// a clock of his own, may make the next generation: the file system lets one do so.  A holder looks, before each write,
// whether his is still the last.
#pragma once
#include <diffmem/core/error.hpp>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace diffmem {

/// The Error of a folder that another worker works in, or has taken over.
class HeldByAnother : public Error {
 public:
  HeldByAnother(const std::filesystem::path& folder, const std::string& holder);
  HeldByAnother(const std::filesystem::path& folder, const std::string& holder, double lease_seconds);
  /// "host, pid 1234"
  const std::string& holder() const { return holder_; }
  /// Whether this worker had it before.
  bool taken_over() const { return taken_over_; }

 private:
  std::string holder_;
  bool taken_over_;
};

/// A process, as others see it.
struct WorkerName {
  std::string host = {};
  std::int64_t pid = 0;
  std::string boot = {};  ///< of the machine's kernel: workers of the same one see each other's locks
};
WorkerName this_process();

class Lease;

/// This process among those that share `folder`.  A thread renews its leases.
class Worker {
 public:
  /// `lease_seconds`: after so long without a sign of life others take its runs over.
  explicit Worker(const std::filesystem::path& folder, double lease_seconds = 60, WorkerName name = this_process());
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

 private:
  friend Lease;
  struct Sighting {
    std::string content;
    double since = 0;
  };
  /// StorageGone if another folder is now where `folder` was.
  void check_home() const;
  bool is_dead(const std::filesystem::path& file, const std::string& content);
  void renew_all(const std::stop_token& stop);

  std::filesystem::path folder_;
  std::uint64_t device_ = 0, inode_ = 0;
  double lease_seconds_;
  WorkerName name_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Lease*> held_;
  std::map<std::filesystem::path, Sighting> seen_;  // others' leases
  std::jthread renewer_;                            // last: it uses the others
};

/// The right to write in a folder.
class Lease {
 public:
  /// HeldByAnother if another worker has it and is not known to be dead.  One of this machine is dead once its process
  /// has ended, one of another when its file has not changed while this worker looked on for the lease's length.
  Lease(Worker& worker, std::filesystem::path folder);
  /// Gives it back.
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Call it before each write.  HeldByAnother if the folder was taken over; StorageGone if it is no longer there.
  void check();

 private:
  friend Worker;
  std::filesystem::path file() const;
  std::string text() const;
  /// Whether the file still says what was last written.
  bool is_mine() const;
  void renew();

  Worker& worker_;
  std::filesystem::path folder_;
  std::int64_t generation_ = 0, begun_ = 0, beat_ = 0;
  std::uint64_t device_ = 0;
  int lock_ = -1;  // held as long as this process lives
  bool locked_ = false;
};

}  // namespace diffmem
