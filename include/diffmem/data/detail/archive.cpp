// SPDX-License-Identifier: MIT
#include <diffmem/data/detail/archive.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

namespace diffmem {

Archive::Archive(const std::filesystem::path& path, Kind kind) : archive_(archive_read_new(), &archive_read_free) {
  if (kind == Kind::tar_gz) {
    archive_read_support_filter_gzip(archive_.get());  // not _all: some of those run other programs
    archive_read_support_format_tar(archive_.get());
  } else {
    archive_read_support_format_zip_seekable(archive_.get());  // the list at its end decides what is in it
  }
  if (archive_read_open_filename(archive_.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) throw Broken(reason());
}

bool Archive::next() {
  const int code = archive_read_next_header(archive_.get(), &entry_);
  if (code == ARCHIVE_EOF) return false;
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) throw Broken(reason());  // a warning: a name that is not UTF-8
  return true;
}

std::string Archive::name() const {
  const char* text = archive_entry_pathname_utf8(entry_);
  if (!text) text = archive_entry_pathname(entry_);
  return text ? text : "";
}

bool Archive::is_file() const { return archive_entry_filetype(entry_) == AE_IFREG && !archive_entry_hardlink(entry_); }

bool Archive::is_encrypted() const { return archive_entry_is_encrypted(entry_) != 0; }

std::string Archive::read(std::uint64_t limit) {
  std::string bytes;
  for (;;) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int code = archive_read_data_block(archive_.get(), &block, &size, &offset);
    if (code == ARCHIVE_EOF) break;
    if (code != ARCHIVE_OK) throw Broken(fmt::format("damaged or cut short ({})", reason()));
    if (bytes.size() + size > limit) throw Broken(fmt::format("more than {} bytes", limit));
    if (offset != static_cast<la_int64_t>(bytes.size())) throw Broken("a file with holes");
    bytes.append(static_cast<const char*>(block), size);
  }
  if (archive_entry_size_is_set(entry_) && archive_entry_size(entry_) != static_cast<la_int64_t>(bytes.size()))
    throw Broken(fmt::format("{} bytes where its header says {}", bytes.size(), archive_entry_size(entry_)));
  return bytes;
}

std::string Archive::reason() const {
  const char* text = archive_error_string(archive_.get());
  return fmt::format("\"{}\"", text ? text : "unknown");
}

}  // namespace diffmem
