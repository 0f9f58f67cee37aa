// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/cache_folder.hpp"
#include "data/image_files.hpp"
#include "data/zip_files.hpp"

#include <diffmem/data/open.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>

using namespace diffmem;

namespace {

/// $DIFFMEM_DATA within a scope.
class DataVariable {
 public:
  explicit DataVariable(const char* value) {
    if (const char* before = std::getenv("DIFFMEM_DATA")) before_ = before;
    value ? ::setenv("DIFFMEM_DATA", value, 1) : ::unsetenv("DIFFMEM_DATA");
  }
  ~DataVariable() { before_ ? ::setenv("DIFFMEM_DATA", before_->c_str(), 1) : ::unsetenv("DIFFMEM_DATA"); }
  DataVariable(const DataVariable&) = delete;
  DataVariable& operator=(const DataVariable&) = delete;

 private:
  std::optional<std::string> before_;
};

void write_mnist(const TestFolder& folder, const std::string& place) {
  folder.write(place + "/train-images-idx3-ubyte", std::string("\0\0\x08\x03\0\0\0\1\0\0\0\1\0\0\0\2ab", 18));
  folder.write(place + "/train-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\1\3", 9));
}

void write_cifar(const TestFolder& folder, const std::string& place) {
  for (int b = 1; b <= 5; ++b)
    folder.write(place + "/data_batch_" + std::to_string(b) + ".bin", std::string(3073, '\1'));
}

}  // namespace

TEST_CASE("a word, a word with a path, and a bare path open the same data", "[data]") {
  const TestFolder folder;
  write_mnist(folder, "mnist");
  write_cifar(folder, "cifar-10-batches-bin");
  const DataVariable variable(folder.path.c_str());
  const std::string mnist = (folder.path / "mnist").string(), cifar = (folder.path / "cifar-10-batches-bin").string();
  for (const std::string& what : {std::string("mnist"), "mnist:" + mnist, mnist, mnist + "/"}) {
    const ImageSet set = open_images(what);
    REQUIRE(set.count == 1);
    REQUIRE(set.width == 2);
    REQUIRE(set.labels == std::vector<std::int64_t>{3});
  }
  REQUIRE(open_images("mnist:" + mnist).name == "mnist");
  for (const std::string& what : {std::string("cifar10"), "cifar10:" + cifar, cifar}) {
    const ImageSet set = open_images(what);
    REQUIRE(set.name == "cifar10");
    REQUIRE(set.count == 5);
  }
}

TEST_CASE("a folder of image files opens by folder: or by what lies there", "[data]") {
  const TestFolder folder;
  for (const auto* name : {"dog/1.png", "cat/1.png"})
    folder.write(name,
                 png_file(6, 6, {.colour_type = PNG_COLOR_TYPE_GRAY}, [&](int, int, int) { return name[0] + 0u; }));
  for (const std::string& what : {"folder:" + folder.path.string(), folder.path.string()}) {
    const ImageSet set = open_images(what);
    REQUIRE(set.pixels[0] == 'c');
    REQUIRE(set.width == 6);
    REQUIRE(set.labels == std::vector<std::int64_t>{0, 1});
    REQUIRE(open_images(what, Split::train, {.side = 2}).width == 2);
    REQUIRE(says(complaint([&] { open_images(what, Split::test); }), "--data", {"test split", "folder of the test"}));
  }
}

