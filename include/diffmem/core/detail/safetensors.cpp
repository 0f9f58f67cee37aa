// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/mapped_file.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/core/text.hpp>

#include <ATen/ops/from_blob.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>

namespace diffmem {
namespace {

using nlohmann::json;

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::size_t kMostSides = 64;  // LibTorch's operations take no more

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kTypes{{{"F64", at::kDouble},
                                                                              {"F32", at::kFloat},
                                                                              {"F16", at::kHalf},
                                                                              {"BF16", at::kBFloat16},
                                                                              {"I64", at::kLong},
                                                                              {"I32", at::kInt},
                                                                              {"I16", at::kShort},
                                                                              {"I8", at::kChar},
                                                                              {"U8", at::kByte},
                                                                              {"BOOL", at::kBool}}};

/// A text of the header as an error shows it: printable, in quotes, and not all of it.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 100;
  return fmt::format("{:?}{}", text.substr(0, kMost), text.size() > kMost ? "..." : "");
}

at::ScalarType type_of(std::string_view name, const std::string& who) {
  for (const auto& [word, type] : kTypes)
    if (word == name) return type;
  throw Error(who, fmt::format("dtype {}", shown(name)), "one of F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL",
              "convert the tensor");
}

std::string_view name_of(at::ScalarType type) {
  for (const auto& [word, t] : kTypes)
    if (t == type) return word;
  throw Error("safetensors", std::string("a tensor of type ") + c10::toString(type), "a plain numeric type",
              "convert the tensor");
}

/// A tensor with a copy of `data`.
Tensor copy_of(at::ScalarType type, const Shape& shape, const void* data, std::uint64_t size) {
  Tensor tensor = empty(shape, type);
  if (size > 0) std::memcpy(tensor.mutable_data_ptr(), data, size);
  return tensor;
}

/// Where the header says that a tensor lies among the data bytes.
struct Place {
  std::string name;
  at::ScalarType type;
  Shape shape;
  std::uint64_t begin, end;
};

/// Makes a tensor of the `size` bytes at `offset` of the file; they are inside it.
using MakeTensor =
    std::function<Tensor(at::ScalarType type, const Shape& shape, std::uint64_t offset, std::uint64_t size)>;

SafeTensors parse(std::string_view bytes, const std::string& who, const MakeTensor& make) {
  const auto broken = [&](std::string_view got, std::string_view want) {
    throw Error(who, got, want, "the file is damaged or not a safetensors file; fetch or write it again");
  };
  if (bytes.size() < 8) broken(fmt::format("{} bytes", bytes.size()), "at least the 8 bytes of the header's length");
  std::uint64_t header_size = 0;
  for (int i = 7; i >= 0; --i)
    header_size = header_size << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  if (header_size > bytes.size() - 8 || header_size > (std::uint64_t{100} << 20))
    broken(fmt::format("a header of {} bytes in a file of {}", header_size, bytes.size()),
           "a header inside the file, 100 MB at most");
  const json header = parse_json(bytes.substr(8, header_size), kMostSides);
  if (!header.is_object())
    broken(fmt::format("a header that is not a JSON object, has a name twice, or a list of more than {}", kMostSides),
           "{name: {dtype, shape, data_offsets}}");

  const std::string_view data = bytes.substr(8 + header_size);
  SafeTensors result;
  result.source = who;
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      if (!entry.is_object()) broken("a __metadata__ that is not an object", "an object of strings");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) broken("a __metadata__ value that is not a string", "strings only");
        result.metadata[key] = value.get<std::string>();
      }
      continue;
    }
    if (name.find('\0') != name.npos) broken(fmt::format("tensor {}", shown(name)), "a name without \\0");
    const auto field = [&](const char* key, auto is_right) -> const json& {
      if (!entry.is_object() || !entry.contains(key) || !is_right(entry[key]))
        broken(fmt::format("tensor {} with a bad {}", shown(name), key), "{dtype, shape, data_offsets}");
      return entry[key];
    };
    const auto naturals = [](const json& j) {
      return j.is_array() && std::all_of(j.begin(), j.end(), [](const json& v) { return v.is_number_unsigned(); });
    };
    const at::ScalarType type =
        type_of(field("dtype", [](const json& j) { return j.is_string(); }).get<std::string>(), who);
    const auto shape = field("shape", naturals).get<std::vector<std::uint64_t>>();
    const auto offsets = field("data_offsets", [&](const json& j) {
                           return naturals(j) && j.size() == 2;
                         }).get<std::vector<std::uint64_t>>();
    // Bounding each product by the file keeps a hostile shape from overflowing, beside a side of 0 too.
    const bool nothing = std::find(shape.begin(), shape.end(), 0u) != shape.end();
    const std::uint64_t most = nothing ? std::uint64_t{1} << 40 : data.size();
    std::uint64_t size = c10::elementSize(type);
    for (const std::uint64_t side : shape) {
      if (side == 0) continue;
      if (size > most / side)
        broken(fmt::format("tensor {} of shape [{}]", shown(name), fmt::join(shape, ", ")),
               fmt::format("a tensor inside the {} data bytes", data.size()));
      size *= side;
    }
    if (nothing) size = 0;
    if (offsets[0] > offsets[1] || offsets[1] > data.size() || offsets[1] - offsets[0] != size)
      broken(fmt::format("tensor {} at bytes {} to {}", shown(name), offsets[0], offsets[1]),
             fmt::format("{} bytes inside the {} data bytes", size, data.size()));
    places.push_back({name, type, Shape(shape.begin(), shape.end()), offsets[0], offsets[1]});
  }

  // No tensor is made before all are known to be apart: copies of overlapping ones might be more than any memory.
  std::ranges::sort(places, {}, [](const Place& place) { return std::pair(place.begin, place.end); });
  std::uint64_t end = 0;
  const auto expect_none_until = [&](std::uint64_t begin) {
    if (begin > end)
      broken(fmt::format("bytes {} to {} of the data, which belong to no tensor", end, begin), "tensors without gaps");
  };
  for (const Place& place : places) {
    expect_none_until(place.begin);
    if (place.begin < end && place.begin < place.end)
      broken(fmt::format("tensor {} on another's bytes", shown(place.name)), "tensors that do not overlap");
    end = std::max(end, place.end);
  }
  expect_none_until(data.size());
  for (const Place& place : places) {
    const std::string_view values = data.substr(place.begin, place.end - place.begin);
    if (place.type == at::kBool && std::ranges::any_of(values, [](char c) { return c != 0 && c != 1; }))
      broken(fmt::format("tensor {} of BOOL with other bytes", shown(place.name)), "0 and 1");
    result.tensors.emplace(place.name, make(place.type, place.shape, 8 + header_size + place.begin, values.size()));
  }
  return result;
}

}  // namespace

