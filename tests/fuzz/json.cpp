// SPDX-License-Identifier: MIT
// A text is no JSON, or is written and read again as the same; lists are no longer than asked for.
#include "fuzz.hpp"

#include <diffmem/core/json.hpp>

namespace {

constexpr std::size_t kLongest = 8;

void expect_bounded(const nlohmann::json& value, std::size_t level) {
  fuzz::expect(level <= diffmem::kDeepestJson + 1);
  fuzz::expect(!value.is_array() || value.size() <= kLongest);
  if (value.is_structured())
    for (const nlohmann::json& part : value) expect_bounded(part, level + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const nlohmann::json value = diffmem::parse_json(fuzz::text_of(data, size), kLongest);
  if (value.is_discarded()) return 0;
  expect_bounded(value, 1);
  const std::string text = value.dump();
  fuzz::expect(diffmem::parse_json(text, kLongest).dump() == text);
  return 0;
}
