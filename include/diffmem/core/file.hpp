// SPDX-License-Identifier: MIT
// Files that appear whole or not at all, and reads that are bounded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace diffmem {

/// The whole file as bytes.  Error if it is missing, unreadable, or longer than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 34);

/// Writes `bytes` beside `path`, syncs, renames over it and syncs the folder: after a crash at any moment `path` holds
/// either the old content or the new.  A full disk is an Error that names path and size; the old file stays.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
/// The same of bytes in pieces, one after the other.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::string_view> pieces);

/// Appends one line (a '\n' is added) and syncs it to disk.
void append_line(const std::filesystem::path& path, std::string_view line);

/// Flushes a folder's entries to disk, so that a rename in it survives a power cut.
void sync_folder(const std::filesystem::path& folder);

/// XXH3-128 of bytes, as 32 hexadecimal digits.
std::string digest(std::string_view bytes);

/// $XDG_CACHE_HOME/diffmem, or ~/.cache/diffmem; empty if neither variable is set.
std::filesystem::path cache_folder();

/// Creates `folder` and its parents.  Error naming it when that cannot be done.
void make_folder(const std::filesystem::path& folder);

}  // namespace diffmem