const Tensor& SafeTensors::at(const std::string& name) const {
  if (const auto found = tensors.find(name); found != tensors.end()) return found->second;
  std::vector<std::string> near;
  for (const auto& [other, tensor] : tensors)
    if (other.find(name.substr(0, name.find('.'))) == 0 && near.size() < 5) near.push_back(shown(other));
  throw Error(source, fmt::format("no tensor \"{}\"", name),
              fmt::format("one of this file's {} tensors (such as {})", tensors.size(), fmt::join(near, ", ")),
              "check that the file belongs to this network");
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  return parse(file->bytes(), "safetensors " + path.string(),
               [&](at::ScalarType type, const Shape& shape, std::uint64_t offset, std::uint64_t size) {
                 void* data = file->part(offset, size).data();
                 if (size == 0 || offset % c10::elementSize(type) != 0) return copy_of(type, shape, data, size);
                 return at::from_blob(data, shape, [file](void*) {}, at::TensorOptions(type));
               });
}

SafeTensors parse_safetensors(std::string_view bytes, const std::string& who) {
  return parse(bytes, who, [&](at::ScalarType type, const Shape& shape, std::uint64_t offset, std::uint64_t size) {
    return copy_of(type, shape, bytes.data() + offset, size);
  });
}

namespace {

/// Header and data of a file.
struct Parts {
  std::string head;
  Tensors data;  ///< contiguous, on the CPU

  explicit Parts(const SafeTensors& content) {
    for (const auto& [name, tensor] : content.tensors)
      if (name == kMetadata || name.find('\0') != name.npos || !is_utf8(name))
        throw Error(content.source, fmt::format("a tensor named {}", shown(name)),
                    fmt::format("UTF-8 without \\0, and not {}", kMetadata), "give it another name");
    for (const auto& [key, text] : content.metadata)
      if (!is_utf8(key) || !is_utf8(text))
        throw Error(content.source, fmt::format("{} = {} for the metadata", shown(key), shown(text)), "UTF-8",
                    "leave it out, or write it otherwise");
    json header = json::object();
    if (!content.metadata.empty()) header[kMetadata] = content.metadata;
    std::uint64_t offset = 0;
    for (const auto& [name, tensor] : content.tensors) {
      data.push_back(tensor.detach().to(at::kCPU).contiguous());
      const std::uint64_t size = data.back().nbytes();
      header[name] = {{"dtype", name_of(tensor.scalar_type())},
                      {"shape", tensor.sizes().vec()},
                      {"data_offsets", {offset, offset + size}}};
      offset += size;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');  // data starts on a multiple of 8, as the format asks
    for (std::uint64_t i = 0, n = text.size(); i < 8; ++i) head += static_cast<char>(n >> (8 * i));
    head += text;
  }
  std::vector<std::string_view> pieces() const {
    std::vector<std::string_view> all{head};
    for (const Tensor& t : data) all.emplace_back(static_cast<const char*>(t.const_data_ptr()), t.nbytes());
    return all;
  }
};

}  // namespace

std::string to_safetensors(const SafeTensors& content) {
  const Parts parts(content);
  const auto pieces = parts.pieces();
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string bytes;
  bytes.reserve(size);
  for (const std::string_view piece : pieces) bytes += piece;
  return bytes;
}

void write_safetensors(const std::filesystem::path& path, const SafeTensors& content) {
  const Parts parts(content);
  write_file_atomically(path, parts.pieces());
}

}  // namespace diffmem
