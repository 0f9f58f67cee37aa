// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/cache_folder.hpp"
#include "data/image_files.hpp"

#include <diffmem/data/open.hpp>

using namespace diffmem;

namespace {

/// A shape of one grey level on transparent ground.
std::string stamp(unsigned level, int width, int height) {
  return png_file(width, height, {.colour_type = PNG_COLOR_TYPE_GRAY_ALPHA}, [=](int x, int, int c) {
    return c == 0 ? level : x < width / 2 ? 255u : 0u;
  });
}

}  // namespace

TEST_CASE("stamps are whole on a white square, with captions, without mirror images and doubles", "[data]") {
  const CacheFolder cache;
  const TestFolder folder;
  folder.write("animals/birds/owl.png", stamp(0, 4, 8));
  folder.write("animals/birds/owl.txt", "An owl.\nde.utf8=Eine Eule.\n");
  folder.write("animals/birds/owl.dat", "sound");
  folder.write("animals/birds/owl_mirror.png", stamp(9, 4, 8));
  folder.write("animals/birds/owl_flip.png", stamp(9, 4, 8));
  folder.write("animals/dot.png", stamp(7, 4, 7));  // too small
  folder.write("animals/dot.txt", "A dot.");
  folder.write("food/pea.svg", "<svg/>");
  folder.write("food/pie.png", stamp(0, 4, 8));
  folder.write("food/pie.txt", "The owl again.");
  folder.write("food/plum.png", stamp(80, 8, 2));
  folder.write("food/plum.txt", "A plum\xe2\x80\xa6");
  folder.write("food/photo.jpg", "not asked for");
  const std::string what = "tuxpaint-stamps:" + folder.path.string();
  const auto open = [&](int side) {
    std::int64_t files = 0;
    const auto count = [&](std::int64_t, std::int64_t) { ++files; };
    ImageSet set = open_images(what, Split::train, {.side = side, .progress = count});
    set.validate();
    return std::pair(std::move(set), files);
  };
  for (const std::int64_t files : {4, 0}) {
    const auto [set, files_read] = open(8);
    REQUIRE(files_read == files);
    REQUIRE(set.name == "tuxpaint-stamps padded 8x8");
    REQUIRE(set.channels == 3);
    REQUIRE(set.captions == std::vector<std::string>{"An owl.", "A plum\u2026"});
    REQUIRE(set.class_names == std::vector<std::string>{"animals", "food"});
    REQUIRE(set.labels == std::vector<std::int64_t>{0, 1});
    for (std::size_t y = 0; y < 8; ++y)
      for (std::size_t x = 0; x < 8; ++x) {
        REQUIRE(set.image(0)[8 * y + x] == (x == 2 || x == 3 ? 0 : 255));
        REQUIRE(set.image(1)[8 * y + x] == ((y == 3 || y == 4) && x < 4 ? 80 : 255));
      }
  }
  folder.write("food/plum.txt", "A prune.");
  REQUIRE(open(8).first.captions.back() == "A prune.");
  std::filesystem::remove(folder.path / "animals/dot.txt");
  REQUIRE(open(4).first.captions.size() == 2);  // without a text beside it, it is not a stamp
  REQUIRE(open(4).first.count == 2);
  REQUIRE(says(complaint([&] { open(32); }), "folder reader", {"none of 3 files", "fewer than the side 32"}));
  REQUIRE(says(complaint([&] { open_images(what, Split::test); }), "--data", {"test split of tuxpaint-stamps"}));
}
