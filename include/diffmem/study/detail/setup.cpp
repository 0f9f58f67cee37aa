// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/study/setup.hpp>

#include <fmt/format.h>

namespace diffmem {
namespace {

/// blend() of one class of `all` with blend_source, which is opened only if something is taken of it.
ImageSet blended(const ImageSet& all, const DataParams& p) {
  if (p.blend_class >= all.classes)
    throw Error("data",
                fmt::format("blend_class = {} of the {} classes of \"{}\"", p.blend_class, all.classes, all.name),
                "a class that is there", "correct the setting");
  std::vector<std::int64_t> members;
  for (std::size_t i = 0; i < all.labels.size(); ++i)
    if (all.labels[i] == p.blend_class) members.push_back(static_cast<std::int64_t>(i));
  ImageSet base = select(all, members);
  base.name += fmt::format(" class {}", p.blend_class);
  ImageSet other;
  other.name = p.blend_source;
  if (blend_share(p.size, p.blend) < p.size)
    other = open_images(p.blend_source, Split::train, {.side = static_cast<int>(all.height), .shrink = p.shrink});
  if (base.channels == 3 && other.channels == 1) other = in_colour(std::move(other));
  return blend(base, other, p.size, p.blend);
}

std::vector<std::int64_t> chosen(const ImageSet& all, const DataParams& p) {
  switch (p.subset) {
    case SubsetRule::first:
      return p.classes > 0 ? first_of_first_classes(all, p.size, p.classes) : first_of_each_class(all, p.size);
    case SubsetRule::random: return random_subset(all, p.size, p.seed);
    case SubsetRule::balanced: break;
  }
  return balanced_subset(all, p.size, p.seed);
}

ImageSet cut(const ImageSet& all, const DataParams& p) { return p.size == 0 ? all : select(all, chosen(all, p)); }

}  // namespace

void DataParams::validate() const {
  if (resolution < 0)
    throw Error("data", fmt::format("resolution = {}", resolution), "0 (as it is) or more", "correct the setting");
  if (size < 0) throw Error("data", fmt::format("size = {}", size), "0 (all of it) or more", "correct the setting");
  if (classes < 0) throw Error("data", fmt::format("classes = {}", classes), "0 (all) or more", "correct the setting");
  need(blend >= 0 && blend <= 1, "data", "blend", blend, "0 to 1");
  if (blend_class < 0)
    throw Error("data", fmt::format("blend_class = {}", blend_class), "0 or more", "correct the setting");
  if (blend > 0 && blend_source.empty())
    throw Error("data", fmt::format("blend = {} and no blend_source", blend), "the data to blend in",
                "set data.blend_source, imagenet-dogs for one");
  if (classes > 0 && !blend_source.empty())
    throw Error("data", fmt::format("classes = {} and a blend_source", classes), "one of them",
                "leave data.classes at 0: a blend has one class");
}

void Setup::validate() const {
  data.validate();
  train.validate();
  sample.validate();
}

ImageSet training_images(const ImageSet& all, const DataParams& p) {
  ImageSet set =
      !p.blend_source.empty() ? blended(all, p) : cut(p.classes > 0 ? first_classes(all, p.classes) : all, p);
  if (p.resolution > 0 && p.resolution != set.height) set = shrink(set, p.resolution, p.shrink);
  return set;
}

}  // namespace diffmem
