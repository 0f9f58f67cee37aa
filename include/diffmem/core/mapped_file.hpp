// SPDX-License-Identifier: MIT
// A file as memory: nothing is read before it is touched, and nothing is copied.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace diffmem {

/// A whole file mapped into memory.  What is written into that memory stays in this process and never reaches the file.
///
/// While it is mapped, the file may be deleted or replaced by rename, as write_file_atomically does: the mapping keeps
/// the old content.  It must not be made shorter in place: touching what is gone ends the process (SIGBUS).
class MappedFile {
 public:
  /// Error if `path` is missing, unreadable, no regular file, or there is no address space for it.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::size_t size() const { return bytes_.size(); }
  /// All of it; it begins on a page's boundary.
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  /// `count` bytes from `offset` on.  Error naming the file if they do not lie inside it.
  std::span<std::byte> part(std::uint64_t offset, std::uint64_t count);

 private:
  std::string name_;
  std::span<std::byte> bytes_;
};

}  // namespace diffmem