TEST_CASE("ffhq is a folder or a zip of faces without labels", "[data]") {
  const TestFolder folder, elsewhere;
  const DataVariable variable(folder.path.c_str());
  const auto face = [](unsigned shade) {
    return png_file(8, 8, {}, [=](int, int, int c) { return shade + static_cast<unsigned>(c); });
  };
  const Files files{{"00000/00000.png", face(1)}, {"00000/00999.png", face(2)}, {"01000/01000.png", face(3)}};
  const auto expect_faces = [&](const std::string& what) {
    const ImageSet set = open_images(what, Split::train, {.side = 4, .shrink = Shrink::lanczos});
    set.validate();
    REQUIRE(set.name == "ffhq 4x4 lanczos");
    REQUIRE(set.count == 3);
    REQUIRE(set.labels.empty());
    REQUIRE(set.classes == 0);
    REQUIRE(set.class_names.empty());
    for (std::int64_t i = 0; i < 3; ++i) REQUIRE(set.image(i)[0] == i + 1);
  };
  pack(folder, files, nullptr, "ffhq.zip");
  expect_faces("ffhq");
  expect_faces("ffhq:" + (folder.path / "ffhq.zip").string());
  for (const auto& [name, bytes] : files) elsewhere.write("ffhq/images/" + name, bytes);
  expect_faces("ffhq:" + (elsewhere.path / "ffhq").string());
  for (const auto& [name, bytes] : files) folder.write("ffhq/" + name, bytes);
  std::filesystem::remove(folder.path / "ffhq.zip");
  expect_faces("ffhq");
  REQUIRE(says(complaint([&] { open_images("ffhq", Split::test); }), "--data", {"test split", "folder of the test"}));
}

TEST_CASE("artbench is its image folders, whose names are the styles", "[data]") {
  const TestFolder folder;
  const DataVariable variable(folder.path.c_str());
  const auto painting = [](unsigned shade) {
    return jpeg_file(8, 8, JCS_RGB, [=](int, int, int) { return shade; }, 100);
  };
  for (const auto* style : {"ukiyo_e", "art_nouveau"})
    for (const auto* part : {"train", "test"})
      folder.write(std::string("artbench-10-imagefolder-split/") + part + "/" + style + "/1.jpg",
                   painting(part[1] == 'r' ? 10u : 200u));
  for (const std::string& what :
       {std::string("artbench"), "artbench:" + (folder.path / "artbench-10-imagefolder-split").string()})
    for (const Split split : {Split::train, Split::test}) {
      const ImageSet set = open_images(what, split, {.side = 4});
      set.validate();
      REQUIRE(set.name == "artbench 4x4");
      REQUIRE(set.class_names == std::vector<std::string>{"art_nouveau", "ukiyo_e"});
      REQUIRE(set.labels == std::vector<std::int64_t>{0, 1});
      REQUIRE(set.captions.empty());
      REQUIRE(std::abs(set.image(0)[0] - (split == Split::train ? 10 : 200)) <= 2);
    }
  std::filesystem::rename(folder.path / "artbench-10-imagefolder-split", folder.path / "artbench");
  REQUIRE(open_images("artbench").name == "artbench");
  REQUIRE(says(complaint([&] { open_images("artbench:" + folder.path.string()); }), "folder reader",
               {"no folder " + (folder.path / "train").string()}));
}

