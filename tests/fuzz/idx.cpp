// SPDX-License-Identifier: MIT
// Two files, cut out of the bytes at a place that the first of them names, are no IDX, or a sound image set.
#include "fuzz.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/data/idx.hpp>

using namespace diffmem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::File images("images"), labels("labels");
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const std::size_t cut = bytes.size() * data[0] / 255;
  const auto& first = images.of(bytes.substr(0, cut));
  const auto& second = labels.of(bytes.substr(cut));
  fuzz::passes<Error>([&] { read_idx(first, second, "fuzz").validate("reader"); });
  return 0;
}
