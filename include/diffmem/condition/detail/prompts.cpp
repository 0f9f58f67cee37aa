// SPDX-License-Identifier: MIT
#include <diffmem/condition/prompts.hpp>
#include <diffmem/core/error.hpp>

#include <algorithm>
#include <map>

namespace diffmem {
namespace {

/// Each distinct caption's place.
struct Captions {
  std::vector<std::string> distinct;
  std::vector<std::int64_t> of_image;
};

Captions captions_of(const ImageSet& images) {
  if (images.captions.empty())
    throw Error("condition caption", images.name + " without captions",
                "a folder with metadata.jsonl, or a text file beside each image",
                "choose another data set, or condition plain or class");
  Captions found;
  std::map<std::string_view, std::int64_t> places;
  for (const std::string& caption : images.captions) {
    const auto [place, is_new] = places.emplace(caption, static_cast<std::int64_t>(found.distinct.size()));
    if (is_new) found.distinct.push_back(caption);
    found.of_image.push_back(place->second);
  }
  return found;
}

}  // namespace

std::string with_article(std::string_view words) {
  const bool vowel = !words.empty() && std::string_view("aeiouAEIOU").find(words.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(words);
}

std::vector<std::int64_t> ClassPrompt::training_labels(const ImageSet& images, std::uint64_t) const {
  if (images.labels.empty())
    throw Error("condition class", images.name + " without labels", "a data set whose images lie in a folder a class",
                "choose another data set, or condition plain or caption");
  return images.labels;
}

std::vector<std::string> ClassPrompt::prompts(const ImageSet& images) const {
  if (images.class_names.empty())
    throw Error("condition class", images.name + " without names of its classes",
                "a data set whose images lie in a folder a class",
                "choose another data set, or condition plain or caption");
  std::vector<std::string> prompts;
  for (std::string name : images.class_names) {
    std::ranges::replace(name, '_', ' ');
    prompts.push_back(with_article(name + " " + noun));
  }
  return prompts;
}

std::vector<std::int64_t> CaptionPrompt::training_labels(const ImageSet& images, std::uint64_t) const {
  return captions_of(images).of_image;
}

std::vector<std::string> CaptionPrompt::prompts(const ImageSet& images) const { return captions_of(images).distinct; }

}  // namespace diffmem
