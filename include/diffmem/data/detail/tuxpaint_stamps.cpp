// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/detail/cache.hpp>
#include <diffmem/data/detail/gather.hpp>
#include <diffmem/data/subset.hpp>
#include <diffmem/data/tuxpaint_stamps.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem {

ImageSet read_tuxpaint_stamps(const std::filesystem::path& folder, FolderOptions options) {
  if (options.side == 0) options.side = 32;
  options.broken = Broken::skip;
  options.padded = true;  // a thing fills its picture: the middle square of a violin, a rat or a car shows a part of it
  std::vector<std::string> files = image_files(folder);
  std::erase_if(files, [](const std::string& file) {
    const std::string name = std::filesystem::path(file).stem().string();
    return !file.ends_with(".png") || name.ends_with("_mirror") || name.ends_with("_flip");
  });
  // Other packages put stamps without a caption there.
  const auto has_text = [&](const std::string& file) { return std::filesystem::exists(folder / text_beside(file)); };
  if (std::ranges::any_of(files, has_text))
    std::erase_if(files, [&](const std::string& file) { return !has_text(file); });
  std::vector<std::string> all = text_files(folder, files);
  all.insert(all.end(), files.begin(), files.end());
  const std::string how = how_read(options);
  ImageSet set = kept_images("tuxpaint-stamps-" + how,
                             fmt::format("{} tuxpaint-stamps {} {}", kDecodingRule, how, state_of(folder, all)), [&] {
                               const ImageSet stamps = in_colour(read_folder(folder, files, options).set);
                               return select(stamps, distinct_images(stamps));
                             });
  set.name = resized_name("tuxpaint-stamps", options);
  return set;
}

}  // namespace diffmem
