// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/data/idx.hpp>

#include <zlib.h>

using namespace diffmem;

namespace {

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

/// An IDX file with this magic, these sizes and data.
std::string idx(std::uint32_t magic, std::initializer_list<std::uint32_t> sizes, std::string_view data) {
  std::string bytes = big_endian(magic);
  for (const auto size : sizes) bytes += big_endian(size);
  return bytes.append(data);
}

std::string gzip(std::string_view bytes) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  deflate(&z, Z_FINISH);
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}

const std::string kPixels{"\0\1\2\3\4\5\6\7\x80\xff\x0a\x0b", 12};
const std::string kImages = idx(0x803, {2, 2, 3}, kPixels);
const std::string kLabels = idx(0x801, {2}, std::string_view("\x09\x00", 2));

/// The complaint about this pair of files.
std::string about(std::string_view images, std::string_view labels) {
  const TestFolder folder;
  const auto a = folder.write("images", images), b = folder.write("labels", labels);
  return complaint([&] { read_idx(a, b, "test"); });
}

}  // namespace

TEST_CASE("IDX files are read, plain or gzip", "[data]") {
  const TestFolder folder;
  folder.write("train-images-idx3-ubyte", kImages);
  folder.write("train-labels-idx1-ubyte.gz", gzip(kLabels));
  folder.write("t10k-images-idx3-ubyte.gz", gzip(kImages));
  folder.write("t10k-labels-idx1-ubyte", kLabels);
  for (const Split split : {Split::train, Split::test}) {
    const ImageSet set = read_idx_folder(folder.path, "test", split);
    set.validate();
    REQUIRE(set.name == "test");
    REQUIRE(set.count == 2);
    REQUIRE(set.channels == 1);
    REQUIRE(set.height == 2);
    REQUIRE(set.width == 3);
    REQUIRE(std::string(set.pixels.begin(), set.pixels.end()) == kPixels);
    REQUIRE(set.labels == std::vector<std::int64_t>{9, 0});
    REQUIRE(set.classes == 10);
  }
}

TEST_CASE("a gzip stream breaks off anywhere: an error, never a short data set", "[data][bad]") {
  const std::string packed = gzip(kImages);
  for (std::size_t length = 2; length < packed.size(); ++length)
    REQUIRE(says(about(packed.substr(0, length), kLabels), "idx reader",
                 {"breaks off after", "/images", "complete gzip", "again"}));
}

TEST_CASE("a plain IDX file breaks off anywhere: an error", "[data][bad]") {
  for (std::size_t length = 0; length < kImages.size(); ++length)
    REQUIRE(says(about(kImages.substr(0, length), kLabels), "idx reader",
                 {length < 16 ? "IDX header of 16 bytes" : "truncated", "/images"}));
  REQUIRE(says(about(kImages, kLabels.substr(0, 9)), "idx reader",
               {"1 data bytes (truncated)", "/labels", "2, as the header says"}));
}

TEST_CASE("wrong IDX files are refused with the reason", "[data][bad]") {
  REQUIRE(about(kImages, kLabels).empty());
  REQUIRE(says(about(kLabels, kImages), "idx reader", {"10 bytes", "IDX header of 16 bytes (images)"}));
  REQUIRE(
      says(about(kImages, kImages), "idx reader", {"magic 0x00000803", "/labels", "0x00000801 (labels)", "swapped"}));
  REQUIRE(says(about("<!DOCTYPE html><html>", kLabels), "idx reader", {"magic 0x3c21444f", "0x00000803 (images)"}));
  REQUIRE(says(about(kImages + "x", kLabels), "idx reader",
               {"13 data bytes (trailing garbage)", "12, as the header says"}));
  REQUIRE(
      says(about(gzip(kImages) + "x", kLabels), "idx reader", {"1 bytes after the end of the gzip data", "/images"}));
  REQUIRE(
      says(about(idx(0x803, {3, 2, 2}, kPixels), kLabels), "idx reader", {"2 labels", "3 images", "train with train"}));
  REQUIRE(says(about(kImages, idx(0x801, {2}, "\x03\x0a")), "idx reader", {"label 10 of image 1", "0 to 9"}));
  REQUIRE(says(about(idx(0x803, {2, 0, 3}, ""), kLabels), "idx reader", {"size 0 in dimension 1", "1 to 4096"}));
  REQUIRE(
      says(about(idx(0x803, {0, 2, 3}, ""), kLabels), "idx reader", {"size 0 in dimension 0", "at least one image"}));
  REQUIRE(says(about(idx(0x803, {2, 4294967295u, 4294967295u}, kPixels), kLabels), "idx reader",
               {"size 4294967295 in dimension 1"}));
  REQUIRE(says(about(idx(0x803, {4294967295u, 4096, 4096}, kPixels), kLabels), "idx reader",
               {"truncated", "72057594021150720"}));
  std::string damaged = gzip(kImages);
  damaged[damaged.size() - 6] ^= 1;  // in the checksum
  REQUIRE(says(about(damaged, kLabels), "idx reader", {"damaged gzip data", "/images"}));
}

TEST_CASE("a missing IDX file is named", "[data][bad]") {
  const TestFolder folder;
  REQUIRE(
      says(complaint([&] { read_idx(folder.path / "a", folder.path / "b", "test"); }), "file", {"No such file", "/a"}));
  REQUIRE(
      says(complaint([&] { read_idx_folder(folder.path, "test"); }), "idx reader",
           {"no train-images-idx3-ubyte in " + folder.path.string(), "train-images-idx3-ubyte.gz", "docs/data.md"}));
  folder.write("train-images-idx3-ubyte", kImages);
  REQUIRE(says(complaint([&] { read_idx_folder(folder.path, "test"); }), "idx reader", {"no train-labels-idx1-ubyte"}));
}
