// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/image_files.hpp"
#include "data/zip_files.hpp"

#include <diffmem/data/open.hpp>

#include <algorithm>
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
                           "imagenet-dogs:PATH", "ffhq:PATH", "folder:PATH", "zip:PATH", "DIFFMEM_DATA", ".tar.gz"})
    REQUIRE(data_help().find(word) != std::string::npos);
}
