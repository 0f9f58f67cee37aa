// SPDX-License-Identifier: MIT
// What is measured on grey levels: nearest neighbours, memorization ratio and KNN distance; and resampled images.
#include "../images.hpp"
#include "parity.hpp"

#include <diffmem/data/pixels.hpp>
#include <diffmem/data/resize.hpp>
#include <diffmem/measure/memorization.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem::parity {
void check_memorization(const Fixture& f, Checks& checks) {
  const Tensor &generated = f.file.at("gen_u8"), &training = f.file.at("train_u8");
  const auto queries = values_of<std::uint8_t>(generated), set = values_of<std::uint8_t>(training);
  const std::int64_t n = generated.size(0), m = training.size(0), size = generated.numel() / n;

  const Neighbours all = nearest(queries, set, size, m);  // every training image, sorted
  const Tensor index = tensor_of(all.index).reshape({n, m}), squared = tensor_of(all.squared).reshape({n, m});
  const std::int64_t k = f.file.at("index").size(1);
  checks.same("index", index.narrow(1, 0, k), f.file.at("index"));
  const Tensor dist = squared.narrow(1, 0, k).to(kFloat64).sqrt(), rms = dist / std::sqrt(static_cast<double>(size));
  checks.close("dist", dist, f.file.at("dist"), 1e-10);
  checks.close("rms", rms, f.file.at("rms"), 1e-10);
  checks.close("knn_mean", rms.mean({0}, false), f.file.at("knn_mean"), 1e-10);
  const auto without_nan = [](const Tensor& t) { return t.nan_to_num(-1); };  // 0/0, in both or in none
  checks.close("ratio", without_nan(dist.select(1, 0) / dist.select(1, 1)), without_nan(f.file.at("ratio")), 1e-10);

  const Memorization third = memorization(queries, set, size), half = memorization(queries, set, size, 1, 0.5);
  checks.same("flag", tensor_of(third.flags), f.file.at("flag"));
  checks.same("flag_half", tensor_of(half.flags), f.file.at("flag_half"));
  checks.close("mem_ratio", full({}, third.ratio, kFloat64), f.file.at("mem_ratio"), 1e-10);
  checks.close("knn_distance", full({}, third.knn_distance, kFloat64), f.file.at("knn_mean").select(0, 0), 1e-10);

  // The reference's own float32, which loses up to 1e-3 of a distance and orders ties in its own way.
  const std::int64_t two = f.file.at("ref_index").size(1);
  checks.close("ref_dist32", rms.narrow(1, 0, two), f.file.at("ref_dist32"), 1e-5);
  const Tensor rank = index.argsort(1, false);  // of each training image
  checks.same("ref_index", squared.gather(1, rank.gather(1, f.file.at("ref_index"))), squared.narrow(1, 0, two));
  checks.same("ref_flag", tensor_of(third.flags), f.file.at("ref_flag"));
  checks.close("ref_mem_ratio", full({}, third.ratio, kFloat64), f.file.at("ref_mem_ratio"), 1e-6);
  checks.close("ref_knn", full({}, third.knn_distance, kFloat64), f.file.at("ref_knn"), 1e-6);

  std::vector<std::uint8_t> levels;
  for (const double x : values_of<double>(f.file.at("quant.in"))) levels.push_back(quantise(x));
  checks.same("quant", tensor_of(levels), f.file.at("quant.out"));
  std::vector<float> inputs;
  for (const std::uint8_t level : values_of<std::uint8_t>(f.file.at("norm.in"))) inputs.push_back(dequantise(level));
  checks.same("norm", tensor_of(inputs), f.file.at("norm.out32"));
}

void check_resize(const Fixture& f, Checks& checks) {
  // <source>.<filter>.<size>; "centercrop_" before the filter: the middle square first.
  for (const auto& [name, want] : f.file.tensors) {
    const auto dot = name.find('.'), last = name.rfind('.');
    if (dot == name.npos) continue;
    std::string filter = name.substr(dot + 1, last - dot - 1);
    ImageSet images = image_set(f.file.at(name.substr(0, dot)), name.substr(0, dot));
    if (filter.starts_with("centercrop_")) images = crop_square(images), filter.erase(0, 11);
    const auto word = std::find(kShrinkWords.begin(), kShrinkWords.end(), filter);
    if (word == kShrinkWords.end()) {
      checks.not_built(name, "filter " + filter);
      continue;
    }
    const ImageSet small =
        shrink(images, std::stoi(name.substr(last + 1)), static_cast<Shrink>(word - kShrinkWords.begin()));
    checks.same(name, tensor_of(small.pixels).reshape(want.sizes()), want);
  }
}

}  // namespace diffmem::parity
