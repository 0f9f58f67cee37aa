// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
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

TEST_CASE("training images are shrunk after they are chosen", "[study][setup]") {
  const ImageSet all = tiny::images(12);
  const ImageSet images = training_images(all, {.resolution = 4, .shrink = Shrink::lanczos, .size = 6});
  REQUIRE(images.count == 6);
  REQUIRE(images.digest() == shrink(select(all, balanced_subset(all, 6, 0)), 4, Shrink::lanczos).digest());
}
