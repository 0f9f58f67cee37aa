// SPDX-License-Identifier: MIT
#include <diffmem/core/detail/descriptor.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/mapped_file.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <utility>

namespace diffmem {

MappedFile::MappedFile(const std::filesystem::path& path) : name_(path.string()) {
  const detail::Descriptor file(path, O_RDONLY);
  const std::uint64_t size = detail::regular_size(file, path);
  if (size == 0) return;  // mmap takes no empty file
  // Writable though the file may not be: a write makes a private copy of its page.  NORESERVE: those pages are not set
  // aside beforehand, so a file may be larger than the memory.
  void* start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.get(), 0);
  if (start == MAP_FAILED) detail::complain(path, "mapping", size);
  bytes_ = {static_cast<std::byte*>(start), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : name_(std::move(other.name_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

std::span<std::byte> MappedFile::part(std::uint64_t offset, std::uint64_t count) {
  if (offset > size() || count > size() - offset)
    throw Error("file", fmt::format("{} bytes from byte {} of {}", count, offset, name_),
                fmt::format("bytes inside its {}", size()), "check that the file is whole and the one you meant");
  return bytes_.subspan(offset, count);
}

}  // namespace diffmem
