// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/texts.hpp>
#include <diffmem/data/detail/decode.hpp>
#include <diffmem/data/detail/gather.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

namespace diffmem {
namespace {

constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 36;  // bytes that are kept of all images

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

/// One image as it is kept.  decode::Broken if it cannot be used.
ImageSet made_ready(std::string_view bytes, const FolderOptions& options) {
  ImageSet image = decode::image(bytes);
  if (options.padded) {
    const std::int64_t side = std::max(image.height, image.width);
    decode::expect_size(static_cast<std::uint64_t>(side), static_cast<std::uint64_t>(side));
    image = pad(image, static_cast<int>(side), 255);
  }
  if (options.side == 0) return grey_if_it_can(std::move(image));
  if (std::min(image.height, image.width) < options.side) throw TooSmall(image, options.side);
  return grey_if_it_can(options.shrink == Shrink::area ? shrink_middle(image, options.side)
                                                       : shrink(crop_square(image), options.side, options.shrink));
}

/// The first folder of each path as its class, among those of `all` files; no labels if one of these has none.
void label_by_folder(ImageSet& set, const std::vector<std::string>& files, const std::vector<std::string>& all) {
  std::map<std::string_view, std::int64_t> classes;
  for (const std::string& file : all) {
    const std::size_t slash = file.find('/');
    if (slash == std::string::npos) return;
    classes.emplace(std::string_view(file).substr(0, slash), 0);
  }
  for (auto& [name, place] : classes) place = set.classes++, set.class_names.emplace_back(name);
  for (const std::string& file : files)
    set.labels.push_back(classes.at(std::string_view(file).substr(0, file.find('/'))));
}

/// As many classes as the largest label in the whole list asks for, so that a file left out changes none.
void label_by_list(ImageSet& set, const std::vector<std::string>& files,
                   const std::unordered_map<std::string, std::int64_t>& labels) {
  for (const auto& [file, label] : labels) set.classes = std::max(set.classes, label + 1);
  if (set.classes > 0)
    for (const std::string& file : files) set.labels.push_back(labels.at(file));
}

void sort_by_name(FolderImages& found) {
  if (std::is_sorted(found.files.begin(), found.files.end())) return;
  std::vector<std::int64_t> order(found.files.size());
  std::iota(order.begin(), order.end(), 0);
  const auto file = [&](std::int64_t i) -> std::string& { return found.files[static_cast<std::size_t>(i)]; };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return file(a) < file(b); });
  found.set = select(found.set, order);
  std::vector<std::string> sorted;
  for (const std::int64_t i : order) sorted.push_back(std::move(file(i)));
  found.files = std::move(sorted);
  std::sort(found.skipped.begin(), found.skipped.end(), [](auto& a, auto& b) { return a.file < b.file; });
}

}  // namespace

