// SPDX-License-Identifier: MIT
// Setup: every number of a run that is not a policy's own.
#pragma once
#include <diffmem/data/image_set.hpp>
#include <diffmem/data/resize.hpp>
#include <diffmem/data/subset.hpp>
#include <diffmem/net/unet.hpp>
#include <diffmem/train/params.hpp>

#include <cstdint>
#include <string>

namespace diffmem {

/// Which images a run trains on.
struct DataParams {
  std::string source = "fashion-mnist";      ///< as after --data
  int resolution = 0;                        ///< shrink to this side   [pixels]; 0: as it is
  Shrink shrink = Shrink::area;              ///< by this filter; the paper's is lanczos
  std::int64_t size = 0;                     ///< |D|, a subset; 0: all of it
  SubsetRule subset = SubsetRule::balanced;  ///< balanced, first (in the file) or random: which images it takes
  std::uint64_t seed = 0;                    ///< of the balanced and random subsets
  std::int64_t classes = 0;                  ///< only the first classes by label; 0: all
  double blend = 0;                          ///< fraction of `size` from blend_source, by blend()        [0, 1]
  std::string blend_source = {};             ///< as after --data; empty: no blend
  std::int64_t blend_class = 5;              ///< the class of `source` that is blended (CIFAR-10: dog)

  template <class Self, class Visit>
  static void each(Self& p, Visit&& visit) {
    visit("source", p.source), visit("resolution", p.resolution), visit("shrink", p.shrink), visit("size", p.size);
    visit("subset", p.subset), visit("seed", p.seed), visit("classes", p.classes), visit("blend", p.blend);
    visit("blend_source", p.blend_source), visit("blend_class", p.blend_class);
  }
  /// Error naming the field that is out of range.
  void validate() const;
};

struct Setup {
  DataParams data = {};
  UNetConfig net = {};
  TrainParams train = {};
  SampleParams sample = {};

  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("data", s.data), visit("net", s.net), visit("train", s.train), visit("sample", s.sample);
  }
  /// Error naming the field that is out of range; the network's are looked at when the images are known.
  void validate() const;
};

/// The training images of `p` out of the opened data set `all`: cut to size by its rule, and shrunk.  If it names a
/// blend_source, they are that blend (the first of each set, whatever `subset` says); it is opened here, its images
/// shrunk to the side of `all` as `shrink` says.
ImageSet training_images(const ImageSet& all, const DataParams& p);

}  // namespace diffmem
