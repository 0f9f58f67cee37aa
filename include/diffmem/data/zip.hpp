// SPDX-License-Identifier: MIT
// A zip of PNG and JPEG files as an image set, read where it lies.
#pragma once
#include <diffmem/data/folder.hpp>

namespace diffmem {

/// Reads a zip as read_folder() reads the folder that was packed: the same files (names that begin with '.' passed
/// over), order, labels, lists and options; one file unpacked at a time, nothing written.  If everything in it lies
/// below one folder, that is where it begins.
///
/// Error if it is cut short, damaged or no zip; encrypted; names a file twice, from the root or through ".."; holds
/// more than 2^24 entries; or unpacks to more than 100 times its size and 2^28 bytes (what a zip bomb does).
FolderImages read_zip(const std::filesystem::path& path, const FolderOptions& options = {});

/// Whether the file begins as a zip does.
bool is_zip(const std::filesystem::path& path);

}  // namespace diffmem
