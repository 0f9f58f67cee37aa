// SPDX-License-Identifier: MIT
// What this machine reaches at best, to hold beside what a program reaches.
#pragma once
#include <string>

namespace diffmem {

/// By LibTorch's operations, with as many threads as it has.
struct Peaks {
  double float32 = 0, bf16 = 0;  ///< products of large matrices                            [operations/s]
  double copy = 0;               ///< of 64 MB, which no cache holds: bytes read and written  [bytes/s]
};

/// Tries for about a second.
Peaks measure_peaks();

/// The same, measured once for this processor, number of threads and version: kept as peaks-*.json in cache_folder().
/// A file that is damaged or of something else is measured again; a folder that cannot be written to costs the second
/// again, no more.
Peaks machine_peaks();

}  // namespace diffmem
