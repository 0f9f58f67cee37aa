// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/image_files.hpp"
#include "train/tiny.hpp"

#include <diffmem/core/params.hpp>
#include <diffmem/study/setup.hpp>

using namespace diffmem;

TEST_CASE("data.subset says which images a run trains on", "[study][setup]") {
  const ImageSet all = tiny::images(12);
  DataParams p{.size = 6, .seed = 3};
  const auto digest_of = [&](const std::vector<std::int64_t>& chosen) { return select(all, chosen).digest(); };
  const std::string balanced = digest_of(balanced_subset(all, 6, 3)), first = digest_of(first_of_each_class(all, 6));
  REQUIRE(balanced != first);
  REQUIRE(training_images(all, p).digest() == balanced);
  set_param(p, "subset", "first");
  REQUIRE(training_images(all, p).digest() == first);
  p.seed = 4;
  REQUIRE(training_images(all, p).digest() == first);
  p.size = 0;
  REQUIRE(training_images(all, p).digest() == all.digest());
  p.size = 7;
  REQUIRE(says(complaint([&] { training_images(all, p); }), "subset", {"size 7", "multiple of the 3 classes"}));
  REQUIRE(says(complaint([&] { set_param(p, "subset", "last"); }), "--set subset", {"\"last\"", "balanced or first"}));
}

TEST_CASE("data.classes keeps the first classes, under every rule", "[study][setup]") {
  const ImageSet all = tiny::images(12);
  DataParams p{.size = 5, .subset = SubsetRule::first, .classes = 2};
  const ImageSet first = training_images(all, p);
  REQUIRE(first.classes == 2);
  REQUIRE(first.pixels == select(all, first_of_first_classes(all, 5, 2)).pixels);
  for (const auto* rule : {"balanced", "random"}) {
    set_param(p, "subset", rule);
    const ImageSet some = training_images(all, p);
    some.validate();
    REQUIRE(some.classes == 2);
    REQUIRE(some.count == 5);
  }
  p.size = 0;
  REQUIRE(training_images(all, p).digest() == first_classes(all, 2).digest());
}

TEST_CASE("data.blend mixes one class with images of another source", "[study][setup]") {
  const ImageSet all = tiny::images(12);
  const TestFolder folder;
  for (int i = 0; i < 3; ++i)
    folder.write("dogs/" + std::to_string(i) + ".png",
                 png_file(20, 20, {.colour_type = PNG_COLOR_TYPE_GRAY},
                          [=](int, int, int) { return 40u + static_cast<unsigned>(i); }));
  DataParams p{.size = 4, .blend = 0.5, .blend_source = "folder:" + folder.path.string(), .blend_class = 1};
  const ImageSet mixed = training_images(all, p);
  mixed.validate();
  REQUIRE(mixed.classes == 1);
  std::vector<std::int64_t> of_class;
  for (std::int64_t i = 0; i < all.count; ++i)
    if (all.labels[static_cast<std::size_t>(i)] == 1) of_class.push_back(i);
  of_class.resize(2);
  const ImageSet base = select(all, of_class);
  REQUIRE(std::equal(base.pixels.begin(), base.pixels.end(), mixed.pixels.begin()));
  REQUIRE(mixed.image(2)[0] == 40);
  REQUIRE(mixed.image(3).back() == 41);
  p.blend = 0, p.blend_source = "nowhere-at-all";  // nothing is taken of it, so it need not be there
  REQUIRE(training_images(all, p).count == 4);
  p.blend = 0.5;
  REQUIRE(says(complaint([&] { training_images(all, p); }), "--data", {"nowhere-at-all"}));
  p.blend_class = 9;
  REQUIRE(says(complaint([&] { training_images(all, p); }), "data", {"blend_class = 9", "3 classes"}));
  REQUIRE(says(complaint([] { DataParams{.blend = 0.5}.validate(); }), "data", {"no blend_source"}));
  REQUIRE(says(complaint([] { DataParams{.classes = -1}.validate(); }), "data", {"classes = -1"}));
  REQUIRE(says(complaint([] { DataParams{.blend = 2}.validate(); }), "data", {"blend", "0 to 1"}));
}

TEST_CASE("training images are shrunk after they are chosen", "[study][setup]") {
  const ImageSet all = tiny::images(12);
  const ImageSet images = training_images(all, {.resolution = 4, .shrink = Shrink::lanczos, .size = 6});
  REQUIRE(images.count == 6);
  REQUIRE(images.digest() == shrink(select(all, balanced_subset(all, 6, 0)), 4, Shrink::lanczos).digest());
}
