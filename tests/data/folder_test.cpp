// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/image_files.hpp"
#include "world/worlds.hpp"

#include <diffmem/data/folder.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <cmath>

using namespace diffmem;

namespace {

constexpr int kWide = 13, kHigh = 9;  // neither fills its last byte at 1, 2 and 4 bits

std::string number(std::uint32_t n) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(n >> shift);
  return bytes;
}

/// A sample anywhere in 0 .. 2^bits - 1.
unsigned sample(int bits, int x, int y, int c) {
  const auto mixed = static_cast<unsigned>(x * 7919 + y * 104729 + c * 15485863 + x * y * 31);
  return bits == 16 ? mixed * 2654435761u >> 16 : (mixed * 2654435761u >> 8) & ((1u << bits) - 1);
}

double level(unsigned v, int bits) { return std::round(v * 255.0 / ((1 << bits) - 1)); }
int over_white(double value, double alpha) {
  return static_cast<int>(std::lround((value * alpha + 255 * (255 - alpha)) / 255));
}

/// The one image in `bytes`, read from a folder.
ImageSet read_one(const std::string& bytes, const std::string& name = "a.png") {
  const TestFolder folder;
  folder.write(name, bytes);
  const FolderImages found = read_folder(folder.path);
  found.set.validate();
  REQUIRE(found.set.count == 1);
  return found.set;
}

int value_at(const ImageSet& set, int x, int y, int c) {
  return set.pixels[static_cast<std::size_t>((c * set.height + y) * set.width + x)];
}

/// Every pixel of `set` is want(x, y, c).
template <class Want>
void expect(const ImageSet& set, int channels, Want&& want) {
  REQUIRE(set.channels == channels);
  REQUIRE(set.height == kHigh);
  REQUIRE(set.width == kWide);
  int wrong = 0;
  for (int c = 0; c < channels; ++c)
    for (int y = 0; y < kHigh; ++y)
      for (int x = 0; x < kWide; ++x) wrong += value_at(set, x, y, c) != static_cast<int>(want(x, y, c));
  REQUIRE(wrong == 0);
}

Samples samples_of(int bits) {
  return [bits](int x, int y, int c) { return sample(bits, x, y, c); };
}

std::string grey_png(unsigned value, int side = 8) {
  return png_file(side, side, {.colour_type = PNG_COLOR_TYPE_GRAY}, [=](int x, int, int) { return value + (x & 1); });
}

}  // namespace

TEST_CASE("a PNG without alpha of any depth is read as it is known", "[data]") {
  const bool interlaced = GENERATE(false, true);
  const int bits = GENERATE(1, 2, 4, 8, 16);
  expect(read_one(png_file(kWide, kHigh, {PNG_COLOR_TYPE_GRAY, bits, interlaced}, samples_of(bits))), 1,
         [&](int x, int y, int) { return level(sample(bits, x, y, 0), bits); });
  if (bits >= 8)
    expect(read_one(png_file(kWide, kHigh, {PNG_COLOR_TYPE_RGB, bits, interlaced}, samples_of(bits))), 3,
           [&](int x, int y, int c) { return level(sample(bits, x, y, c), bits); });
}

TEST_CASE("what is transparent in a PNG shows white", "[data]") {
  const bool interlaced = GENERATE(false, true);
  const int bits = GENERATE(8, 16);
  expect(read_one(png_file(kWide, kHigh, {PNG_COLOR_TYPE_GRAY_ALPHA, bits, interlaced}, samples_of(bits))), 1,
         [&](int x, int y, int) {
           return over_white(level(sample(bits, x, y, 0), bits), level(sample(bits, x, y, 1), bits));
         });
  expect(read_one(png_file(kWide, kHigh, {PNG_COLOR_TYPE_RGB_ALPHA, bits, interlaced}, samples_of(bits))), 3,
         [&](int x, int y, int c) {
           return over_white(level(sample(bits, x, y, c), bits), level(sample(bits, x, y, 3), bits));
         });
}

