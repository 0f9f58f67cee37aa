// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "images.hpp"

#include <diffmem/core/random.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/data/resize.hpp>

#include <cmath>
#include <cstdlib>

using namespace diffmem;

namespace {

ImageSet noise(std::int64_t count, std::int64_t channels, std::int64_t height, std::int64_t width) {
  ImageSet set{.name = "noise",
               .count = count,
               .channels = channels,
               .height = height,
               .width = width,
               .pixels = {},
               .labels = {},
               .classes = 0};
  RandomStream random(4, Stream::subset);
  for (std::int64_t i = 0; i < count * set.image_size(); ++i)
    set.pixels.push_back(static_cast<std::uint8_t>(random.bits() >> 24));
  return set;
}

/// shrink() by its definition: every old pixel becomes size x size copies, then every new one is the mean of H x W.
std::vector<std::uint8_t> by_copies(const ImageSet& set, std::int64_t size) {
  std::vector<std::uint8_t> out;
  const std::int64_t h = set.height, w = set.width;
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane)
    for (std::int64_t y = 0; y < size; ++y)
      for (std::int64_t x = 0; x < size; ++x) {
        std::int64_t sum = 0;
        for (std::int64_t v = y * h; v < (y + 1) * h; ++v)
          for (std::int64_t u = x * w; u < (x + 1) * w; ++u)
            sum += set.pixels[static_cast<std::size_t>((plane * h + v / size) * w + u / size)];
        out.push_back(static_cast<std::uint8_t>((sum + h * w / 2) / (h * w)));  // half up, for even h * w
      }
  return out;
}

}  // namespace

TEST_CASE("shrink is the exact area mean, also where pixels overlap in part", "[data][oracle]") {
  for (const auto& set : {noise(3, 1, 28, 28), noise(2, 3, 10, 7), noise(1, 1, 32, 32)})
    for (const int size : {1, 3, 5, 7}) {
      const ImageSet small = shrink(set, size);
      small.validate();
      REQUIRE(small.pixels == by_copies(set, size));
    }
  REQUIRE(shrink(noise(2, 1, 28, 28), 8).pixels == by_copies(noise(2, 1, 28, 28), 8));
}

TEST_CASE("a half is rounded up, once", "[data]") {
  ImageSet set{.name = "",
               .count = 1,
               .channels = 1,
               .height = 2,
               .width = 2,
               .pixels = {0, 0, 1, 1},
               .labels = {},
               .classes = 0};
  REQUIRE(shrink(set, 1).pixels[0] == 1);
  set.pixels = {1, 0, 0, 0};
  REQUIRE(shrink(set, 1).pixels[0] == 0);
  set.pixels = {255, 255, 255, 255};
  REQUIRE(shrink(set, 1).pixels[0] == 255);
}

TEST_CASE("shrink keeps labels and names, says what it did, and leaves its size alone", "[data]") {
  ImageSet set = noise(2, 1, 8, 8);
  set.labels = {0, 1};
  set.classes = 2;
  set.captions = {"a", "b"}, set.class_names = {"cat", "dog"};
  REQUIRE(shrink(set, 4).labels == set.labels);
  REQUIRE(shrink(set, 4).captions == set.captions);
  REQUIRE(shrink(set, 4).class_names == set.class_names);
  REQUIRE(shrink(set, 4).name == "noise 4x4");
  REQUIRE(shrink(set, 8).pixels == set.pixels);
  REQUIRE(shrink(set, 8).name == "noise");
}

