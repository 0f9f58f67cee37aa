// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/idx.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "idx reader";
constexpr std::size_t kLargest = std::size_t{1} << 31;  // of one file, unpacked: a hostile .gz must not fill the memory
constexpr std::int64_t kLongestSide = 4096;

constexpr std::uint32_t kImagesMagic = 0x00000803;  // uint8, 3 dimensions
constexpr std::uint32_t kLabelsMagic = 0x00000801;  // uint8, 1 dimension

/// Ends inflation whichever way the reader leaves.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();  // 15: largest window; 16: gzip wrapper
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
};

std::string unzip(std::string_view packed, const fs::path& path) {
  const auto complain = [&](const std::string& got, std::string_view want) {
    throw Error(kWho, fmt::format("{} in {}", got, path.string()), want, "download or copy the file again");
  };
  Inflater inflater;
  z_stream& z = inflater.stream;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  std::string bytes;
  std::array<char, 1 << 16> chunk;
  for (std::size_t fed = 0;;) {
    if (z.avail_in == 0) {
      const std::size_t more = std::min(packed.size() - fed, std::size_t{1} << 24);
      z.avail_in = static_cast<uInt>(more);
      fed += more;
    }
    z.next_out = reinterpret_cast<Bytef*>(chunk.data());
    z.avail_out = static_cast<uInt>(chunk.size());
    const int code = inflate(&z, Z_NO_FLUSH);
    bytes.append(chunk.data(), chunk.size() - z.avail_out);
    if (bytes.size() > kLargest) complain("more than 2 GiB of unpacked data", "at most 2 GiB");
    if (code == Z_STREAM_END) {
      const std::size_t left = packed.size() - fed + z.avail_in;
      if (left != 0)
        complain(fmt::format("{} bytes after the end of the gzip data", left), "one gzip stream and nothing after it");
      return bytes;
    }
    if (code == Z_BUF_ERROR || (code == Z_OK && z.avail_out != 0 && z.avail_in == 0 && fed == packed.size()))
      complain(fmt::format("a gzip stream that breaks off after {} unpacked bytes", bytes.size()),
               "a complete gzip stream");
    if (code != Z_OK)
      complain(fmt::format("damaged gzip data (\"{}\")", z.msg ? z.msg : "unknown"), "a sound gzip stream");
  }
}

std::string read_maybe_gzip(const fs::path& path) {
  std::string bytes = read_file(path, kLargest);
  return bytes.starts_with("\x1f\x8b") ? unzip(bytes, path) : bytes;
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// One IDX file of bytes: its sizes, and its data within `bytes`.
struct Idx {
  std::string bytes;
  std::vector<std::int64_t> sizes;

  std::string_view data() const { return std::string_view(bytes).substr(4 + 4 * sizes.size()); }
};

Idx read_one(const fs::path& path, std::uint32_t magic, std::string_view what) {
  Idx idx{.bytes = read_maybe_gzip(path), .sizes = {}};
  const auto complain = [&](const std::string& got, const std::string& want, std::string_view todo) {
    throw Error(kWho, fmt::format("{} in {}", got, path.string()), want, todo);
  };
  const std::size_t dimensions = magic & 0xff, header = 4 + 4 * dimensions;
  if (idx.bytes.size() < header)
    complain(fmt::format("{} bytes", idx.bytes.size()), fmt::format("an IDX header of {} bytes ({})", header, what),
             "download or copy the file again");
  if (const auto found = big_endian(idx.bytes, 0); found != magic)
    complain(fmt::format("magic 0x{:08x}", found), fmt::format("0x{:08x} ({})", magic, what),
             "check that images and labels are not swapped and that this is an IDX file");
  std::int64_t expected = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const auto size = static_cast<std::int64_t>(big_endian(idx.bytes, 4 + 4 * d));
    if (size < 1 || (d > 0 && size > kLongestSide))
      complain(fmt::format("size {} in dimension {}", size, d),
               fmt::format("at least one image, and sides of 1 to {}", kLongestSide),
               "check that this is an IDX file of images");
    idx.sizes.push_back(size);
    expected *= size;  // below 2^32 * 2^12 * 2^12
  }
  const auto found = static_cast<std::int64_t>(idx.data().size());
  if (found != expected)
    complain(fmt::format("{} data bytes ({})", found, found < expected ? "truncated" : "trailing garbage"),
             fmt::format("{}, as the header says", expected), "download or copy the file again");
  return idx;
}

fs::path plain_or_gzip(const fs::path& folder, std::string_view file) {
  for (const auto* ending : {"", ".gz"})
    if (fs::path path = folder / fmt::format("{}{}", file, ending); fs::exists(path)) return path;
  throw Error(kWho, fmt::format("no {} in {}", file, folder.string()), fmt::format("{0} or {0}.gz", file),
              "put the four Fashion-MNIST or MNIST files into that folder (docs/data.md)");
}

}  // namespace

ImageSet read_idx(const fs::path& images, const fs::path& labels, std::string name, std::int64_t classes) {
  const Idx image = read_one(images, kImagesMagic, "images"), label = read_one(labels, kLabelsMagic, "labels");
  if (image.sizes[0] != label.sizes[0])
    throw Error(kWho,
                fmt::format("{} labels in {} for {} images in {}", label.sizes[0], labels.string(), image.sizes[0],
                            images.string()),
                "one label an image", "pair the files of one split: train with train, t10k with t10k");
  for (std::size_t i = 0; i < label.data().size(); ++i)
    if (const auto value = static_cast<std::uint8_t>(label.data()[i]); value >= classes)
      throw Error(kWho, fmt::format("label {} of image {} in {}", value, i, labels.string()),
                  fmt::format("labels 0 to {}", classes - 1), "download or copy the file again");
  ImageSet set{.name = std::move(name),
               .count = image.sizes[0],
               .channels = 1,
               .height = image.sizes[1],
               .width = image.sizes[2],
               .pixels = {},
               .labels = {},
               .classes = classes};
  set.pixels.assign(image.data().begin(), image.data().end());
  for (const char c : label.data()) set.labels.push_back(static_cast<std::uint8_t>(c));
  return set;
}

ImageSet read_idx_folder(const fs::path& folder, std::string name, Split split) {
  const std::string_view part = split == Split::train ? "train" : "t10k";
  const fs::path images = plain_or_gzip(folder, fmt::format("{}-images-idx3-ubyte", part));
  const fs::path labels = plain_or_gzip(folder, fmt::format("{}-labels-idx1-ubyte", part));
  return read_idx(images, labels, std::move(name));
}

}  // namespace diffmem