TEST_CASE("a PNG's palette and its transparent colours are followed", "[data]") {
  const bool interlaced = GENERATE(false, true);
  const int bits = GENERATE(1, 2, 4, 8);
  PngKind kind{PNG_COLOR_TYPE_PALETTE, bits, interlaced};
  for (int i = 0; i < 1 << bits; ++i)
    kind.palette.push_back(
        {static_cast<png_byte>(i * 91 + 5), static_cast<png_byte>(i * 53), static_cast<png_byte>(i)});
  const auto colour = [&](int x, int y, int c) {
    const png_color& entry = kind.palette[sample(bits, x, y, 0)];
    return c == 0 ? entry.red : c == 1 ? entry.green : entry.blue;
  };
  expect(read_one(png_file(kWide, kHigh, kind, samples_of(bits))), 3, colour);
  kind.palette_alpha = {0, 100};  // the others stay opaque
  expect(read_one(png_file(kWide, kHigh, kind, samples_of(bits))), 3, [&](int x, int y, int c) {
    const unsigned i = sample(bits, x, y, 0);
    return over_white(colour(x, y, c), i == 0 ? 0 : i == 1 ? 100 : 255);
  });

  const png_color_16 clear{.index = 0, .red = 0, .green = 0, .blue = 0, .gray = 1};
  expect(read_one(png_file(kWide, kHigh, {.colour_type = PNG_COLOR_TYPE_GRAY, .bits = bits, .clear = &clear},
                           samples_of(bits))),
         1, [&](int x, int y, int) {
           const unsigned v = sample(bits, x, y, 0);
           return v == 1 ? 255 : level(v, bits);
         });
}

TEST_CASE("a JPEG is read within what its compression loses", "[data]") {
  const bool progressive = GENERATE(false, true);
  const auto smooth = [](int x, int y, int c) {
    return static_cast<unsigned>(c == 0   ? 40 + 12 * x
                                 : c == 1 ? 200 - 15 * y
                                 : c == 2 ? 90 + 5 * x + 3 * y
                                          : 250 - 9 * x);
  };
  const auto farthest = [&](const ImageSet& set, auto&& want) {
    REQUIRE(set.height == kHigh);
    REQUIRE(set.width == kWide);
    int far = 0;
    for (int c = 0; c < set.channels; ++c)
      for (int y = 0; y < kHigh; ++y)
        for (int x = 0; x < kWide; ++x)
          far = std::max(far, std::abs(value_at(set, x, y, c) - static_cast<int>(want(x, y, c))));
    return far;
  };
  const auto read = [&](J_COLOR_SPACE space) {
    return read_one(jpeg_file(kWide, kHigh, space, smooth, 100, progressive), "a.JPG");
  };
  const ImageSet grey = read(JCS_GRAYSCALE), colour = read(JCS_RGB), print = read(JCS_CMYK);
  REQUIRE(grey.channels == 1);
  REQUIRE(farthest(grey, smooth) <= 1);
  REQUIRE(colour.channels == 3);
  REQUIRE(farthest(colour, smooth) <= 2);
  REQUIRE(print.channels == 3);  // libjpeg writes CMYK with Adobe's marker: the paper that is left
  REQUIRE(farthest(print, [&](int x, int y, int c) { return smooth(x, y, c) * smooth(x, y, 3) / 255; }) <= 2);
}

TEST_CASE("a folder is read at any depth in the order of bytes", "[data]") {
  const TestFolder folder;
  for (const auto* name : {"b.png", "B.PNG", "a/z.jpeg", "a/b/c.png", "a-b.png", "\xc3\xa4.png", "10.png", "9.png"})
    folder.write(name, grey_png(static_cast<unsigned char>(name[0]) % 200u));
  folder.write("notes.txt", "no image");
  folder.write(".hidden.png", "no image");
  folder.write(".thumbnails/x.png", "no image");
  std::filesystem::create_directory(folder.path / "a.png");  // a folder, whatever its name
  std::vector<std::int64_t> told;
  const FolderImages found = read_folder(folder.path, {.progress = [&](std::int64_t done, std::int64_t files) {
                                           REQUIRE(files == 8);
                                           told.push_back(done);
                                         }});
  const std::vector<std::string> files{"10.png",    "9.png",    "B.PNG", "a-b.png",
                                       "a/b/c.png", "a/z.jpeg", "b.png", "\xc3\xa4.png"};
  REQUIRE(found.files == files);
  REQUIRE(image_files(folder.path) == files);
  REQUIRE(told == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8});
  for (std::size_t i = 0; i < files.size(); ++i)
    REQUIRE(found.set.image(static_cast<std::int64_t>(i))[0] == static_cast<unsigned char>(files[i][0]) % 200);
  REQUIRE(found.set.labels.empty());  // not every image has a class
  REQUIRE(found.set.classes == 0);
}

