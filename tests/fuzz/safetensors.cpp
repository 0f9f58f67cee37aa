// SPDX-License-Identifier: MIT
// Bytes are no safetensors, or what is written of their tensors is the same tensors again.
#include "fuzz.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/core/safetensors.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

using namespace diffmem;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

/// Two tensors and metadata, to begin with.
std::string seed() {
  SafeTensors content;
  content.metadata["k"] = "v";
  content.tensors = {{"a.b", arange(2)}, {"c", arange(3).eq(1)}, {"d", empty({0, 2})}, {"e", arange(1, at::kHalf)}};
  return to_safetensors(content);
}

std::string mutated(std::string bytes, std::size_t most) {
  const std::size_t size = bytes.size();
  bytes.resize(most);
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, most));
  return bytes;
}

bool same(const Tensor& a, const Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         (a.nbytes() == 0 || std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0);
}

}  // namespace

/// Changes header or data, whose lengths are then set right: changes of all the bytes would not get behind the header.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int number) {
  std::minstd_rand random(number);
  static const std::string kSeed = seed();
  const unsigned choice = static_cast<unsigned>(random() % 64);
  if (choice == 0) return LLVMFuzzerMutate(data, size, most);
  std::string_view bytes = choice == 1 || size < 8 ? kSeed : fuzz::text_of(data, size);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  std::string header(bytes.substr(8, length)), values(bytes.substr(std::min(bytes.size(), 8 + header.size())));
  if (choice % 4 == 0)
    values = mutated(values, values.size() + 16);
  else
    header = mutated(header, header.size() + 64);
  std::string whole;
  for (std::size_t i = 0; i < 8; ++i) whole += static_cast<char>(header.size() >> (8 * i));
  whole += header + values;
  if (whole.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(whole.begin(), whole.end(), data);
  return whole.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SafeTensors read;
  if (!fuzz::passes<Error>([&] { read = parse_safetensors(fuzz::text_of(data, size), "fuzz"); })) return 0;
  const SafeTensors again = parse_safetensors(to_safetensors(read), "fuzz");
  fuzz::expect(again.metadata == read.metadata);
  fuzz::expect(again.tensors.size() == read.tensors.size());
  for (const auto& [name, tensor] : read.tensors) fuzz::expect(same(tensor, again.at(name)));
  return 0;
}
