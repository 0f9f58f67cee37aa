// SPDX-License-Identifier: MIT
// Dogs of ImageNet, scaled down: what the paper mixes with CIFAR-10's dogs (row intra-diversity).
#pragma once
#include <diffmem/data/folder.hpp>

namespace diffmem {

/// 2,000 images (all, if there are fewer) of the class folders right below `folder` (the paper: 123 breeds), as
/// read_folder() reads them with options.side (0: 32), cropped and shrunk: the first floor(2000 / K) of each of the K
/// folders in the order of the names, one more of the first 2000 mod K.  They come rank by rank, the first of every
/// breed before the second of any, so that a smaller subset has all breeds too; the paper's code shuffles them without
/// a seed.  No labels: all are dogs.  Kept in the user's cache folder.  Error if there is no class folder.
ImageSet read_imagenet_dogs(const std::filesystem::path& folder, FolderOptions options = {});

}  // namespace diffmem
