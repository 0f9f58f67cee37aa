// SPDX-License-Identifier: MIT
// Bytes, as an archive or, filled up or not, as a batch in a folder, are no CIFAR-10, or a sound image set.
#include "fuzz.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/data/cifar.hpp>

using namespace diffmem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File archive("archive"), batch("test_batch.bin");
  if (size == 0) return 0;
  std::string bytes(fuzz::text_of(data + 1, size - 1));
  if (data[0] % 4 == 0) bytes.resize((bytes.size() + 3072) / 3073 * 3073);
  const auto path = data[0] % 4 == 3 ? archive.of(bytes) : batch.of(bytes).parent_path();
  fuzz::passes<Error>([&] { read_cifar10(path, Split::test).validate("reader"); });
  return 0;
}