TEST_CASE("shrink is Pillow's BOX to one grey level at whole ratios", "[data][oracle]") {
  const auto fixture =
      read_safetensors(std::filesystem::path(__FILE__).parent_path() / "../fixtures/resize.safetensors");
  std::size_t compared = 0;
  for (const auto& [name, expected] : fixture.tensors) {
    const auto box = name.find(".box.");
    if (box == name.npos) continue;
    const ImageSet source = image_set(fixture.at(name.substr(0, box)), "fixture");
    const int size = std::stoi(name.substr(box + 5));
    if (source.height % size != 0 || source.width % size != 0) continue;  // there BOX takes whole pixels only
    const auto ours = shrink(source, size).pixels, theirs = values_of<std::uint8_t>(expected);
    REQUIRE(ours.size() == theirs.size());
    std::size_t equal = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      REQUIRE(std::abs(ours[i] - theirs[i]) <= 1);
      equal += ours[i] == theirs[i];
    }
    UNSCOPED_INFO(name << ": " << 100.0 * static_cast<double>(equal) / static_cast<double>(ours.size()) << " % equal");
    ++compared;
  }
  REQUIRE(compared == 6);
}

// Whole files made by Pillow are compared by the parity test `resize`.

/// Pillow's resampling by its definition, in float64 and along one axis at a time: each new pixel is the weighted mean of
/// the old ones whose middles lie within the filter, placed on its middle and widened by the scale; each pass rounds.
std::vector<double> by_weights(const ImageSet& set, std::int64_t size, Shrink how) {
  const auto filter = [&](double x) {
    if (how == Shrink::box) return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    const double p = M_PI * x;
    return std::abs(x) < 3 ? (x == 0 ? 1.0 : std::sin(p) * 3 * std::sin(p / 3) / (p * p)) : 0.0;
  };
  const auto pass = [&](const std::vector<double>& in, std::int64_t side, std::int64_t others, bool across) {
    const double scale = static_cast<double>(side) / static_cast<double>(size);
    std::vector<double> out(static_cast<std::size_t>(size * others));
    for (std::int64_t o = 0; o < others; ++o)
      for (std::int64_t to = 0; to < size; ++to) {
        double sum = 0, weights = 0;
        for (std::int64_t i = 0; i < side; ++i) {
          const double w = filter((static_cast<double>(i) + 0.5) / scale - (static_cast<double>(to) + 0.5));
          sum += w * in[static_cast<std::size_t>(across ? o * side + i : i * others + o)];
          weights += w;
        }
        out[static_cast<std::size_t>(across ? o * size + to : to * others + o)] =
            std::floor(std::clamp(sum / weights, 0.0, 255.0) + 0.5);
      }
    return out;
  };
  std::vector<double> all;
  for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane) {
    const auto* from = set.pixels.data() + plane * set.height * set.width;
    const auto narrow = pass({from, from + set.height * set.width}, set.width, set.height, true);
    const auto small = pass(narrow, set.height, size, false);
    all.insert(all.end(), small.begin(), small.end());
  }
  return all;
}

TEST_CASE("box and lanczos weigh pixels by their filters, to one grey level", "[data][oracle]") {
  for (const Shrink how : {Shrink::box, Shrink::lanczos})
    for (const auto& set : {noise(3, 1, 28, 28), noise(2, 3, 10, 7), noise(1, 3, 40, 32)})
      for (const int size : {1, 3, 5, 7}) {
        const ImageSet small = shrink(set, size, how);
        small.validate();
        const auto expected = by_weights(set, size, how);
        REQUIRE(small.pixels.size() == expected.size());
        std::size_t equal = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
          REQUIRE(std::abs(small.pixels[i] - expected[i]) <= 1);
          equal += small.pixels[i] == expected[i];
        }
        // A box's mean is often a half, which the fixed-point weights round either way.
        REQUIRE(static_cast<double>(equal) >= (how == Shrink::box ? 0.8 : 0.99) * static_cast<double>(expected.size()));
        REQUIRE(small.name == "noise " + std::to_string(size) + "x" + std::to_string(size) +
                                  (how == Shrink::box ? " box" : " lanczos"));
      }
}

TEST_CASE("a flat image stays flat under every filter", "[data][law]") {
  for (const Shrink how : {Shrink::area, Shrink::box, Shrink::lanczos})
    for (const int level : {0, 1, 127, 254, 255}) {
      ImageSet set = noise(1, 1, 29, 23);
      std::fill(set.pixels.begin(), set.pixels.end(), static_cast<std::uint8_t>(level));
      for (const std::uint8_t pixel : shrink(set, 8, how).pixels) REQUIRE(pixel == level);
    }
}

