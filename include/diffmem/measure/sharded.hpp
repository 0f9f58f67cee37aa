// SPDX-License-Identifier: MIT
// Nearest training images, and what is measured of them, by the processes of a world together: exactly what one process
// finds.  All is to be called by all of them, and `threads` are each process's own.
#pragma once
#include <diffmem/measure/copies.hpp>
#include <diffmem/measure/nearest.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace diffmem {

class World;

/// memorization() where every process of `world` holds both sets: each looks at its part of the images, all get the whole
/// result.
Memorization memorization(std::span<const std::uint8_t> generated, std::span<const std::uint8_t> training,
                          std::int64_t image_size, const World& world, int threads = 1, double threshold = 1.0 / 3,
                          std::span<const std::uint8_t> held_out = {});

/// Images of which each process of a world holds some, so that all of them may be more than one machine has memory for.
/// They are numbered one after the other by rank.
class Shards {
 public:
  /// `here` [any,D] are this process's, D = `image_size`; they and `world` must live as long as this.  Error if D differs
  /// between the processes, or somebody's images are not whole.
  Shards(std::span<const std::uint8_t> here, std::int64_t image_size, const World& world);

  std::int64_t count() const { return first_of_.back(); }  ///< M, of all processes
  std::int64_t first() const;                              ///< index of this process's first image
  std::int64_t image_size() const { return size_; }
  std::span<const std::uint8_t> here() const { return here_; }
  const World& world() const { return *world_; }

  /// The images of these indices, everywhere.  Error if there is no such image.                    -> [indices,D]
  std::vector<std::uint8_t> images(std::span<const std::int64_t> indices) const;
  /// Shows all images to every process, some MB at a time and in order; `first` is the first one's index.
  using See = std::function<void(std::int64_t first, std::span<const std::uint8_t> images)>;
  void show_all(const See& see) const;

 private:
  std::span<const std::uint8_t> here_;
  std::int64_t size_;
  const World* world_;
  std::vector<std::int64_t> first_of_;  // [ranks+1]: index of each rank's first image, and M
};

/// nearest(), nearest_others() and nearest_apart() among sharded images.  Queries (and `like`) are the same everywhere, as
/// is the result.  Error also if queries differ.  nearest_others() shows all images to everyone.
Neighbours nearest(std::span<const std::uint8_t> queries, const Shards& training, std::int64_t k, int threads = 1);
Neighbours nearest_others(const Shards& images, std::int64_t k, int threads = 1);
Neighbours nearest_apart(std::span<const std::uint8_t> queries, const Shards& training,
                         std::span<const std::uint8_t> like, std::int64_t squared_radius, int threads = 1);

/// memorization(), squared_spacing() and copies() with sharded training images.
Memorization memorization(std::span<const std::uint8_t> generated, const Shards& training, int threads = 1,
                          double threshold = 1.0 / 3, std::span<const std::uint8_t> held_out = {});
std::int64_t squared_spacing(const Shards& training, int threads = 1);
Copies copies(std::span<const std::uint8_t> generated, const Shards& training, std::int64_t channels,
              const Replicas& found, std::int64_t spacing, int threads = 1, double threshold = 1.0 / 3);

/// Those of this process's images that equal no earlier one of all, as places in here(), rising.  Only their XXH3-128
/// digests are exchanged.
std::vector<std::int64_t> distinct_images(const Shards& images);

}  // namespace diffmem
