// SPDX-License-Identifier: MIT
// Axes: what a study can vary besides its policies, and what each value means for a run.
#pragma once
#include <diffmem/core/params.hpp>
#include <diffmem/study/setup.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// One value of an axis.
struct AxisPoint {
  std::string label;  ///< as curves and claims name it: "128"; no spaces
  Listing sets;       ///< the settings that it implies: net.base = 128
};

/// What a number of type T is varied under the name `name`: a factor that needs several settings to change together, such
/// as a batch size with its learning rate, is still one.
template <class T>
struct Axis {
  std::string_view name;   ///< one word, as claims and figures say it: "width"
  std::string_view title;  ///< as under a figure: "base channels"
  Listing (*sets)(const Setup& basic, const T& value);

  AxisPoint point(const Setup& basic, const T& value) const { return {fmt::format("{}", value), sets(basic, value)}; }
};

/// The axes of the paper.
namespace axis {

/// Channels of the finest level (Fig. 3a).
inline constexpr Axis<int> width{"width", "base channels", [](const Setup&, const int& channels) -> Listing {
                                   return {{"net.base", to_text(channels)}};
                                 }};
/// Residual blocks per resolution (Fig. 3b).
inline constexpr Axis<int> blocks{"blocks", "residual blocks per resolution",
                                  [](const Setup&, const int& n) -> Listing { return {{"net.blocks", to_text(n)}}; }};
/// Side of the images; attention moves in proportion, so that it stays at its level of the network, and weights stay
/// too (Fig. 2a).  The side that the setup's attention is for: data.resolution, or net.resolution where that is 0.
inline constexpr Axis<int> resolution{
    "resolution", "side of the images, pixels", [](const Setup& basic, const int& side) -> Listing {
      Listing sets{{"data.resolution", to_text(side)}};
      const int held = basic.data.resolution > 0 ? basic.data.resolution : basic.net.resolution;
      std::vector<int> attention = basic.net.attention;
      for (int& at : attention) at = at * side / held;
      if (!attention.empty()) sets.emplace_back("net.attention", to_text(attention));
      return sets;
    }};
/// Images per step, with the learning rate in proportion (Table 1).
inline constexpr Axis<int> batch{"batch", "batch size", [](const Setup& basic, const int& b) -> Listing {
                                   return {{"train.batch", to_text(b)},
                                           {"train.lr", to_text(basic.train.lr * b / basic.train.batch)}};
                                 }};
/// Adam's learning rate alone.
inline constexpr Axis<double> learning_rate{
    "lr", "learning rate", [](const Setup&, const double& rate) -> Listing { return {{"train.lr", to_text(rate)}}; }};
/// L2 in Adam (Table 2).
inline constexpr Axis<double> weight_decay{"decay", "weight decay", [](const Setup&, const double& d) -> Listing {
                                             return {{"train.weight_decay", to_text(d)}};
                                           }};
/// EMA rate at the end of the ramp that serves every rate (Table 2).
inline constexpr Axis<double> ema{"ema", "EMA rate", [](const Setup&, const double& rate) -> Listing {
                                    return {{"train.ema", to_text(rate)}, {"train.ema_rule", "sweep"}};
                                  }};
/// Classes of random labels (Fig. 5b).
inline constexpr Axis<int> classes{"classes", "classes of random labels", [](const Setup&, const int& c) -> Listing {
                                     return {{"condition.classes", to_text(c)}};
                                   }};
/// Where the training images come from; a --data of the command line takes the place of all values.
inline constexpr Axis<std::string> source{
    "data", "training images",
    [](const Setup&, const std::string& source) -> Listing { return {{"data.source", source}}; }};
/// Classes of the training images, the first ones by label (Fig. 2b).
inline constexpr Axis<int> data_classes{
    "data-classes", "classes of the training images",
    [](const Setup&, const int& c) -> Listing { return {{"data.classes", to_text(c)}}; }};
/// Share of the images that come from the blended data set (Fig. 2c).
inline constexpr Axis<double> blend{
    "blend", "share of the images from the more diverse set",
    [](const Setup&, const double& share) -> Listing { return {{"data.blend", to_text(share)}}; }};
/// How long to train (Fig. 1c).
inline constexpr Axis<double> length{
    "length", "length of training, epochs or steps",
    [](const Setup&, const double& e) -> Listing { return {{"train.length", to_text(e)}}; }};

}  // namespace axis
}  // namespace diffmem
