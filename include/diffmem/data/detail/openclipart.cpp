// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/detail/cache.hpp>
#include <diffmem/data/detail/decode.hpp>
#include <diffmem/data/detail/gather.hpp>
#include <diffmem/data/openclipart.hpp>
#include <diffmem/data/subset.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "openclipart reader";

constexpr std::int64_t kSide = 32, kMostPixels = std::int64_t{1} << 24;
constexpr std::int64_t kTraining = 50'000, kTest = 10'000;

/// Calls use(piece) with each [3,32,32] of a drawing [1,3,H,W] that is not of one colour.
template <class Use>
void for_each_piece(const ImageSet& drawing, Use&& use) {
  std::string piece(static_cast<std::size_t>(3 * kSide * kSide), '\0');
  for (std::int64_t top = 0; top + kSide <= drawing.height; top += kSide)
    for (std::int64_t left = 0; left + kSide <= drawing.width; left += kSide) {
      auto to = piece.begin();
      for (std::int64_t line = 0; line < 3 * kSide; ++line) {
        const std::int64_t row = line / kSide * drawing.height + top + line % kSide;
        to = std::copy_n(drawing.pixels.begin() + row * drawing.width + left, kSide, to);
      }
      const auto flat = [&](std::int64_t c) {
        const auto plane = piece.begin() + c * kSide * kSide;
        return std::all_of(plane, plane + kSide * kSide, [&](char value) { return value == *plane; });
      };
      if (!(flat(0) && flat(1) && flat(2))) use(piece);
    }
}

/// The drawing in a file as colour; nothing in it if it cannot be used.
ImageSet drawing_in(const fs::path& path) try {
  ImageSet drawing = in_colour(decode::image(read_file(path, kLargestImageFile)));
  return drawing.height * drawing.width > kMostPixels ? ImageSet{} : drawing;
} catch (const decode::Broken&) {
  return {};
}

}  // namespace

ImageSet read_openclipart(const fs::path& folder, FolderOptions options) {
  if (options.side == 0) options.side = kSide;
  options.broken = Broken::skip;
  const auto files = image_files(folder);
  const std::string how = how_read(options);
  ImageSet set = kept_images("openclipart-" + how,
                             fmt::format("{} openclipart {} {}", kDecodingRule, how, state_of(folder, files)), [&] {
                               const ImageSet all = read_folder(folder, files, options).set;
                               return select(all, distinct_images(all));
                             });
  set.name = resized_name("openclipart distinct", options);
  return set;
}

ImageSet cut_crops(const fs::path& folder, std::int64_t count, const FolderOptions& options) {
  const auto files = image_files(folder);
  std::map<std::string, std::string> first;  // by hash
  std::int64_t done = 0;
  for (const std::string& file : files) {
    const ImageSet drawing = drawing_in(folder / file);
    if (drawing.count > 0)
      for_each_piece(drawing, [&](const std::string& piece) {
        std::string hash = digest(piece);
        if (static_cast<std::int64_t>(first.size()) == count && hash > std::prev(first.end())->first) return;
        first.emplace(std::move(hash), piece);
        if (static_cast<std::int64_t>(first.size()) > count) first.erase(std::prev(first.end()));
      });
    if (options.progress) options.progress(++done, static_cast<std::int64_t>(files.size()));
  }
  if (static_cast<std::int64_t>(first.size()) < count)
    throw Error(kWho, fmt::format("{} distinct pieces in {}", first.size(), folder.string()),
                fmt::format("{} of {}x{} pixels", count, kSide, kSide), "check that the whole package is there");
  ImageSet set{.name = "openclipart crops",
               .count = count,
               .channels = 3,
               .height = kSide,
               .width = kSide,
               .pixels = {},
               .labels = {}};
  for (const auto& [hash, piece] : first) set.pixels.insert(set.pixels.end(), piece.begin(), piece.end());
  return set;
}

ImageSet read_openclipart_crops(const fs::path& folder, Split split, const FolderOptions& options) {
  const ImageSet all =
      kept_images("openclipart-crops", fmt::format("{} crops {}", kDecodingRule, state_of(folder, image_files(folder))),
                  [&] { return cut_crops(folder, kTraining + kTest, options); });
  std::vector<std::int64_t> chosen(static_cast<std::size_t>(split == Split::train ? kTraining : kTest));
  std::iota(chosen.begin(), chosen.end(), split == Split::train ? 0 : kTraining);
  return select(all, chosen);
}

}  // namespace diffmem
