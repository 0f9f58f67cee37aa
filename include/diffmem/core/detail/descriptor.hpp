// SPDX-License-Identifier: MIT
// Open files, for the bodies that read, write and map them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace diffmem::detail {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// Closes now and tells whether the kernel accepted everything (a full network disk may complain only here).
  bool close();

 private:
  int fd_;
};

/// Throws the Error of errno, met while `doing` something with `path`; `size`: bytes to be written or read, 0: none.
[[noreturn]] void complain(const std::filesystem::path& path, std::string_view doing, std::uint64_t size);

/// The size of the opened `file`.  Error if it is not open or not a regular file.
std::uint64_t regular_size(const Descriptor& file, const std::filesystem::path& path);

}  // namespace diffmem::detail
