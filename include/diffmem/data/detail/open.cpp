// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/cifar.hpp>
#include <diffmem/data/idx.hpp>
#include <diffmem/data/open.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "--data";

/// A data set with a name of its own.
struct Known {
  std::string_view word;
  ImageSet (*read)(const fs::path&, std::string name, Split);
  std::array<std::string_view, 3> inside;  ///< where it may lie below $DIFFMEM_DATA
  std::string_view installed;              ///< where Debian puts it
  std::string_view remedy;
};

ImageSet read_cifar10_as(const fs::path& path, std::string name, Split split) {
  ImageSet set = read_cifar10(path, split);
  set.name = std::move(name);
  return set;
}

constexpr std::array<Known, 3> kKnown{{
    {"fashion-mnist",
     read_idx_folder,
     {"fashion-mnist"},
     "/usr/share/datasets/fashion-mnist",
     "apt install dataset-fashion-mnist, or write fashion-mnist:PATH"},
    {"mnist", read_idx_folder, {"mnist"}, "", "set DIFFMEM_DATA to the folder that holds it, or write mnist:PATH"},
    {"cifar10",
     read_cifar10_as,
     {"cifar10", "cifar-10-batches-bin", "cifar-10-binary.tar.gz"},
     "",
     "set DIFFMEM_DATA to the folder that holds it, or write cifar10:PATH (docs/data.md)"},
}};

fs::path find(const Known& known) {
  std::vector<fs::path> places;
  if (const char* root = std::getenv("DIFFMEM_DATA"); root && *root)
    for (const auto inside : known.inside)
      if (!inside.empty()) places.push_back(fs::path(root) / inside);
  if (!known.installed.empty()) places.emplace_back(known.installed);
  std::string searched;
  for (const auto& place : places) {
    if (fs::exists(place)) return place;
    searched += (searched.empty() ? "it at " : " or ") + place.string();
  }
  throw Error(kWho, fmt::format("{}, which is not on this machine", known.word),
              searched.empty() ? "DIFFMEM_DATA to be set" : searched, known.remedy);
}

ImageSet read_image_folder(const fs::path& path, Split split, const FolderOptions& options) {
  if (split == Split::test)
    throw Error(kWho, fmt::format("the test split of folder:{}", path.string()), "the images themselves",
                "name the folder of the test images");
  return read_folder(path, options).set;
}

/// Reads `path` by what lies there.
ImageSet recognise(const fs::path& path, Split split, const FolderOptions& options) {
  if (!fs::is_directory(path)) return read_cifar10(path, split);
  std::string name = fs::canonical(path).filename().string();
  for (const auto* file :
       {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"})
    if (fs::exists(path / file)) return read_idx_folder(path, std::move(name), split);
  for (const auto* file : {"data_batch_1.bin", "test_batch.bin", "cifar-10-batches-bin"})
    if (fs::exists(path / file)) return read_cifar10(path, split);
  if (!image_files(path).empty()) return read_image_folder(path, split, options);
  throw Error(kWho, fmt::format("folder {}, whose format is not known", path.string()),
              "train-images-idx3-ubyte[.gz], data_batch_1.bin or PNG and JPEG files in it",
              "check the path (docs/data.md)");
}

}  // namespace

ImageSet open_images(std::string_view what, Split split, const FolderOptions& folder) try {
  const auto colon = what.find(':');
  for (const auto& known : kKnown) {
    if (what == known.word) return known.read(find(known), std::string(known.word), split);
    if (colon != what.npos && what.substr(0, colon) == known.word)
      return known.read(fs::path(what.substr(colon + 1)), std::string(known.word), split);
  }
  constexpr std::string_view kFolder = "folder:";
  if (what.starts_with(kFolder)) return read_image_folder(fs::path(what.substr(kFolder.size())), split, folder);
  if (fs::exists(fs::path(what))) return recognise(fs::path(what), split, folder);
  throw Error(kWho, fmt::format("\"{}\", which is neither a known word nor an existing path", what),
              "fashion-mnist, mnist, cifar10, one of these with :PATH, folder:PATH, or a PATH", "check the spelling");
} catch (const fs::filesystem_error& e) {
  throw Error(kWho, fmt::format("{}: {}", e.path1().string(), e.code().message()), "a path that can be read",
              "check its permissions");
}

std::string data_help() {
  return "images to use: fashion-mnist, mnist or cifar10 (in $DIFFMEM_DATA, or where Debian installs them);\n"
         "fashion-mnist:PATH, mnist:PATH (folder with IDX files, plain or .gz);\n"
         "cifar10:PATH (folder with data_batch_*.bin, or cifar-10-binary.tar.gz);\n"
         "folder:PATH (PNG and JPEG files, a class a subfolder); or a bare PATH to one of these";
}

}  // namespace diffmem
