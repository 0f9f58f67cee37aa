// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/detail/decode.hpp>
#include <diffmem/data/folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "folder reader";
constexpr std::uint64_t kLargest = std::uint64_t{1} << 28;  // bytes of one file

bool has_image_name(const fs::path& path) {
  std::string end = path.extension().string();
  for (char& c : end)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

/// Three equal channels brought back to one.
ImageSet grey_if_it_can(ImageSet image) {
  const auto area = static_cast<std::ptrdiff_t>(image.height * image.width);
  const auto begin = image.pixels.begin();
  if (image.channels == 3 && std::equal(begin, begin + 2 * area, begin + area)) {
    image.channels = 1;
    image.pixels.resize(static_cast<std::size_t>(area));
  }
  return image;
}

/// Sound, but smaller than the side.
struct TooSmall : decode::Broken {
  TooSmall(const ImageSet& image, int side)
      : Broken(fmt::format("{}x{} pixels, fewer than the side {}, and images are never enlarged", image.width,
                           image.height, side)),
        fits(std::min(image.height, image.width)) {}
  std::int64_t fits;  // the largest side it has
};

/// One file as it is kept.  decode::Broken if it cannot be used.
ImageSet read_image(const fs::path& path, const FolderOptions& options) {
  std::string bytes;
  try {
    if (!fs::is_regular_file(path)) throw decode::Broken("not a regular file");
    bytes = read_file(path, kLargest);
  } catch (const Error& e) {
    throw decode::Broken(e.what());
  } catch (const fs::filesystem_error& e) {
    throw decode::Broken(e.code().message());
  }
  ImageSet image = decode::image(bytes);
  if (options.side == 0) return grey_if_it_can(std::move(image));
  if (std::min(image.height, image.width) < options.side) throw TooSmall(image, options.side);
  return grey_if_it_can(options.shrink == Shrink::area ? shrink_middle(image, options.side)
                                                       : shrink(crop_square(image), options.side, options.shrink));
}

/// The first folder of each path as its class; no labels if a path has none.
void label(ImageSet& set, const std::vector<std::string>& files) {
  std::map<std::string_view, std::int64_t> classes;
  for (const std::string& file : files) {
    const std::size_t slash = file.find('/');
    if (slash == std::string::npos) return;
    classes.emplace(std::string_view(file).substr(0, slash), 0);
  }
  for (auto& [name, place] : classes) place = set.classes++;
  for (const std::string& file : files)
    set.labels.push_back(classes.at(std::string_view(file).substr(0, file.find('/'))));
}

}  // namespace

std::vector<std::string> image_files(const fs::path& folder) try {
  if (!fs::is_directory(folder))
    throw Error(kWho, fmt::format("no folder {}", folder.string()), "a folder of PNG or JPEG files", "check the path");
  std::vector<std::string> files;
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
    const fs::path& path = at->path();
    if (path.filename().native().starts_with('.')) {
      at.disable_recursion_pending();
    } else if (has_image_name(path) && !at->is_directory()) {
      files.push_back(path.lexically_relative(folder).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
} catch (const fs::filesystem_error& e) {
  throw Error(kWho, fmt::format("\"{}\" in {}", e.code().message(), folder.string()), "a folder that can be read",
              "check the permissions of it and its subfolders");
}

FolderImages read_folder(const fs::path& folder, const FolderOptions& options) {
  if (options.side < 0)
    throw Error(kWho, fmt::format("side {}", options.side), "0 (as the images are) or more", "correct the side");
  const std::vector<std::string> files = image_files(folder);
  FolderImages found;
  ImageSet& set = found.set;
  std::int64_t fits = 0;  // the largest side of those that are too small
  for (std::size_t i = 0; i < files.size(); ++i) {
    try {
      ImageSet image = read_image(folder / files[i], options);
      if (set.count == 0) set.channels = image.channels, set.height = image.height, set.width = image.width;
      if (image.height != set.height || image.width != set.width)
        throw Error(kWho,
                    fmt::format("{}x{} pixels in {} and {}x{} in {}, both in {}", set.width, set.height,
                                found.files.front(), image.width, image.height, files[i], folder.string()),
                    "images of one size", "set a side to bring them to (of a study: --set data.resolution=32)");
      if (image.channels > set.channels) set = in_colour(std::move(set));
      if (image.channels < set.channels) image = in_colour(std::move(image));
      set.pixels.insert(set.pixels.end(), image.pixels.begin(), image.pixels.end());
      ++set.count;
      found.files.push_back(files[i]);
    } catch (const decode::Broken& e) {
      if (options.broken == Broken::stop)
        throw Error(kWho, fmt::format("{} ({})", (folder / files[i]).string(), e.what()), "a sound PNG or JPEG image",
                    dynamic_cast<const TooSmall*>(&e)
                        ? "choose a smaller side, or leave such files out (of examples/measure: --broken skip)"
                        : "repair or remove it, or leave such files out (of examples/measure: --broken skip)");
      found.skipped.push_back({files[i], e.what()});
      if (const auto* small = dynamic_cast<const TooSmall*>(&e)) fits = std::max(fits, small->fits);
    }
    if (options.progress) options.progress(static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(files.size()));
  }
  if (set.count == 0)
    throw Error(
        kWho,
        files.empty() ? fmt::format("no .png, .jpg or .jpeg file in {}", folder.string())
                      : fmt::format("none of {} files in {} that can be used; the first, {}: {}", files.size(),
                                    folder.string(), found.skipped.front().file, found.skipped.front().reason),
        "at least one image",
        fits > 0 ? fmt::format("choose a smaller side (of examples/measure: --side {})", fits) : "check the path");
  set.name = fs::canonical(folder).filename().string();
  if (options.side > 0) set.name += fmt::format(" {0}x{0}", options.side);
  if (options.side > 0 && options.shrink != Shrink::area)
    set.name += fmt::format(" {}", words_of(options.shrink)[static_cast<std::size_t>(options.shrink)]);
  label(set, found.files);
  return found;
}

}  // namespace diffmem
