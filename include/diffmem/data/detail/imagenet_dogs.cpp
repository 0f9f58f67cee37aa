// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/detail/cache.hpp>
#include <diffmem/data/detail/gather.hpp>
#include <diffmem/data/imagenet_dogs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace diffmem {
namespace {

constexpr std::string_view kWho = "imagenet-dogs reader";
constexpr std::size_t kImages = 2000;

}  // namespace

ImageSet read_imagenet_dogs(const std::filesystem::path& folder, FolderOptions options) {
  if (options.side == 0) options.side = 32;
  std::map<std::string, std::vector<std::string>> breeds;
  for (const std::string& file : image_files(folder))
    if (const std::size_t slash = file.find('/'); slash != std::string::npos)
      breeds[file.substr(0, slash)].push_back(file);
  if (breeds.empty())
    throw Error(kWho, fmt::format("no folder with images in {}", folder.string()), "a folder a breed (n02085620, ...)",
                "name the folder that holds them");
  std::map<std::string, std::size_t> rank;  // of each file that is taken
  std::size_t place = 0;
  for (const auto& [breed, files] : breeds) {
    const std::size_t quota = kImages / breeds.size() + (place++ < kImages % breeds.size());
    for (std::size_t i = 0; i < std::min(quota, files.size()); ++i) rank[files[i]] = i;
  }
  std::vector<std::string> chosen;
  for (const auto& [file, of_file] : rank) chosen.push_back(file);
  const std::string how = how_read(options);
  ImageSet set =
      kept_images("imagenet-dogs-" + how, fmt::format("{} {} {}", kDecodingRule, how, state_of(folder, chosen)), [&] {
        const FolderImages found = read_folder(folder, chosen, options);
        std::vector<std::int64_t> order(found.files.size());
        std::iota(order.begin(), order.end(), 0);
        const auto rank_of = [&](std::int64_t i) { return rank.at(found.files[static_cast<std::size_t>(i)]); };
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rank_of(a) < rank_of(b); });
        ImageSet dogs = select(found.set, order);
        dogs.labels.clear(), dogs.classes = 0, dogs.class_names.clear();
        return dogs;
      });
  set.name = resized_name("imagenet-dogs", options);
  return set;
}

}  // namespace diffmem