TEST_CASE("subfolders are classes in the order of their names", "[data]") {
  const TestFolder folder;
  for (const auto* name : {"cat/2.png", "ant/x/1.png", "ant/3.png", "cat-fish/1.png"}) folder.write(name, grey_png(7));
  const FolderImages found = read_folder(folder.path);
  REQUIRE(found.files == std::vector<std::string>{"ant/3.png", "ant/x/1.png", "cat-fish/1.png", "cat/2.png"});
  REQUIRE(found.set.labels == std::vector<std::int64_t>{0, 0, 2, 1});
  REQUIRE(found.set.classes == 3);
  REQUIRE(found.set.class_names == std::vector<std::string>{"ant", "cat", "cat-fish"});
  folder.write("dataset.json", R"({"labels": [["ant/3.png", 0], ["ant/x/1.png", 1], ["cat-fish/1.png", 1],
                                              ["cat/2.png", 0]]})");
  REQUIRE(read_folder(folder.path).set.class_names.empty());
}

TEST_CASE("a text file beside every image gives captions, unless there is a metadata.jsonl", "[data]") {
  const TestFolder folder;
  folder.write("a/1.png", grey_png(1));
  folder.write("a/1.jpeg", grey_png(2));
  folder.write("b/2.1.png", grey_png(3));
  folder.write("c.png", grey_png(4));
  folder.write("a/1.txt", "A cat.\r\nde.utf8=Eine Katze.\r\n");
  folder.write("b/2.1.txt",
               "\xef\xbb\xbf"
               "d\u00f6g");
  folder.write("b/2.txt", "of another name");
  REQUIRE(read_folder(folder.path).set.captions.empty());  // c has none
  std::filesystem::create_directory(folder.path / "c.txt");
  REQUIRE(read_folder(folder.path).set.captions.empty());
  std::filesystem::remove(folder.path / "c.txt");
  folder.write("c.txt", "");
  const ImageSet set = read_folder(folder.path).set;
  set.validate();
  REQUIRE(set.captions == std::vector<std::string>{"A cat.", "A cat.", "d\u00f6g", ""});
  folder.write("c.png", "none");
  REQUIRE(read_folder(folder.path, {.broken = Broken::skip}).set.captions ==
          std::vector<std::string>{"A cat.", "A cat.", "d\u00f6g"});
  folder.write("c.png", grey_png(4));

  const auto about = [&] { return complaint([&] { read_folder(folder.path); }); };
  folder.write("c.txt", "d\xf6g");
  REQUIRE(says(about(), "folder reader", {"first line in", "c.txt that is no UTF-8", "as UTF-8"}));
  folder.write("c.txt", std::string((1 << 20) + 1, 'a'));
  REQUIRE(about().find("1048576 bytes") != std::string::npos);
  folder.write("metadata.jsonl", R"({"file_name": "a/1.jpeg", "text": "j"}
{"file_name": "a/1.png", "text": "p"}
{"file_name": "b/2.1.png", "text": "b"}
{"file_name": "c.png", "text": "c"})");
  REQUIRE(read_folder(folder.path).set.captions == std::vector<std::string>{"j", "p", "b", "c"});
}

TEST_CASE("one coloured image makes the whole set coloured, three equal channels none", "[data]") {
  const TestFolder folder;
  folder.write("1.png", grey_png(10));
  folder.write("2.png", png_file(8, 8, {}, [](int, int, int) { return 77u; }));
  REQUIRE(read_folder(folder.path).set.channels == 1);
  folder.write("3.png", png_file(8, 8, {}, [](int, int, int c) { return c == 2 ? 78u : 77u; }));
  folder.write("4.png", grey_png(20));
  const ImageSet set = read_folder(folder.path).set;
  set.validate();
  REQUIRE(set.channels == 3);
  const std::vector<std::array<int, 3>> want{{10, 10, 10}, {77, 77, 77}, {77, 77, 78}, {20, 20, 20}};
  for (std::size_t i = 0; i < want.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) REQUIRE(set.image(static_cast<std::int64_t>(i))[64 * c] == want[i][c]);
}

