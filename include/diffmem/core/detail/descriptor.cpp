// SPDX-License-Identifier: MIT
#include <diffmem/core/detail/descriptor.hpp>
#include <diffmem/core/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace diffmem::detail {

namespace fs = std::filesystem;

Descriptor::Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}
bool Descriptor::close() { return ::close(std::exchange(fd_, -1)) == 0; }

void complain(const fs::path& path, std::string_view doing, std::uint64_t size) {
  const int code = errno;
  const std::string got = fmt::format("\"{}\" while {} {}{}", std::strerror(code), doing, path.string(),
                                      size > 0 ? fmt::format(" ({} bytes)", size) : "");
  const auto* want = size > 0 ? "a readable, writable path with room left" : "a path that can be opened";
  if (code == ENOSPC || code == EDQUOT)
    throw StorageGone("file", got, want,
                      "free some disk space and run the same command again; nothing written before is lost");
  if (code == EROFS || code == EIO || code == ESTALE || code == ENODEV)
    throw StorageGone("file", got, want,
                      "repair or mount it again, and run the same command again; nothing written before is lost");
  throw Error("file", got, want, "check the path and its permissions");
}

std::uint64_t regular_size(const Descriptor& file, const fs::path& path) {
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0) complain(path, "opening", 0);
  if (!S_ISREG(info.st_mode))
    throw Error("file", path.string() + ", which is not a regular file", "a file", "check the path");
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace diffmem::detail
