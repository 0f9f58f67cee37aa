// SPDX-License-Identifier: MIT
// Zips for tests, written by libarchive.
#pragma once
#include "check.hpp"
#include "complaint.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <utility>
#include <vector>

/// Names and bytes.
using Files = std::vector<std::pair<std::string, std::string>>;

/// A zip `as` in the folder, of `files` in this order; one whose bytes begin with "->" is a link.
inline std::filesystem::path pack(const TestFolder& folder, const Files& files, const char* options = nullptr,
                                  const std::string& as = "some.zip") {
  const auto path = folder.path / as;
  archive* zip = archive_write_new();
  archive_write_set_format_zip(zip);
  if (options) REQUIRE(archive_write_set_options(zip, options) == ARCHIVE_OK);
  archive_write_set_passphrase(zip, "secret");
  archive_write_open_filename(zip, path.c_str());
  for (const auto& [name, bytes] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, bytes.starts_with("->") ? AE_IFLNK : AE_IFREG);
    if (bytes.starts_with("->")) archive_entry_set_symlink(entry, bytes.c_str() + 2);
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_write_header(zip, entry);
    archive_write_data(zip, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(zip);
  archive_write_free(zip);
  return path;
}
