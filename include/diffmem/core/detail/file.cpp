// SPDX-License-Identifier: MIT
#include <diffmem/core/detail/descriptor.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>

#include <fcntl.h>
#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>

#include <cerrno>
#include <cstdlib>

namespace diffmem {
namespace {

namespace fs = std::filesystem;
using detail::complain, detail::Descriptor;

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t limit) {
  const Descriptor file(path, O_RDONLY);
  const std::uint64_t size = detail::regular_size(file, path);
  if (size > limit)
    throw Error("file", fmt::format("{} of {} bytes", path.string(), size), fmt::format("at most {} bytes", limit),
                "check that this is the file you meant");
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::read(file.get(), bytes.data() + got, bytes.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) complain(path, "reading", size);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

void sync_folder(const fs::path& folder) {
  Descriptor dir(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
  if (dir) ::fsync(dir.get());
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  write_file_atomically(path, std::span(&bytes, 1));
}

void write_file_atomically(const fs::path& path, std::span<const std::string_view> pieces) {
  fs::path beside = path;
  beside += ".partial";
  std::uint64_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  Descriptor file(beside, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) complain(beside, "creating", size);
  const bool written =
      std::all_of(pieces.begin(), pieces.end(), [&](std::string_view piece) { return write_all(file.get(), piece); });
  if (!written || ::fsync(file.get()) != 0 || !file.close() || ::rename(beside.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(beside.c_str());
    errno = code;
    complain(path, "writing", size);
  }
  sync_folder(path.parent_path());
}

void append_line(const fs::path& path, std::string_view line) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND);
  if (!file) complain(path, "opening", line.size());
  std::string whole(line);
  whole += '\n';
  if (!write_all(file.get(), whole) || ::fsync(file.get()) != 0) complain(path, "appending to", whole.size());
}

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return fs::path(cache) / "diffmem";
  if (const char* home = std::getenv("HOME"); home && *home) return fs::path(home) / ".cache/diffmem";
  return {};
}

void make_folder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  errno = code.value();
  if (code) complain(folder, "creating folder", 0);
}

}  // namespace diffmem
