// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/study/lease.hpp>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

using namespace diffmem;
namespace fs = std::filesystem;

namespace {

constexpr double kLease = 0.4;  // seconds

const WorkerName kHere{.host = "here", .pid = 1, .boot = "a"}, kThere{.host = "there", .pid = 2, .boot = "b"};

std::string take(Worker& worker, const fs::path& folder) {
  return complaint([&] { const Lease lease(worker, folder); });
}

/// Tries until the lease is had; the seconds that it took, or a negative number if it was not had in 10 leases.
double seconds_to_take(Worker& worker, const fs::path& folder) {
  const double begun = steady_seconds();
  while (steady_seconds() - begun < 10 * kLease) {
    if (take(worker, folder).empty()) return steady_seconds() - begun;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return -1;
}

/// What a worker leaves that died without a word.
std::string remains_of(const WorkerName& name, double lease, std::uint64_t device = 0) {
  return nlohmann::json{{"host", name.host},    {"pid", name.pid}, {"boot", name.boot}, {"device", device},
                        {"locked", device > 0}, {"lease", lease},  {"beat", 7}}
      .dump();
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a folder is one worker's at a time, and anyone's once it is given back", "[study]") {
  const TestFolder scratch;
  const fs::path run = scratch.path / "run";
  Worker here(scratch.path, kLease, kHere), there(scratch.path, kLease, kThere), twin(scratch.path, kLease, kHere);
  {
    Lease lease(here, run);
    lease.check();
    for (Worker* other : {&there, &twin, &here})
      REQUIRE(says(take(*other, run), "folder " + run.string(), {"another worker (here, pid 1)", "wait for it"}));
  }
  REQUIRE(files_in(run) == 0);
  for (Worker* other : {&there, &twin, &here}) REQUIRE(take(*other, run).empty());
}

TEST_CASE("a lease that is renewed is never taken over", "[study]") {
  const TestFolder scratch;
  Worker here(scratch.path, kLease, kHere), there(scratch.path, kLease, kThere);
  Lease lease(here, scratch.path / "run");
  REQUIRE(seconds_to_take(there, scratch.path / "run") < 0);
  lease.check();
}

TEST_CASE("a dead worker's folder is taken over: of another machine after its lease, of this one at once", "[study]") {
  const TestFolder scratch;
  Worker here(scratch.path, 100 * kLease, kHere);
  const fs::path far = scratch.path / "far", near = scratch.path / "near", torn = scratch.path / "torn";
  scratch.write("far/lease-000004", remains_of(kThere, kLease, 1));
  const double took = seconds_to_take(here, far);  // by the lease that the holder promised
  REQUIRE(took > kLease);
  REQUIRE(took < 5 * kLease);

  // A file that nobody locks: of this kernel, but not of this mount, it waits for the lease, too.
  scratch.write("near/lease-000004", remains_of(kHere, 100 * kLease, 1));
  REQUIRE_FALSE(take(here, near).empty());
  {
    const TestFolder other;
    Worker twin(scratch.path, 100 * kLease, kHere);
    std::string text;
    {
      const Lease lease(twin, other.path);
      text = read_file(other.path / "lease-000001");
    }
    write_file_atomically(near / "lease-000004", text);  // as if its process had been killed
  }
  REQUIRE(take(here, near).empty());

  scratch.write("torn/lease-000001", "{\"host\": \"th");  // as a power cut leaves it
  Worker quick(scratch.path, kLease, kHere);
  REQUIRE(seconds_to_take(quick, torn) > kLease);
}

TEST_CASE("a worker whose folder was taken over writes no more, and takes nothing from the new one", "[study]") {
  const TestFolder scratch;
  const fs::path run = scratch.path / "run";
  Worker here(scratch.path, kLease, kHere), there(scratch.path, kLease, kThere);
  {
    Lease stale(here, run);
    scratch.write("run/lease-000002", remains_of(kThere, kLease));  // made, the old one not yet removed
    REQUIRE(says(complaint([&] { stale.check(); }), "folder " + run.string(),
                 {"another worker (there, pid 2) has taken over", "0.4 s", "writes no more"}));
    fs::remove(run / "lease-000001");
    std::this_thread::sleep_for(std::chrono::duration<double>(kLease));  // nor does its thread bring it back
    REQUIRE(files_in(run) == 1);
    REQUIRE_THROWS_AS(stale.check(), HeldByAnother);
    fs::remove(run / "lease-000002");  // the new one has ended
    REQUIRE_THROWS_AS(stale.check(), HeldByAnother);
    Lease next(there, run);  // of the stale one's number
    REQUIRE_THROWS_AS(stale.check(), HeldByAnother);
    next.check();
    REQUIRE(files_in(run) == 1);
  }
  REQUIRE(files_in(run) == 0);
}

TEST_CASE("of many workers that find a dead one's folder again and again, one takes it", "[study]") {
  const TestFolder scratch;
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::int64_t i = 0; i < 4; ++i)
    workers.push_back(std::make_unique<Worker>(scratch.path, kLease,
                                               WorkerName{.host = "h", .pid = 10 + i, .boot = std::to_string(i)}));
  const fs::path run = scratch.path / "run";
  fs::create_directories(run);
  std::atomic<int> holders{0}, most{0}, times{0}, planted{0};
  const auto plant = [&] {  // a dead lease, unlike any before, where there is none
    if (std::FILE* file = std::fopen((run / "lease-000001").c_str(), "wx")) {
      fmt::print(file, "{}", remains_of({.host = "dead", .pid = ++planted, .boot = "c"}, 0));
      std::fclose(file);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (auto& worker : workers)
      threads.emplace_back([&, worker = worker.get()] {
        for (int i = 0; i < 3000; ++i) {
          try {
            const Lease lease(*worker, run);
            most = std::max<int>(most, ++holders), ++times;
            std::this_thread::sleep_for(std::chrono::microseconds(100));
            --holders;
          } catch (const HeldByAnother&) {}
          if (i % 3 == 0) plant();
        }
      });
  }
  REQUIRE(most == 1);
  REQUIRE(times > 10);
}

TEST_CASE("a shared folder that is gone is not made anew", "[study]") {
  const TestFolder scratch;
  const fs::path out = scratch.path / "out", run = out / "run";
  Worker worker(out, kLease, kHere);
  Lease lease(worker, run);
  fs::rename(out, scratch.path / "aside");
  const std::string gone = complaint([&] { lease.check(); });
  REQUIRE(says(gone, "--out", {"as it was when this command began", "bring it back"}));
  REQUIRE(take(worker, out / "other") == gone);
  REQUIRE_FALSE(fs::exists(out));
  fs::create_directories(run);  // an empty mount point
  REQUIRE_THROWS_AS(lease.check(), StorageGone);
  REQUIRE_THROWS_AS(Lease(worker, run), StorageGone);
  fs::remove_all(out);
  fs::rename(scratch.path / "aside", out);
  lease.check();
}
