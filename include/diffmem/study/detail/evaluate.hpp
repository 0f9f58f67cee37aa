// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/core/history.hpp>
#include <diffmem/data/image_set.hpp>
#include <diffmem/sampler/generate.hpp>
#include <diffmem/study/detail/shared_folder.hpp>
#include <diffmem/study/run.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace diffmem {

/// Images that were generated as `sample` says, uint8 [images,C,H,W], against the training images, by all processes of
/// `world`; step, epoch and seconds are left to the caller.
Evaluation evaluation_of(std::span<const std::uint8_t> generated, const ImageSet& training, const SampleParams& sample,
                         const World& world, int threads);

/// The images that `options` asks for, or as many of the first as `stop` finds enough, whatever the batch; made by
/// `make` a batch at a time, each process of the context's world a part, those that the run's folder kept of this step's
/// evaluation not again.  They are kept when
/// a checkpoint is due and on Ctrl-C, and then there is no result.  `after_batch` is told how many there are.
std::optional<std::vector<std::uint8_t>> generate_in_parts(
    SharedFolder& folder, std::int64_t step, const ImageSet& training, GenerateOptions options, const StopRule& stop,
    const RunContext& context, const std::function<std::vector<std::uint8_t>(const GenerateOptions&)>& make,
    const std::function<void(std::int64_t done)>& after_batch);

}  // namespace diffmem
