// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/cifar.hpp>
#include <diffmem/data/detail/cache.hpp>
#include <diffmem/data/detail/gather.hpp>
#include <diffmem/data/idx.hpp>
#include <diffmem/data/imagenet_dogs.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/data/openclipart.hpp>
#include <diffmem/data/tuxpaint_stamps.hpp>
#include <diffmem/data/zip.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "--data";
constexpr std::uintmax_t kWorthKeeping = std::uintmax_t{1} << 24;  // bytes of files, at which decoding takes its time

/// A data set with a name of its own.
struct Known {
  std::string_view word;
  ImageSet (*read)(const fs::path&, Split, const FolderOptions&);
  std::array<std::string_view, 3> inside;  ///< where it may lie below $DIFFMEM_DATA
  std::string_view installed;              ///< where Debian puts it
  std::string_view remedy;
};

void expect_training(std::string_view what, Split split) {
  if (split == Split::test)
    throw Error(kWho, fmt::format("the test split of {}", what), "the images themselves",
                "name the folder of the test images");
}

/// With a line on stderr every five seconds, unless the caller shows progress.
FolderOptions with_progress(std::string what, FolderOptions options) {
  if (!options.progress)
    options.progress = [what = std::move(what), last = std::chrono::steady_clock::now()](std::int64_t done,
                                                                                         std::int64_t files) mutable {
      if (std::chrono::steady_clock::now() - last < std::chrono::seconds(5)) return;
      last = std::chrono::steady_clock::now();
      fmt::print(stderr, "{}: {} of {} files read; this is done once and kept\n", what, done, files);
    };
  return options;
}

constexpr std::string_view kDrawings = "/usr/share/openclipart/png";
constexpr std::string_view kDrawingsRemedy =
    "apt install openclipart-png, or tools/fetch_data openclipart, or write openclipart:PATH (its folder png)";

/// What `read` makes of `path`, that is `files` in `folder`; kept by their state.  Not kept are images of their own
/// size, which may be more than a cache folder should hold, and few bytes, which are soon read again.
ImageSet kept(FolderImages (*read)(const fs::path&, const FolderOptions&), const fs::path& path, const fs::path& folder,
              const std::vector<std::string>& files, const FolderOptions& options) {
  std::uintmax_t bytes = 0;
  for (const std::string& file : files) {
    std::error_code gone;  // the reader complains
    if (const auto size = fs::file_size(folder / file, gone); !gone) bytes += size;
    if (bytes >= kWorthKeeping) break;
  }
  if (options.side == 0 || bytes < kWorthKeeping) return read(path, options).set;
  const std::string how = how_read(options);
  const auto broken = words_of(options.broken)[static_cast<std::size_t>(options.broken)];
  return kept_images(fmt::format("images-{}-{}", digest(fs::canonical(path).string()), how),
                     fmt::format("{} {} {} {}", kDecodingRule, how, broken, state_of(folder, files)),
                     [&] { return read(path, with_progress(path.string(), options)).set; });
}

ImageSet read_folder_as_it_is(const fs::path& path, const FolderOptions& options) {
  std::vector<std::string> files = image_files(path);
  const std::vector<std::string> texts = text_files(path, files);
  files.insert(files.end(), texts.begin(), texts.end());
  files.insert(files.end(), kLists.begin(), kLists.end());
  ImageSet set = kept(read_folder, path, path, files, options);
  set.name = resized_name(fs::canonical(path).filename().string(), options);  // any bytes, which the kept one cannot be
  return set;
}

ImageSet read_images_in_folder(const fs::path& path, Split split, const FolderOptions& options) {
  expect_training(path.string(), split);
  return read_folder_as_it_is(path, options);
}

ImageSet read_images_in_zip(const fs::path& path, Split split, const FolderOptions& options) {
  expect_training(path.string(), split);
  if (!fs::is_regular_file(path)) return read_zip(path, options).set;  // its complaint
  ImageSet set = kept(read_zip, path, fs::absolute(path).parent_path(), {path.filename().string()}, options);
  set.name = resized_name(path.stem().string(), options);
  return set;
}

ImageSet read_images(const fs::path& path, Split split, const FolderOptions& options) {
  return fs::is_directory(path) ? read_images_in_folder(path, split, options)
                                : read_images_in_zip(path, split, options);
}

ImageSet read_artbench(const fs::path& path, Split split, const FolderOptions& options) {
  ImageSet set = read_folder_as_it_is(path / (split == Split::train ? "train" : "test"), options);
  set.name = resized_name("artbench", options);
  return set;
}

