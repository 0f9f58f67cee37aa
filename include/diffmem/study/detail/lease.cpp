// SPDX-License-Identifier: MIT
#include <diffmem/core/detail/descriptor.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/study/lease.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

namespace diffmem {
namespace {

namespace fs = std::filesystem;
using detail::Descriptor;

constexpr std::string_view kPrefix = "lease-";
constexpr int kBeats = 4;  // a lease: so that one that comes late kills nobody

std::string file_name(std::int64_t generation) { return fmt::format("{}{:06}", kPrefix, generation); }

/// The leases in `folder`, the oldest first.
std::vector<std::int64_t> generations(const fs::path& folder) {
  std::vector<std::int64_t> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    std::int64_t generation = 0;
    if (name.starts_with(kPrefix) && from_text(name.substr(kPrefix.size()), generation)) found.push_back(generation);
  }
  std::ranges::sort(found);
  return found;
}

/// What a lease says; nothing if there is none.  It is opened anew, since NFS looks at the server only then.
std::optional<std::string> read_lease(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file) return std::nullopt;
  std::array<char, 4096> bytes{};
  const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  return std::string(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
}

/// Written in place, never renamed over: one that was taken away must not come back.
bool write_lease(int fd, std::string_view text) {
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         ::ftruncate(fd, static_cast<off_t>(text.size())) == 0;
}

template <class T>
T field(const nlohmann::json& lease, const char* name, T otherwise) {
  try {
    return lease.is_object() ? lease.value(name, otherwise) : otherwise;
  } catch (const nlohmann::json::exception&) {
    return otherwise;
  }
}

std::string holder_of(const std::optional<std::string>& text) {
  const nlohmann::json lease = parse_json(text.value_or(""));
  const auto pid = field<std::int64_t>(lease, "pid", 0);
  return pid > 0 ? fmt::format("{}, pid {}", field<std::string>(lease, "host", "?"), pid) : "not yet known";
}

std::uint64_t device_of(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 ? info.st_dev : 0;
}

}  // namespace

HeldByAnother::HeldByAnother(const fs::path& folder, const std::string& holder)
    : Error("folder " + folder.string(), fmt::format("one that another worker ({}) works in", holder),
            "one worker at a time", "wait for it, or stop it and run the same command again"),
      holder_(holder),
      taken_over_(false) {}
HeldByAnother::HeldByAnother(const fs::path& folder, const std::string& holder, double lease_seconds)
    : Error("folder " + folder.string(),
            fmt::format("one that another worker ({}) has taken over, as this one gave no sign of life for {} s",
                        holder, lease_seconds),
            "one worker at a time", "leave it to that worker; this one writes no more in it"),
      holder_(holder),
      taken_over_(true) {}

WorkerName this_process() {
  WorkerName name{.pid = ::getpid()};
  std::array<char, 256> host{};
  name.host = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "unknown";
  std::ifstream("/proc/sys/kernel/random/boot_id") >> name.boot;
  return name;
}

Worker::Worker(const fs::path& folder, double lease_seconds, WorkerName name)
    : folder_(folder), lease_seconds_(lease_seconds), name_(std::move(name)) {
  make_folder(folder);
  struct stat info{};
  if (::stat(folder.c_str(), &info) != 0) detail::complain(folder, "looking at", 0);
  device_ = info.st_dev, inode_ = info.st_ino;
  renewer_ = std::jthread([this](const std::stop_token& stop) { renew_all(stop); });
}

Worker::~Worker() = default;

void Worker::check_home() const {
  struct stat info{};
  if (::stat(folder_.c_str(), &info) != 0 || info.st_dev != device_ || info.st_ino != inode_)
    throw StorageGone("--out", fmt::format("no folder {} as it was when this command began", folder_.string()),
                      "the same folder all the time",
                      "bring it back and run the same command again; nothing written before is lost");
}

