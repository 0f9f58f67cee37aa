// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/cache_folder.hpp"
#include "data/image_files.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/data/imagenet_dogs.hpp>
#include <diffmem/data/openclipart.hpp>
#include <diffmem/data/resize.hpp>
#include <diffmem/data/subset.hpp>

#include <algorithm>
#include <chrono>
#include <map>

using namespace diffmem;

namespace {

namespace fs = std::filesystem;

unsigned level(unsigned seed, int x, int y, int c) {
  return (seed * 37 + static_cast<unsigned>(x * x * 3 + y * 7 + x * y + c * 50)) & 255;
}

std::string drawing(unsigned seed, int width, int height) {
  return png_file(width, height, {.colour_type = PNG_COLOR_TYPE_RGB},
                  [=](int x, int y, int c) { return level(seed, x, y, c); });
}

/// How many files are read while `open` runs.
template <class Open>
std::int64_t files_read(Open&& open) {
  std::int64_t read = 0;
  open(FolderOptions{.side = 8, .progress = [&](std::int64_t, std::int64_t) { ++read; }});
  return read;
}

}  // namespace

TEST_CASE("openclipart is a folder without what is too small or equal", "[data]") {
  const CacheFolder cache;
  const TestFolder folder;
  folder.write("animals/1.png", drawing(1, 40, 36));
  folder.write("animals/2.png", drawing(2, 36, 36));
  folder.write("food/1.png", drawing(2, 36, 36));
  folder.write("food/icon.png", drawing(3, 16, 16));
  folder.write("food/line.png", png_file(36, 36, {.colour_type = PNG_COLOR_TYPE_RGB_ALPHA},
                                         [](int x, int, int c) { return c == 3 ? (x == 5 ? 255u : 0u) : 10u; }));
  const ImageSet set = read_openclipart(folder.path);
  set.validate();
  REQUIRE(set.name == "openclipart distinct 32x32");
  REQUIRE(set.count == 3);
  REQUIRE(set.channels == 3);
  REQUIRE(set.labels == std::vector<std::int64_t>{0, 0, 1});
  REQUIRE(set.class_names == std::vector<std::string>{"animals", "food"});
  REQUIRE(set.image(2)[31] == 255);
  REQUIRE(read_openclipart(folder.path, {.side = 16, .shrink = Shrink::lanczos}).name ==
          "openclipart distinct 16x16 lanczos");
  // Whoever changes how files become pixels: raise kDecodingRule in detail/cache.hpp.
  REQUIRE(set.digest() == "466604b1eba231ed41b6582df92d2ee4");
}

TEST_CASE("a set is kept, and made again when a file, a setting or what is kept changes", "[data][law]") {
  const CacheFolder cache;
  const TestFolder folder;
  folder.write("a/1.png", drawing(1, 8, 8));
  folder.write("a/2.png", drawing(2, 8, 8));
  const auto open = [&](const FolderOptions& options) { return read_openclipart(folder.path, options); };
  const std::string digest = open({.side = 8}).digest();
  REQUIRE(files_read(open) == 0);
  REQUIRE(open({.side = 8}).digest() == digest);

  const fs::path kept = cache.folder.path / "diffmem/openclipart-8-area.images";
  const std::string bytes = read_file(kept);
  std::string other = bytes;
  other.back() = static_cast<char>(other.back() ^ 1);
  for (const std::string& damaged : {std::string(), std::string("{"), std::string("{}\n"), bytes.substr(0, 40),
                                     bytes.substr(0, bytes.size() - 1), bytes + "x", other}) {
    write_file_atomically(kept, damaged);
    REQUIRE(files_read(open) == 2);
    REQUIRE(read_file(kept) == bytes);
  }

  fs::last_write_time(folder.path / "a/2.png", fs::last_write_time(folder.path / "a/2.png") + std::chrono::seconds(1));
  REQUIRE(files_read(open) == 2);
  folder.write("a/2.png", drawing(3, 8, 9));
  REQUIRE(files_read(open) == 2);
  REQUIRE(open({.side = 8}).digest() != digest);
  folder.write("b/3.png", drawing(4, 8, 8));
  REQUIRE(files_read(open) == 3);
  fs::remove(folder.path / "a/1.png");
  REQUIRE(files_read(open) == 2);
  REQUIRE(files_read(open) == 0);

  fs::remove_all(cache.folder.path / "diffmem");
  cache.folder.write("diffmem", "a file where the folder should be");
  REQUIRE(files_read(open) == 2);
  REQUIRE(files_read(open) == 2);
}

