// SPDX-License-Identifier: MIT
// Image sets that took long to make, kept in the user's cache folder.
#pragma once
#include <diffmem/data/image_set.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diffmem {

/// Part of every key.  Raise it when a change makes other images of the same files, or keeps them in another form: what
/// is kept becomes stale.
inline constexpr int kDecodingRule = 2;

/// What `make` gives, kept as `name`.images in cache_folder() with the checksum of `key` and its own: a kept set is
/// taken only if both agree, and otherwise made and kept again.  `key` says everything that it was made from.  A
/// folder that cannot be written to costs the time again, no more.
ImageSet kept_images(const std::string& name, const std::string& key, const std::function<ImageSet()>& make);

/// For keys: path, size and time of the last change of each file; a file that is not there has a state, too.
std::string state_of(const std::filesystem::path& folder, const std::vector<std::string>& files);

}  // namespace diffmem