bool has_image_name(const std::filesystem::path& name) {
  std::string end = name.extension().string();
  for (char& c : end)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

bool is_hidden(const std::filesystem::path& path) {
  return std::any_of(path.begin(), path.end(), [](const auto& part) { return part.native().starts_with('.'); });
}

std::string resized_name(std::string name, const FolderOptions& options) {
  if (options.padded) name += " padded";
  if (options.side > 0) name += fmt::format(" {0}x{0}", options.side);
  if (options.side > 0 && options.shrink != Shrink::area)
    name += fmt::format(" {}", words_of(options.shrink)[static_cast<std::size_t>(options.shrink)]);
  return name;
}

std::string how_read(const FolderOptions& options) {
  const auto by = words_of(options.shrink)[static_cast<std::size_t>(options.shrink)];
  return fmt::format("{}-{}{}", options.side, by, options.padded ? "-padded" : "");
}

Gathering::Gathering(std::string_view who, std::filesystem::path from, std::int64_t files, const FolderOptions& options)
    : who_(who), from_(std::move(from)), files_(files), options_(options) {
  if (options.side < 0)
    throw Error(who, fmt::format("side {}", options.side), "0 (as the images are) or more", "correct the side");
}

void Gathering::add(const std::string& file, const std::function<std::string()>& read) {
  try {
    keep(file, made_ready(read(), options_));
  } catch (const decode::Broken& e) {
    const auto* small = dynamic_cast<const TooSmall*>(&e);
    if (options_.broken == Broken::stop)
      throw Error(who_, fmt::format("{} ({})", (from_ / file).string(), e.what()), "a sound PNG or JPEG image",
                  fmt::format("{}, or leave such files out (of examples/measure: --broken skip)",
                              small ? "choose a smaller side" : "repair or remove it"));
    found_.skipped.push_back({file, e.what()});
    if (small) fits_ = std::max(fits_, small->fits);
  }
  if (options_.progress) options_.progress(++done_, files_);
}

void Gathering::keep(const std::string& file, ImageSet image) {
  ImageSet& set = found_.set;
  if (set.count == 0) set.channels = image.channels, set.height = image.height, set.width = image.width;
  if (image.height != set.height || image.width != set.width)
    throw Error(who_,
                fmt::format("{}x{} pixels in {} and {}x{} in {}, both in {}", set.width, set.height,
                            found_.files.front(), image.width, image.height, file, from_.string()),
                "images of one size", "set a side to bring them to (of a study: --set data.resolution=32)");
  if (image.channels > set.channels) set = in_colour(std::move(set));
  if (image.channels < set.channels) image = in_colour(std::move(image));
  if (set.pixels.size() + image.pixels.size() > kMostPixels)
    throw Error(who_, fmt::format("more than {} bytes of pixels in {}", kMostPixels, from_.string()), "fewer",
                "set a smaller side (of a study: --set data.resolution=32)");
  set.pixels.insert(set.pixels.end(), image.pixels.begin(), image.pixels.end());
  ++set.count;
  found_.files.push_back(file);
}

/// Learns from the other readers what shape all images have; the files that all kept.
std::vector<std::string> Gathering::agree() {
  if (!options_.reader.gather) return found_.files;
  ImageSet& set = found_.set;
  struct Facts {
    std::int64_t count, channels, height, width, fits, files;
  };
  const Facts mine{set.count, set.channels, set.height, set.width, fits_, files_};
  Facts all{};
  for (const std::string& bytes : options_.reader.gather({reinterpret_cast<const char*>(&mine), sizeof mine})) {
    Facts other{};
    std::memcpy(&other, bytes.data(), sizeof other);
    all.fits = std::max(all.fits, other.fits), all.files += other.files;
    if (other.count == 0) continue;
    if (all.count > 0 && (other.height != all.height || other.width != all.width))
      throw Error(who_,
                  fmt::format("{}x{} pixels and {}x{}, both in {}", all.width, all.height, other.width, other.height,
                              from_.string()),
                  "images of one size", "set a side to bring them to");
    all.count += other.count, all.channels = std::max(all.channels, other.channels);
    all.height = other.height, all.width = other.width;
  }
  fits_ = all.fits, files_ = all.files;
  if (all.channels > set.channels && set.count > 0) set = in_colour(std::move(set));
  set.channels = all.channels, set.height = all.height, set.width = all.width;
  std::string files;
  for (const std::string& some : options_.reader.gather(joined_texts(found_.files))) files += some;
  return split_texts(files);
}

FolderImages Gathering::finish(const std::string& name, const ImageList& listed) {
  ImageSet& set = found_.set;
  const std::vector<std::string> kept = agree();
  if (kept.empty())
    throw Error(
        who_,
        found_.skipped.empty()
            ? fmt::format("no .png, .jpg or .jpeg file in {}", from_.string())
            : fmt::format("none of {} files in {} that can be used; the first, {}: {}", files_, from_.string(),
                          found_.skipped.front().file, found_.skipped.front().reason),
        "at least one image",
        fits_ > 0 ? fmt::format("choose a smaller side (of examples/measure: --side {})", fits_) : "check the path");
  sort_by_name(found_);
  set.name = resized_name(name, options_);
  if (listed.labels)
    label_by_list(set, found_.files, *listed.labels);
  else
    label_by_folder(set, found_.files, kept);
  if (!listed.captions.empty())
    for (const std::string& file : found_.files) set.captions.push_back(listed.captions.at(file));
  return std::move(found_);
}

}  // namespace diffmem
