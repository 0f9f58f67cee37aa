// SPDX-License-Identifier: MIT
// Profiles: the scales at which a study runs.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace diffmem {

/// The scale of a study's runs.
enum class Profile {
  paper,    ///< the paper's grid and training
  gpu,      ///< one GPU, hours
  desktop,  ///< two to eight CPU cores, minutes to an hour
  smoke,    ///< seconds: does all of it work?
};
inline constexpr std::array<std::string_view, 4> kProfileWords{"paper", "gpu", "desktop", "smoke"};
constexpr const auto& words_of(Profile) { return kProfileWords; }

/// A list of values for each profile; where one has none, those of the profile above it hold.
///
///     Values<int>{.paper = {128, 192, 256, 320}, .desktop = {8, 16, 24}}     // gpu as paper, smoke as desktop
template <class T>
struct Values {
  std::vector<T> paper = {}, gpu = {}, desktop = {}, smoke = {};

  const std::vector<T>& of(Profile profile) const {
    const std::array lists{&paper, &gpu, &desktop, &smoke};
    auto at = static_cast<std::size_t>(profile);
    while (at > 0 && lists[at]->empty()) --at;
    return *lists[at];
  }
};

}  // namespace diffmem