TEST_CASE("crops are the pieces whose hashes come first", "[data][oracle]") {
  const TestFolder folder;
  folder.write("a/1.png", drawing(1, 100, 70));  // 3 x 2 pieces and a rest
  folder.write("b/2.png", drawing(2, 64, 32));
  folder.write("b/3.png", drawing(2, 64, 32));
  folder.write("c/blank.png", png_file(64, 64, {}, [](int, int, int c) { return 10u * static_cast<unsigned>(c); }));
  folder.write("c/broken.png", "no image");
  folder.write("c/small.png", drawing(9, 31, 90));
  std::map<std::string, std::string> all;
  for (const auto& [seed, wide, high] : {std::tuple(1u, 3, 2), std::tuple(2u, 2, 1)})
    for (int row = 0; row < high; ++row)
      for (int column = 0; column < wide; ++column) {
        std::string piece;
        for (int c = 0; c < 3; ++c)
          for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 32; ++x) piece += static_cast<char>(level(seed, 32 * column + x, 32 * row + y, c));
        all[digest(piece)] = piece;
      }
  REQUIRE(all.size() == 8);
  for (const std::int64_t count : {1, 5, 8}) {
    const ImageSet set = cut_crops(folder.path, count);
    set.validate();
    auto want = all.begin();
    for (std::int64_t i = 0; i < count; ++i, ++want) {
      const auto image = set.image(i);
      REQUIRE(std::string(image.begin(), image.end()) == want->second);
    }
  }
  REQUIRE(
      says(complaint([&] { cut_crops(folder.path, 9); }), "openclipart reader", {"8 distinct pieces", "9 of 32x32"}));
}

TEST_CASE("imagenet-dogs takes 2,000 images, of every breed as many, rank by rank", "[data]") {
  const CacheFolder cache;
  const TestFolder folder;
  const std::vector<std::string> names{"n02085620", "n02085782", "n02085936"};
  std::map<std::string, unsigned> number;
  for (unsigned breed = 0; breed < 3; ++breed)
    for (int i = 0; i < 700; ++i)
      folder.write(names[breed] + "/" + std::to_string(1000 + i) + ".png", png_file(2, 2, {}, [&](int, int, int c) {
                     return c == 0 ? breed : c == 1 ? static_cast<unsigned>(i % 256) : static_cast<unsigned>(i / 256);
                   }));
  folder.write("beside.png", drawing(1, 2, 2));
  const ImageSet dogs = read_imagenet_dogs(folder.path, {.side = 1});
  dogs.validate();
  REQUIRE(dogs.name == "imagenet-dogs 1x1");
  REQUIRE(dogs.count == 2000);
  REQUIRE(dogs.labels.empty());
  REQUIRE(dogs.class_names.empty());
  for (std::int64_t i = 0; i < 2000; ++i) {  // 667, 667 and 666
    const auto pixel = dogs.image(i);
    REQUIRE(pixel[0] == i % 3);
    REQUIRE(pixel[1] + 256 * pixel[2] == i / 3);
  }
  REQUIRE(read_imagenet_dogs(folder.path, {.side = 1}).digest() == dogs.digest());
  const TestFolder flat;
  flat.write("1.png", drawing(1, 2, 2));
  REQUIRE(
      says(complaint([&] { read_imagenet_dogs(flat.path, {}); }), "imagenet-dogs reader", {"no folder with images"}));
}