TEST_CASE("images of many bytes that are resized are kept, and read again when a file or a setting changes", "[data]") {
  namespace fs = std::filesystem;
  const CacheFolder cache;
  const TestFolder folder;
  const auto face = [](unsigned shade, int side = 8) {
    return png_file(side, side, {}, [=](int x, int, int c) { return shade + static_cast<unsigned>(x + c); });
  };
  const auto read = [](const std::string& what, FolderOptions options = {.side = 4}) {
    std::int64_t files = 0;
    options.progress = [&](std::int64_t, std::int64_t) { ++files; };
    return std::pair(open_images(what, Split::train, options), files);
  };
  const auto files_read = [&](const std::string& what, const FolderOptions& options = {.side = 4}) {
    return read(what, options).second;
  };
  constexpr std::uintmax_t kMany = std::uintmax_t{1} << 24;

  const fs::path faces = folder.path / "fac\xe9", first = folder.write("fac\xe9/a/1.png", face(1));
  const fs::path second = folder.write("fac\xe9/b/2.png", face(2));
  const std::string what = "folder:" + faces.string();
  const std::uintmax_t small = fs::file_size(first);
  REQUIRE(files_read(what) == 2);
  REQUIRE(files_read(what) == 2);  // few bytes are not kept
  REQUIRE(fs::is_empty(cache.folder.path));
  fs::resize_file(first, kMany);  // zeros after the image's end

  const auto [made, files_made] = read(what);
  const auto [again, files_again] = read(what);
  REQUIRE(files_made == 2);
  REQUIRE(files_again == 0);
  REQUIRE(made.name == "fac\xe9 4x4");
  REQUIRE(again.name == made.name);
  REQUIRE(again.digest() == made.digest());
  REQUIRE(files_read(faces.string()) == 0);
  REQUIRE(files_read(fs::relative(faces).string()) == 0);
  REQUIRE(files_read("ffhq:" + faces.string()) == 0);

  REQUIRE(files_read(what, {.side = 2}) == 2);
  REQUIRE(files_read(what, {.side = 4, .shrink = Shrink::lanczos}) == 2);
  REQUIRE(files_read(what, {.side = 4, .padded = true}) == 2);
  for (int i = 0; i < 2; ++i) REQUIRE(files_read(what, {.side = 0}) == 2);
  REQUIRE(files_read(what) == 0);
  REQUIRE(files_read(what, {.side = 4, .broken = Broken::skip}) == 2);
  REQUIRE(files_read(what) == 2);

  fs::last_write_time(second, fs::last_write_time(second) + std::chrono::seconds(1));
  REQUIRE(files_read(what) == 2);
  REQUIRE(files_read(what) == 0);
  folder.write("fac\xe9/b/2.png", face(70, 9));
  const auto [changed, files_changed] = read(what);
  REQUIRE(files_changed == 2);
  REQUIRE(changed.digest() != made.digest());
  folder.write("fac\xe9/b/3.png", face(3));
  REQUIRE(files_read(what) == 3);
  fs::create_directory(faces / "c");
  fs::rename(faces / "b/3.png", faces / "c/3.png");
  REQUIRE(read(what).first.classes == 3);
  for (const auto* label : {"7", "12"}) {
    folder.write("fac\xe9/dataset.json",
                 std::string(R"({"labels": [["a/1.png", 0], ["b/2.png", 1], ["c/3.png", )") + label + "]]}");
    REQUIRE(read(what).first.labels.back() == std::stoi(label));
  }
  fs::remove(faces / "dataset.json");
  const ImageSet plain = read(what).first;
  REQUIRE(plain.labels.back() == 2);
  fs::rename(faces / "c", faces / "\xff");
  for (const auto* caption : {"", "three"}) {
    for (const auto* name : {"a/1.txt", "b/2.txt", "\xff/3.txt"})
      folder.write(std::string("fac\xe9/") + name, name[0] == '\xff' ? caption : name);
    for (const std::int64_t files_opened : {3, 0}) {
      const auto [captioned, files] = read(what);
      captioned.validate();
      REQUIRE(files == files_opened);
      REQUIRE(captioned.captions == std::vector<std::string>{"a/1.txt", "b/2.txt", caption});
      REQUIRE(captioned.class_names == std::vector<std::string>{"a", "b", "\xff"});
      REQUIRE(captioned.digest() == plain.digest());
    }
  }
  for (const auto* name : {"a/1.txt", "b/2.txt", "\xff/3.txt"}) fs::remove(faces / name);
  fs::rename(faces / "\xff", faces / "c");
  REQUIRE(read(what).first.captions.empty());
  REQUIRE(files_read(what) == 0);
  fs::remove(faces / "c/3.png");
  REQUIRE(files_read(what) == 2);
  fs::resize_file(first, small);
  REQUIRE(files_read(what) == 2);
  REQUIRE(files_read(what) == 2);

  const auto pack_faces = [&](unsigned shade) {
    return pack(folder, {{"a/1.png", face(shade)}, {"b/2.png", face(2)}, {"notes.bin", std::string(kMany, '\0')}},
                "zip:compression=store");
  };
  const fs::path zip = pack_faces(1);
  const auto packed = read("zip:" + zip.string());
  REQUIRE(packed.second == 2);
  REQUIRE(packed.first.name == "some 4x4");
  REQUIRE(packed.first.digest() == made.digest());
  for (const auto* before : {"zip:", "", "ffhq:"}) REQUIRE(files_read(before + zip.string()) == 0);
  const auto time = fs::last_write_time(zip);
  REQUIRE(pack_faces(9) == zip);
  fs::last_write_time(zip, time + std::chrono::seconds(1));
  const auto repacked = read("zip:" + zip.string());
  REQUIRE(repacked.second == 2);
  REQUIRE(repacked.first.digest() != made.digest());
}