TEST_CASE("processes that read a folder together find what one does, grey parts and empty ones included",
          "[data][sharded]") {
  const TestFolder folder;
  folder.write("a/1.png", grey_png(1));
  folder.write("b/2.png", "none");
  folder.write("b/3.png", png_file(8, 8, {}, [](int, int, int c) { return c == 2 ? 78u : 77u; }));
  folder.write("c/4.png", grey_png(4));
  folder.write("d/5.png", "none");
  for (const auto* name : {"a/1", "b/2", "b/3", "c/4", "d/5"}) folder.write(std::string(name) + ".txt", name);
  const FolderImages whole = read_folder(folder.path, {.broken = Broken::skip});
  REQUIRE(whole.set.channels == 3);
  REQUIRE(whole.set.captions == std::vector<std::string>{"a/1", "b/3", "c/4"});
  REQUIRE(whole.set.class_names == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(whole.set.labels == std::vector<std::int64_t>{0, 1, 2});
  for (const int processes : {1, 2, 3, 5, 7}) {
    INFO(processes << " processes");
    FolderImages all;
    for (const FolderImages& part : worlds::on_each(processes, [&](const World& world) {
           FolderOptions options{.broken = Broken::skip};
           options.reader = {world.rank(), world.size(), [&](auto bytes) { return world.gather(bytes); }};
           return read_folder(folder.path, options);
         })) {
      REQUIRE(part.set.channels == 3);
      REQUIRE(part.set.width == 8);
      REQUIRE(part.set.classes == 3);
      REQUIRE(part.set.class_names == whole.set.class_names);
      REQUIRE(part.set.count == static_cast<std::int64_t>(part.files.size()));
      REQUIRE(part.set.count <= 5 / processes + 1);
      all.set.pixels.insert(all.set.pixels.end(), part.set.pixels.begin(), part.set.pixels.end());
      all.set.labels.insert(all.set.labels.end(), part.set.labels.begin(), part.set.labels.end());
      all.set.captions.insert(all.set.captions.end(), part.set.captions.begin(), part.set.captions.end());
      all.files.insert(all.files.end(), part.files.begin(), part.files.end());
      for (const auto& [file, reason] : part.skipped) all.skipped.push_back({file, reason});
    }
    REQUIRE((all.set.pixels == whole.set.pixels));
    REQUIRE(all.set.labels == whole.set.labels);
    REQUIRE(all.set.captions == whole.set.captions);
    REQUIRE(all.files == whole.files);
    REQUIRE(all.skipped.size() == 2);
  }
  // With a file above all folders there are no classes, whoever reads it.
  folder.write("z.png", grey_png(9));
  for (const FolderImages& part : worlds::on_each(2, [&](const World& world) {
         FolderOptions options{.broken = Broken::skip};
         options.reader = {world.rank(), world.size(), [&](auto bytes) { return world.gather(bytes); }};
         return read_folder(folder.path, options);
       }))
    REQUIRE(part.set.labels.empty());
  const TestFolder other;
  other.write("1.png", grey_png(1));
  for (const auto& said : worlds::on_each(2, [&](const World& world) {
         FolderOptions options;
         options.reader = {world.rank(), world.size(), [&](auto bytes) { return world.gather(bytes); }};
         return complaint([&] { read_folder(world.leads() ? folder.path : other.path, options); });
       }))
    REQUIRE(says(said, "folder reader", {"other files in", "for process 1"}));
}

TEST_CASE("images are cropped and shrunk as shrink_middle does, or crop_square and shrink", "[data]") {
  const TestFolder folder;
  folder.write("wide.png", png_file(40, 30, {}, samples_of(8)));
  folder.write("tall.png", png_file(21, 50, {}, samples_of(8)));
  for (const Shrink how : {Shrink::area, Shrink::lanczos}) {
    const FolderImages found = read_folder(folder.path, {.side = 16, .shrink = how});
    REQUIRE(found.set.name.ends_with(how == Shrink::area ? " 16x16" : " 16x16 lanczos"));
    const std::array<std::pair<int, int>, 2> sizes{{{21, 50}, {40, 30}}};
    for (std::size_t i = 0; i < 2; ++i) {
      const auto [width, height] = sizes[i];
      ImageSet one{.name = "", .count = 1, .channels = 3, .height = height, .width = width, .pixels = {}, .labels = {}};
      for (int c = 0; c < 3; ++c)
        for (int y = 0; y < height; ++y)
          for (int x = 0; x < width; ++x) one.pixels.push_back(static_cast<std::uint8_t>(sample(8, x, y, c)));
      const ImageSet want = how == Shrink::area ? shrink_middle(one, 16) : shrink(crop_square(one), 16, how);
      const auto got = found.set.image(static_cast<std::int64_t>(i));
      REQUIRE(std::equal(got.begin(), got.end(), want.pixels.begin(), want.pixels.end()));
    }
  }
}

TEST_CASE("a square by a white border shows all of the image", "[data]") {
  const TestFolder folder;
  folder.write("wide.png", png_file(40, 20, {}, [](int x, int, int c) { return x < 20 || c > 0 ? 0u : 100u; }));
  const ImageSet set = read_folder(folder.path, {.side = 4, .padded = true}).set;
  REQUIRE(set.name.ends_with(" padded 4x4"));
  const std::vector<std::uint8_t> border(4, 255), red{0, 0, 100, 100}, none(4, 0);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t y = 0; y < 4; ++y) {
      const auto line = set.image(0).subspan(4 * (4 * c + y), 4);
      const auto& want = y == 0 || y == 3 ? border : c == 0 ? red : none;
      REQUIRE(std::equal(want.begin(), want.end(), line.begin()));
    }
  REQUIRE(read_folder(folder.path, {.side = 40, .padded = true}).set.width == 40);  // its longer side
  REQUIRE(says(complaint([&] { read_folder(folder.path, {.side = 41, .padded = true}); }), "folder reader",
               {"fewer than the side 41"}));
  folder.write("thread.png", png_file(20'000, 1, {}, [](int, int, int) { return 0u; }));
  REQUIRE(says(complaint([&] { read_folder(folder.path, {.side = 4, .padded = true}); }), "folder reader",
               {"thread.png", "20000x20000 pixels"}));
}

TEST_CASE("a file that cannot be used is named with the reason, and skipped or fatal", "[data][bad]") {
  const TestFolder folder;
  const std::string png = png_file(40, 40, {}, samples_of(8));
  const std::string jpeg = jpeg_file(40, 40, JCS_RGB, samples_of(8));
  const std::string slow = jpeg_file(40, 40, JCS_RGB, samples_of(8), 90, true);
  const auto huge_png = [&] {
    std::string bytes = png;
    const std::string header = "IHDR" + number(100'000) + number(100'000) + bytes.substr(24, 5);
    return bytes.replace(12, 17, header)
        .replace(29, 4,
                 number(static_cast<std::uint32_t>(
                     crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size())))));
  }();
  std::string huge_jpeg = jpeg;  // its frame header: FF C0, length, 8 bits, height, width
  huge_jpeg.replace(huge_jpeg.find("\xff\xc0") + 5, 4, "\xff\x00\xff\x00", 4);
  std::string damaged_png = png;
  damaged_png[png.size() / 2] = static_cast<char>(damaged_png[png.size() / 2] ^ 1);
  const auto file = [&](const char* name, const std::string& bytes) { folder.write(name, bytes); };
  file("a-empty.png", "");
  file("b-text.jpg", "GIF89a and so on");
  file("c-cut-in-header.png", png.substr(0, 20));
  file("d-cut-in-data.png", png.substr(0, png.size() / 2));
  file("e-cut-before-end.png", png.substr(0, png.size() - 12));
  file("f-damaged.png", damaged_png);
  file("g-huge.png", huge_png);
  file("h-cut-in-header.jpg", jpeg.substr(0, 200));
  file("i-cut-in-data.jpg", jpeg.substr(0, jpeg.size() / 2));
  file("j-cut-progressive.jpg", slow.substr(0, slow.size() * 3 / 4));
  file("k-huge.jpg", huge_jpeg);
  file("l-small.png", grey_png(1, 8));
  std::filesystem::create_symlink("nowhere", folder.path / "m-dangling.png");
  file("n-long.png", "");
  std::filesystem::resize_file(folder.path / "n-long.png", (1u << 28) + 1);
  const std::vector<std::pair<std::string, std::string>> want{{"a-empty.png", "empty"},
                                                              {"b-text.jpg", "neither PNG nor JPEG"},
                                                              {"c-cut-in-header.png", "cut short"},
                                                              {"d-cut-in-data.png", "cut short"},
                                                              {"e-cut-before-end.png", "cut short"},
                                                              {"f-damaged.png", "damaged PNG: IDAT"},
                                                              {"g-huge.png", "100000x100000 pixels, more than 32768"},
                                                              {"h-cut-in-header.jpg", "damaged JPEG"},
                                                              {"i-cut-in-data.jpg", "damaged JPEG"},
                                                              {"j-cut-progressive.jpg", "damaged JPEG"},
                                                              {"k-huge.jpg", "65280x65280 pixels"},
                                                              {"l-small.png", "8x8 pixels, fewer than the side 16"},
                                                              {"m-dangling.png", "not a regular file"},
                                                              {"n-long.png", "at most 268435456 bytes"}};
  const auto read = [&](Broken broken) { return read_folder(folder.path, {.side = 16, .broken = broken}); };
  REQUIRE(says(complaint([&] { read(Broken::skip); }), "folder reader",
               {"none of 14 files", "the first, a-empty.png: empty", "at least one image"}));
  file("z.png", png);
  file("z.jpg", jpeg);
  const FolderImages found = read(Broken::skip);
  REQUIRE(found.files == std::vector<std::string>{"z.jpg", "z.png"});
  REQUIRE(found.set.count == 2);
  REQUIRE(found.skipped.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    INFO(found.skipped[i].file << ": " << found.skipped[i].reason);
    REQUIRE(found.skipped[i].file == want[i].first);
    REQUIRE(found.skipped[i].reason.find(want[i].second) != std::string::npos);
  }
  for (const auto& [name, reason] : want) {  // each, where it is the first, stops the reading
    REQUIRE(says(complaint([&] { read(Broken::stop); }), "folder reader",
                 {(folder.path / name).native(), reason, name == "l-small.png" ? "smaller side" : "repair"}));
    std::filesystem::remove(folder.path / name);
  }
  REQUIRE(read(Broken::stop).set.count == 2);
}

