// SPDX-License-Identifier: MIT
// An archive read from its beginning to its end, entry by entry; nothing is unpacked to the disk.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

struct archive;
struct archive_entry;

namespace diffmem {

class Archive {
 public:
  enum class Kind { tar_gz, zip };
  /// Its text says what is wrong with the archive.
  struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  /// Broken if `path` is no archive of this kind.
  Archive(const std::filesystem::path& path, Kind kind);

  /// Steps to the next entry, the first to begin with; false after the last.  Broken if there is none to be found.
  bool next();
  std::string name() const;  ///< of the entry, as UTF-8 where it can be; folders end in '/' in a zip
  bool is_file() const;      ///< neither folder nor link
  bool is_encrypted() const;
  /// The entry's bytes.  Broken if they are damaged, cut short or more than `limit`.
  std::string read(std::uint64_t limit);

 private:
  std::string reason() const;

  std::unique_ptr<archive, int (*)(archive*)> archive_;
  archive_entry* entry_ = nullptr;  // the archive's
};

}  // namespace diffmem