bool Worker::is_dead(const fs::path& file, const std::string& content) {
  const nlohmann::json lease = parse_json(content);
  if (!name_.boot.empty() && field<std::string>(lease, "boot", "") == name_.boot && field(lease, "locked", false)) {
    // The kernel lets go of a dead process's lock.  A mount of its own may have locks of its own.
    const Descriptor theirs(file, O_RDWR);
    if (theirs && field<std::uint64_t>(lease, "device", 0) == device_of(theirs.get()) &&
        ::flock(theirs.get(), LOCK_EX | LOCK_NB) == 0)
      return true;
  }
  const double now = steady_seconds();
  const std::lock_guard guard(mutex_);
  const auto [seen, first] = seen_.try_emplace(file, Sighting{content, now});
  if (first || seen->second.content != content) {
    seen->second = {content, now};
    return false;
  }
  return now - seen->second.since > field(lease, "lease", lease_seconds_);
}

void Worker::renew_all(const std::stop_token& stop) {
  const auto every = std::chrono::duration<double>(lease_seconds_ / kBeats);
  std::unique_lock guard(mutex_);
  while (!wake_.wait_for(guard, stop, every, [&] { return stop.stop_requested(); }))
    for (Lease* lease : held_) lease->renew();
}

Lease::Lease(Worker& worker, fs::path folder) : worker_(worker), folder_(std::move(folder)) {
  worker.check_home();
  make_folder(folder_);
  const auto before = generations(folder_);
  std::optional<std::string> theirs;
  if (!before.empty()) {
    const fs::path last = folder_ / file_name(before.back());
    theirs = read_lease(last);
    if (!theirs || !worker.is_dead(last, *theirs)) throw HeldByAnother(folder_, holder_of(theirs));
  }
  generation_ = before.empty() ? 1 : before.back() + 1;
  begun_ = std::chrono::system_clock::now().time_since_epoch().count();  // two lives of a pid differ by it
  lock_ = ::open(file().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (lock_ < 0) {
    if (errno == EEXIST) throw HeldByAnother(folder_, holder_of(read_lease(file())));
    detail::complain(file(), "creating", 1);
  }
  locked_ = ::flock(lock_, LOCK_EX | LOCK_NB) == 0;
  device_ = device_of(lock_);
  const auto give_up = [&] {
    ::unlink(file().c_str());
    ::close(lock_);
  };
  if (!write_lease(lock_, text())) {
    const int code = errno;
    give_up();
    errno = code;
    detail::complain(file(), "writing", text().size());
  }
  // Who stood still since `before` was read may have made an old generation, or have judged a lease that is another's now.
  const auto now = generations(folder_);
  if (now.empty() || now.back() != generation_ ||
      (theirs && read_lease(folder_ / file_name(before.back())) != theirs)) {
    give_up();
    throw HeldByAnother(folder_, "not yet known");
  }
  for (const std::int64_t old : now)
    if (old < generation_) ::unlink((folder_ / file_name(old)).c_str());
  const std::lock_guard guard(worker_.mutex_);
  worker_.held_.push_back(this);
}

Lease::~Lease() {
  const std::lock_guard guard(worker_.mutex_);
  std::erase(worker_.held_, this);
  if (is_mine()) ::unlink(file().c_str());
  ::close(lock_);
}

fs::path Lease::file() const { return folder_ / file_name(generation_); }

std::string Lease::text() const {
  const nlohmann::ordered_json lease = {
      {"host", worker_.name_.host}, {"pid", worker_.name_.pid}, {"boot", worker_.name_.boot},      {"device", device_},
      {"locked", locked_},          {"begun", begun_},          {"lease", worker_.lease_seconds_}, {"beat", beat_}};
  return lease.dump() + "\n";
}

bool Lease::is_mine() const { return read_lease(file()) == text(); }

void Lease::renew() {
  const Descriptor mine(file(), O_RDWR);
  if (!mine || !is_mine()) return;  // check() says so when it matters
  ++beat_;
  if (!write_lease(mine.get(), text())) --beat_;
}

void Lease::check() {
  worker_.check_home();
  const std::lock_guard guard(worker_.mutex_);
  const auto now = generations(folder_);
  if (!now.empty() && now.back() == generation_ && is_mine()) return;
  if (!now.empty())
    throw HeldByAnother(folder_, holder_of(read_lease(folder_ / file_name(now.back()))), worker_.lease_seconds_);
  if (fs::exists(folder_)) throw HeldByAnother(folder_, "ended by now", worker_.lease_seconds_);
  throw StorageGone("folder " + folder_.string(), "one that is no longer there", "the same folder all the time",
                    "bring it back and run the same command again");
}

}  // namespace diffmem
