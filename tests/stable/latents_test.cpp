// SPDX-License-Identifier: MIT
// Latents and embeddings on disk: made once, checked, made again if damaged.
#include "check.hpp"
#include "complaint.hpp"
#include "stable/tuning.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/data/pixels.hpp>
#include <diffmem/stable/latents.hpp>

using namespace diffmem;
namespace fs = std::filesystem;

namespace {

stable::Autoencoder autoencoder(double scale = 0.5) {
  stable::AutoencoderConfig small;
  small.block_out_channels = {4, 8};
  small.down_block_types.resize(2), small.up_block_types.resize(2);
  small.norm_num_groups = 2, small.layers_per_block = 1;
  small.scaling_factor = scale;
  stable::Autoencoder net(small);
  net.initialise(4);
  return net;
}

/// Images enough for two files.
ImageSet many() {
  ImageSet set = tuning::images();
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < 70; ++i) places.push_back(i % tuning::kImages);
  return select(set, places);
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("latents are the autoencoder's, scaled, and made once", "[stable][latents]") {
  const TestFolder scratch;
  const stable::Autoencoder net = autoencoder();
  const ImageSet images = many();
  std::int64_t made = 0;
  const stable::Cache cache{.folder = scratch.path / "latents", .progress = [&](std::int64_t done, std::int64_t of) {
                              made = done;
                              REQUIRE(of == 70);
                            }};
  const stable::Latents latents = cached_latents(images, net, "weights", cache);
  REQUIRE(made == 70);
  REQUIRE(latents.mean.sizes() == at::IntArrayRef{70, 4, 8, 8});
  std::vector<float> values;
  for (const std::uint8_t level : images.image(3)) values.push_back(dequantise(level));
  const auto moments = net.encode(tensor_of(std::span<const float>(values), {1, 3, 16, 16}));
  REQUIRE((latents.mean.narrow(0, 3, 1) - moments.mean * 0.5).abs().max().item().toDouble() < 1e-6);
  REQUIRE((latents.std.narrow(0, 3, 1) - moments.std * 0.5).abs().max().item().toDouble() < 1e-6);

  const auto files = files_in(cache.folder);
  REQUIRE(files.size() == 2);
  const auto written = fs::last_write_time(files[0]);
  // Others by the same weights are found, even by a network that says something else.
  REQUIRE(cached_latents(images, autoencoder(7), "weights", cache).mean.equal(latents.mean));
  REQUIRE(fs::last_write_time(files[0]) == written);
  REQUIRE_FALSE(cached_latents(images, autoencoder(7), "others", cache).mean.equal(latents.mean));
  REQUIRE(files_in(cache.folder).size() == 4);
}

TEST_CASE("a damaged or missing file is made again, the others stay", "[stable][latents]") {
  const TestFolder scratch;
  const stable::Autoencoder net = autoencoder();
  const ImageSet images = many();
  const stable::Cache cache{.folder = scratch.path / "latents"};
  const stable::Latents latents = cached_latents(images, net, "w", cache);
  const auto files = files_in(cache.folder);
  std::string bytes = read_file(files[0]);
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);  // the header still holds
  write_file_atomically(files[0], bytes);
  fs::remove(files[1]);
  const stable::Latents again = cached_latents(images, net, "w", cache);
  REQUIRE(again.mean.equal(latents.mean));
  REQUIRE(again.std.equal(latents.std));
  REQUIRE(read_file(files[0]) != bytes);
  write_file_atomically(files[0], bytes.substr(0, 40));
  REQUIRE(cached_latents(images, net, "w", cache).mean.equal(latents.mean));
}

TEST_CASE("making latents stops after a file, and goes on there", "[stable][latents]") {
  const TestFolder scratch;
  const stable::Autoencoder net = autoencoder();
  const stable::Cache stopping{.folder = scratch.path / "latents", .stops = [] { return true; }};
  REQUIRE_THROWS_AS(cached_latents(many(), net, "w", stopping), Interrupted);
  REQUIRE(files_in(stopping.folder).size() == 1);
  const stable::Cache cache{.folder = scratch.path / "latents"};
  cached_latents(many(), net, "w", cache);
  REQUIRE(files_in(cache.folder).size() == 2);
}

TEST_CASE("draws of latents depend on seed, step and place alone", "[stable][latents]") {
  const stable::Latents latents = tuning::latents();
  const Examples examples = latents.examples(5);
  std::vector<float> a(256), b(256), c(256);
  examples.fill(2, 7, 3, a), examples.fill(2, 7, 3, b), examples.fill(2, 8, 3, c);
  REQUIRE(a == b);
  REQUIRE(a != c);
  // (a - mean) / std is standard normal.
  const Tensor z = (tensor_of(a) - latents.mean.select(0, 2).flatten()) / latents.std.select(0, 2).flatten();
  REQUIRE(std::abs(z.mean().item().toDouble()) < 4.0 / 16);
  REQUIRE(std::abs(z.square().mean().item().toDouble() - 1) < 6.0 / 16);
}

TEST_CASE("grey images for a colour autoencoder are refused", "[stable][latents]") {
  const TestFolder scratch;
  ImageSet grey = tuning::images();
  grey.channels = 1, grey.height = 48;
  REQUIRE(says(complaint([&] { cached_latents(grey, autoencoder(), "w", {.folder = scratch.path / "l"}); }), "latents",
               {"of 1 channels", "images of 3"}));
}

TEST_CASE("embeddings are made once for each list of prompts", "[stable][latents]") {
  const TestFolder scratch;
  const stable::Cache cache{.folder = scratch.path / "latents"};
  int asked = 0;
  const auto embed = [&](const std::vector<std::string>& prompts) {
    ++asked;
    return full({static_cast<std::int64_t>(prompts.size()), 2, 3}, 7);
  };
  REQUIRE(cached_embeddings({"a", ""}, embed, "w", cache).sizes() == at::IntArrayRef{2, 2, 3});
  cached_embeddings({"a", ""}, embed, "w", cache);
  REQUIRE(asked == 1);
  cached_embeddings({"a"}, embed, "w", cache), cached_embeddings({"a", ""}, embed, "v", cache);
  REQUIRE(asked == 3);
}
