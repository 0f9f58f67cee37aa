// SPDX-License-Identifier: MIT
// IDX, the format of MNIST and Fashion-MNIST: big-endian magic and sizes, then bytes; plain or gzip.
#pragma once
#include <diffmem/data/image_set.hpp>

#include <filesystem>

namespace diffmem {

/// Reads grey images [N,1,H,W] and their labels from two IDX files (magic 0x00000803 and 0x00000801), each plain or
/// gzip-compressed whatever its name says.  Error if a file is missing, has another magic, is truncated (also inside
/// the gzip stream) or has bytes left over; if a side is not in 1..4096; if the two counts differ; if a label is not
/// below `classes`.
ImageSet read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, std::string name,
                  std::int64_t classes = 10);

/// read_idx() of a folder's `train-images-idx3-ubyte[.gz]` and `train-labels-idx1-ubyte[.gz]` (`t10k-...` for the test
/// split).  Error naming the missing file.
ImageSet read_idx_folder(const std::filesystem::path& folder, std::string name, Split split = Split::train);

}  // namespace diffmem