constexpr std::array<Known, 9> kKnown{{
    {"fashion-mnist",
     [](const fs::path& path, Split split, const FolderOptions&) {
       ImageSet set = read_idx_folder(path, "fashion-mnist", split);
       if (set.classes == 10)  // as its authors call them
         set.class_names = {"t-shirt", "trouser", "pullover", "dress", "coat",
                            "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};
       return set;
     },
     {"fashion-mnist"},
     "/usr/share/datasets/fashion-mnist",
     "apt install dataset-fashion-mnist, or tools/fetch_data fashion-mnist, or write fashion-mnist:PATH"},
    {"mnist",
     [](const fs::path& path, Split split, const FolderOptions&) { return read_idx_folder(path, "mnist", split); },
     {"mnist"},
     "",
     "tools/fetch_data mnist, set DIFFMEM_DATA to the folder that holds it, or write mnist:PATH"},
    {"cifar10",
     [](const fs::path& path, Split split, const FolderOptions&) { return read_cifar10(path, split); },
     {"cifar10", "cifar-10-batches-bin", "cifar-10-binary.tar.gz"},
     "",
     "tools/fetch_data cifar10, set DIFFMEM_DATA to the folder that holds it, or write cifar10:PATH (docs/data.md)"},
    {"openclipart",
     [](const fs::path& path, Split split, const FolderOptions& options) {
       expect_training("openclipart", split);
       return read_openclipart(path, with_progress("openclipart", options));
     },
     {"openclipart"},
     kDrawings,
     kDrawingsRemedy},
    {"openclipart-crops",
     [](const fs::path& path, Split split, const FolderOptions& options) {
       return read_openclipart_crops(path, split, with_progress("openclipart-crops", options));
     },
     {"openclipart"},
     kDrawings,
     kDrawingsRemedy},
    {"tuxpaint-stamps",
     [](const fs::path& path, Split split, const FolderOptions& options) {
       expect_training("tuxpaint-stamps", split);
       return read_tuxpaint_stamps(path, with_progress("tuxpaint-stamps", options));
     },
     {"tuxpaint-stamps"},
     "/usr/share/tuxpaint/stamps",
     "apt install tuxpaint-stamps-default, or tools/fetch_data tuxpaint-stamps, or write tuxpaint-stamps:PATH (its "
     "folder stamps)"},
    {"artbench",
     read_artbench,
     {"artbench", "artbench-10-imagefolder-split"},
     "",
     "tools/fetch_data artbench, set DIFFMEM_DATA to the folder that holds it, or write artbench:PATH (a folder with "
     "train/<style>/*.jpg)"},
    {"imagenet-dogs",
     [](const fs::path& path, Split split, const FolderOptions& options) {
       expect_training("imagenet-dogs", split);
       return read_imagenet_dogs(path, with_progress("imagenet-dogs", options));
     },
     {"imagenet-dogs"},
     "",
     "tools/fetch_data imagenet says how to get it; then write imagenet-dogs:PATH (a folder of class folders)"},
    {"ffhq",
     [](const fs::path& path, Split split, const FolderOptions& options) {
       ImageSet faces = read_images(path, split, options);
       // Its subfolders hold a thousand files each, no class.
       faces.labels.clear(), faces.classes = 0, faces.class_names.clear();
       return faces;
     },
     {"ffhq", "ffhq.zip"},
     "",
     "tools/fetch_data ffhq says how to get it; then write ffhq:PATH (a folder or zip of PNG or JPEG files)"},
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

/// Reads `path` by what lies there.
ImageSet recognise(const fs::path& path, Split split, const FolderOptions& options) {
  if (!fs::is_directory(path)) return is_zip(path) ? read_images(path, split, options) : read_cifar10(path, split);
  std::string name = fs::canonical(path).filename().string();
  for (const auto* file :
       {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"})
    if (fs::exists(path / file)) return read_idx_folder(path, std::move(name), split);
  for (const auto* file : {"data_batch_1.bin", "test_batch.bin", "cifar-10-batches-bin"})
    if (fs::exists(path / file)) return read_cifar10(path, split);
  if (!image_files(path).empty()) return read_images(path, split, options);
  throw Error(kWho, fmt::format("folder {}, whose format is not known", path.string()),
              "train-images-idx3-ubyte[.gz], data_batch_1.bin or PNG and JPEG files in it",
              "check the path (docs/data.md)");
}

}  // namespace

ImageSet open_images(std::string_view what, Split split, const FolderOptions& folder) try {
  const std::string_view word = what.substr(0, what.find(':'));
  const fs::path path = word.size() < what.size() ? what.substr(word.size() + 1) : "";
  for (const auto& known : kKnown)
    if (word == known.word) return known.read(word == what ? find(known) : path, split, folder);
  if (word == "folder" && word != what) return read_images_in_folder(path, split, folder);
  if (word == "zip" && word != what) return read_images_in_zip(path, split, folder);
  if (fs::exists(fs::path(what))) return recognise(fs::path(what), split, folder);
  throw Error(
      kWho, fmt::format("\"{}\", which is neither a known word nor an existing path", what),
      "fashion-mnist, mnist, cifar10, openclipart, openclipart-crops, tuxpaint-stamps, artbench, imagenet-dogs, "
      "ffhq, one of these with :PATH, folder:PATH, zip:PATH, or a PATH",
      "check the spelling");
} catch (const fs::filesystem_error& e) {
  throw Error(kWho, fmt::format("{}: {}", e.path1().string(), e.code().message()), "a path that can be read",
              "check its permissions");
}

std::string data_help() {
  return "images to use: fashion-mnist, mnist, cifar10, openclipart (32x32 in colour unless data.resolution says\n"
         "otherwise), openclipart-crops (50,000 of 32x32), tuxpaint-stamps (32x32 in colour unless ..., with\n"
         "captions), artbench (ten styles of painting), imagenet-dogs or ffhq, in $DIFFMEM_DATA or where Debian\n"
         "installs them (tools/fetch_data gets them, or says how);\n"
         "fashion-mnist:PATH, mnist:PATH (folder with IDX files, plain or .gz);\n"
         "cifar10:PATH (folder with data_batch_*.bin, or cifar-10-binary.tar.gz);\n"
         "openclipart:PATH, openclipart-crops:PATH (the package's folder png);\n"
         "tuxpaint-stamps:PATH (the package's folder stamps);\n"
         "artbench:PATH (folder with train/ and test/, a folder a style in each);\n"
         "imagenet-dogs:PATH (folder with a folder a breed);\n"
         "ffhq:PATH (folder or zip of faces; without labels);\n"
         "folder:PATH, zip:PATH (PNG and JPEG files, a class a subfolder; dataset.json, metadata.jsonl\n"
         "and a text file beside every image are heeded); or a bare PATH to one of these";
}

}  // namespace diffmem