TEST_CASE("$DIFFMEM_DATA comes before the installed Fashion-MNIST", "[data]") {
  const TestFolder folder;
  write_mnist(folder, "fashion-mnist");
  const DataVariable variable(folder.path.c_str());
  const ImageSet set = open_images("fashion-mnist");
  REQUIRE(set.name == "fashion-mnist");
  REQUIRE(set.count == 1);
}

TEST_CASE("Debian's Fashion-MNIST is 60,000 images, 6,000 a class", "[data]") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    SUCCEED("not installed here");
    return;
  }
  const DataVariable variable(nullptr);
  const ImageSet set = open_images("fashion-mnist");
  set.validate();
  REQUIRE(set.count == 60'000);
  REQUIRE(set.image_size() == 28 * 28);
  for (std::int64_t label = 0; label < 10; ++label)
    REQUIRE(std::count(set.labels.begin(), set.labels.end(), label) == 6000);
  REQUIRE(open_images("fashion-mnist", Split::test).count == 10'000);
}

TEST_CASE("what cannot be opened is refused with the choices", "[data][bad]") {
  const TestFolder folder;
  const DataVariable variable(folder.path.c_str());
  const auto about = [](const std::string& what) { return complaint([&] { open_images(what); }); };
  REQUIRE(says(about("fashon-mnist"), "--data", {"\"fashon-mnist\"", "fashion-mnist, mnist, cifar10", "spelling"}));
  REQUIRE(says(about("imagenet:/tmp"), "--data", {"\"imagenet:/tmp\"", "fashion-mnist, mnist, cifar10"}));
  REQUIRE(says(about(""), "--data", {"\"\""}));
  REQUIRE(says(about("mnist"), "--data",
               {"mnist, which is not on this machine", folder.path.string() + "/mnist", "mnist:PATH"}));
  REQUIRE(says(about("cifar10"), "--data", {"/cifar10 or ", "/cifar-10-binary.tar.gz", "docs/data.md"}));
  REQUIRE(says(about("imagenet-dogs"), "--data", {"/imagenet-dogs", "tools/fetch_data imagenet"}));
  REQUIRE(says(about("ffhq"), "--data",
               {folder.path.string() + "/ffhq or ", "/ffhq.zip", "tools/fetch_data ffhq", "ffhq:PATH"}));
  REQUIRE(
      says(about("artbench"), "--data",
           {folder.path.string() + "/artbench or ", "/artbench-10-imagefolder-split", "tools/fetch_data artbench"}));
  if (!std::filesystem::exists("/usr/share/tuxpaint/stamps"))
    REQUIRE(says(about("tuxpaint-stamps"), "--data",
                 {"/tuxpaint-stamps or /usr/share/tuxpaint/stamps", "apt install tuxpaint-stamps-default"}));
  if (!std::filesystem::exists("/usr/share/openclipart"))
    for (const auto* word : {"openclipart", "openclipart-crops"})
      REQUIRE(
          says(about(word), "--data",
               {folder.path.string() + "/openclipart or /usr/share/openclipart/png", "apt install openclipart-png"}));
  REQUIRE(says(about(folder.path.string()), "--data", {"format is not known", "data_batch_1.bin"}));
  REQUIRE(says(about("mnist:/nowhere"), "idx reader", {"no train-images-idx3-ubyte in /nowhere"}));
  REQUIRE(says(about(folder.write("x.tar.gz", "no archive").string()), "cifar10 reader",
               {"x.tar.gz", "opened by their folder"}));
  const DataVariable none(nullptr);
  REQUIRE(says(about("mnist"), "--data", {"DIFFMEM_DATA to be set"}));
}

TEST_CASE("the help of --data names every word that opens", "[data]") {
  for (const auto* word : {"fashion-mnist", "mnist:PATH", "cifar10:PATH", "openclipart:PATH", "openclipart-crops:PATH",
                           "tuxpaint-stamps:PATH", "artbench:PATH", "imagenet-dogs:PATH", "ffhq:PATH", "folder:PATH",
                           "zip:PATH", "DIFFMEM_DATA", ".tar.gz"})
    REQUIRE(data_help().find(word) != std::string::npos);
}
