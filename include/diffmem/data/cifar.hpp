// SPDX-License-Identifier: MIT
// CIFAR-10, binary version: records of one label byte and 3072 pixel bytes (red, green, blue planes of 32x32).
#pragma once
#include <diffmem/data/image_set.hpp>

#include <filesystem>

namespace diffmem {

/// Reads CIFAR-10 [N,3,32,32] in file order: `data_batch_1.bin` to `data_batch_5.bin`, or `test_batch.bin` for the test
/// split.  `path` is a folder with them (or with the folder `cifar-10-batches-bin`), or the archive
/// `cifar-10-binary.tar.gz`, which is read in place.  Error naming the missing files, or if a file is not a whole
/// number of 3073-byte records, a label is not 0..9, or the archive is damaged.
ImageSet read_cifar10(const std::filesystem::path& path, Split split = Split::train);

}  // namespace diffmem
