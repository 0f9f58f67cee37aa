// SPDX-License-Identifier: MIT
// Bytes are no archive of CIFAR-10, or a sound image set.
#include "fuzz.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/data/cifar.hpp>

using namespace diffmem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File archive("fuzz-cifar");
  const auto& path = archive.of(fuzz::text_of(data, size));
  fuzz::passes<Error>([&] { read_cifar10(path, Split::test).validate("reader"); });
  return 0;
}