TEST_CASE("a JPEG with a PNG's name is read, and so is one with bytes to spare", "[data]") {
  REQUIRE(read_one(jpeg_file(8, 8, JCS_GRAYSCALE, samples_of(8)), "a.png").count == 1);
  std::string spare = jpeg_file(8, 8, JCS_GRAYSCALE, [](int, int, int) { return 9u; });
  spare.insert(spare.size() - 2, 40, '\0');  // before the end marker: a warning of libjpeg that costs no pixel
  REQUIRE(value_at(read_one(spare, "a.jpg"), 3, 3, 0) == 9);
}

TEST_CASE("folders that cannot be read are refused", "[data][bad]") {
  const TestFolder folder;
  const auto about = [](const std::filesystem::path& path, const FolderOptions& options = {}) {
    return complaint([&] { read_folder(path, options); });
  };
  REQUIRE(says(about(folder.path / "nowhere"), "folder reader", {"no folder", "nowhere"}));
  REQUIRE(says(about(folder.write("file", "x")), "folder reader", {"no folder"}));
  REQUIRE(says(about(folder.path), "folder reader", {"no .png, .jpg or .jpeg file", folder.path.string()}));
  folder.write("1.png", grey_png(1, 8));
  folder.write("2.png", grey_png(1, 9));
  REQUIRE(says(about(folder.path), "folder reader", {"8x8 pixels in 1.png and 9x9 in 2.png", "data.resolution"}));
  REQUIRE(about(folder.path, {.side = 8}).empty());
  REQUIRE(says(about(folder.path, {.side = -1}), "folder reader", {"side -1"}));
  REQUIRE(says(about(folder.path, {.side = 12, .broken = Broken::skip}), "folder reader", {"the side 12", "--side 9"}));
}