TEST_CASE("shrink_middle takes the square exactly from the middle", "[data][oracle]") {
  const auto doubled = [](const ImageSet& set) {  // each pixel as 2 x 2: half a pixel is a whole one
    ImageSet made = set;
    made.height *= 2, made.width *= 2;
    made.pixels.clear();
    for (std::int64_t plane = 0; plane < set.count * set.channels; ++plane)
      for (std::int64_t y = 0; y < made.height; ++y)
        for (std::int64_t x = 0; x < made.width; ++x)
          made.pixels.push_back(set.pixels[static_cast<std::size_t>((plane * set.height + y / 2) * set.width + x / 2)]);
    return made;
  };
  for (const auto& [height, width] : {std::pair{9, 14}, {14, 9}, {9, 13}, {9, 9}, {8, 31}})
    for (const int size : {1, 3, 5, 8}) {
      const ImageSet set = noise(2, 3, height, width), small = shrink_middle(set, size);
      small.validate();
      REQUIRE(small.pixels == shrink(crop_square(doubled(set)), size).pixels);
      REQUIRE(small.name == shrink(crop_square(set), size).name);
      if ((width - height) % 2 == 0) REQUIRE(small.pixels == shrink(crop_square(set), size).pixels);
    }
  REQUIRE(says(complaint([] { shrink_middle(noise(1, 1, 4, 5), 5); }), "shrink_middle", {"size 5", "1 to 4"}));
}

TEST_CASE("crop_square keeps the middle", "[data]") {
  for (const auto& [height, width] : {std::pair{5, 8}, {8, 5}, {4, 5}, {6, 6}}) {
    const ImageSet set = noise(2, 3, height, width), square = crop_square(set);
    square.validate();
    const std::int64_t size = std::min(height, width), top = (height - size) / 2, left = (width - size) / 2;
    REQUIRE(square.height == size);
    REQUIRE(square.width == size);
    for (std::int64_t plane = 0; plane < 6; ++plane)
      for (std::int64_t y = 0; y < size; ++y)
        for (std::int64_t x = 0; x < size; ++x)
          REQUIRE(square.pixels[static_cast<std::size_t>((plane * size + y) * size + x)] ==
                  set.pixels[static_cast<std::size_t>((plane * height + top + y) * width + left + x)]);
    REQUIRE(square.name ==
            (height == width ? "noise" : "noise cropped " + std::to_string(size) + "x" + std::to_string(size)));
  }
}

TEST_CASE("pad puts the image in the middle of black, or of another level", "[data]") {
  const ImageSet set = noise(2, 3, 5, 4);
  const int level = GENERATE(0, 255);
  const ImageSet padded = level == 0 ? pad(set, 8) : pad(set, 8, 255);
  padded.validate();
  REQUIRE(padded.name == "noise padded 8x8");
  for (std::int64_t plane = 0; plane < 6; ++plane)
    for (std::int64_t y = 0; y < 8; ++y)
      for (std::int64_t x = 0; x < 8; ++x) {
        const bool inside = y >= 1 && y < 6 && x >= 2 && x < 6;
        const int expected = inside ? set.pixels[static_cast<std::size_t>((plane * 5 + y - 1) * 4 + x - 2)] : level;
        REQUIRE(padded.pixels[static_cast<std::size_t>((plane * 8 + y) * 8 + x)] == expected);
      }
}

TEST_CASE("images are never enlarged, nor cut by padding", "[data][bad]") {
  const ImageSet set = noise(1, 1, 28, 20);
  REQUIRE(says(complaint([&] { shrink(set, 21); }), "shrink",
               {"size 21 for images of 28x20", "1 to 20", "never enlarged"}));
  REQUIRE(says(complaint([&] { shrink(set, 0); }), "shrink", {"size 0"}));
  REQUIRE(says(complaint([&] { pad(set, 27); }), "pad", {"size 27", "at least 28"}));
}
