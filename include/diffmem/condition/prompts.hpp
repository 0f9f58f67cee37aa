// SPDX-License-Identifier: MIT
// Conditioning on texts: labels that stand for prompts.
#pragma once
#include <diffmem/condition/concept.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

template <class C>
concept HasPrompts = requires(const C c, const ImageSet& images) {
  { c.prompts(images) } -> std::same_as<std::vector<std::string>>;
};
/// A conditioning whose label i stands for prompts(images)[i]; generated images get their prompts by label, too.
template <class C>
concept Prompting = Conditioning<C> && HasPrompts<C>;

/// `words` after "an" where they begin with a vowel's letter, else after "a": "an art nouveau painting".
std::string with_article(std::string_view words);

/// One prompt for all images: "a painting" (paper, App. F).
struct PlainPrompt {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "plain";

  std::string noun = "painting";

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("noun", p.noun);
  }
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t) const {
    return std::vector<std::int64_t>(static_cast<std::size_t>(images.count), 0);
  }
  std::vector<std::string> prompts(const ImageSet&) const { return {with_article(noun)}; }
};
static_assert(Prompting<PlainPrompt>);

/// A prompt for each class: "a realism painting" (paper, App. F).
struct ClassPrompt {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "class";

  std::string noun = "painting";

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("noun", p.noun);
  }
  /// Error if the images have no labels.
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t) const;
  /// Error if the classes have no names.
  std::vector<std::string> prompts(const ImageSet& images) const;
};
static_assert(Prompting<ClassPrompt>);

/// Each image's own caption; equal captions are one prompt.
struct CaptionPrompt {
  static constexpr Role role = Role::condition;
  static constexpr std::string_view name = "caption";

  template <class Self, class Visit> static void each(Self&, Visit&&) {}
  /// Error if the images have no captions.
  std::vector<std::int64_t> training_labels(const ImageSet& images, std::uint64_t) const;
  /// In the order in which the images have them first.
  std::vector<std::string> prompts(const ImageSet& images) const;
};
static_assert(Prompting<CaptionPrompt>);

}  // namespace diffmem
