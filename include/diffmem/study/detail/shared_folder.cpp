// SPDX-License-Identifier: MIT
#include <diffmem/study/detail/shared_folder.hpp>

#include <fmt/format.h>

#include <exception>
#include <string>

namespace diffmem {

SharedFolder::SharedFolder(const RunContext& context, const RunPlan& plan, Listing facts)
    : world_(*context.world), path_(context.runs / plan.name) {
  if (!world_.is_alone()) facts.emplace_back("processes", std::to_string(world_.size()));
  const std::string theirs = world_.from_lead(plan.name);
  if (world_.any(theirs != plan.name))
    throw Error(plan.cell,
                theirs == plan.name ? "another run in another process" : fmt::format("{} in this process", plan.name),
                fmt::format("{} in all", theirs), "give all the same command, program and images");
  std::exception_ptr held;
  std::string holder;
  world_.lead([&] {
    try {
      folder_.emplace(*context.worker, path_, identity_of(plan.settings), facts);
      finished_ = folder_->finished();
    } catch (const HeldByAnother& e) {
      held = std::current_exception();
      holder = e.holder();
    }
  });
  holder = world_.from_lead(holder);
  if (held) std::rethrow_exception(held);
  if (!holder.empty()) throw HeldByAnother(path_, holder);
  finished_ = world_.any(finished_);
}

bool SharedFolder::resume(AnyTrainer& trainer) {
  bool resumed = false;
  world_.lead([&] {
    if (const auto saved = read_newest_checkpoint(folder_->checkpoints())) trainer.restore(*saved), resumed = true;
  });
  trainer.join(world_);
  return world_.any(resumed);
}

void SharedFolder::save(const AnyTrainer& trainer) {
  if (folder_) folder_->save(trainer.checkpoint());
}

void SharedFolder::rewind_to(const TrainProgress& progress) {
  if (folder_) folder_->rewind_to(progress);
}

void SharedFolder::add(const LossPoint& point) {
  if (folder_) folder_->add(point);
}

void SharedFolder::add(const Evaluation& evaluation, const std::vector<std::uint8_t>& generated,
                       const ImageSet& training) {
  if (folder_) folder_->add(evaluation, generated, training);
}

std::vector<std::uint8_t> SharedFolder::part(std::int64_t step) const {
  std::string bytes;
  world_.lead([&] {
    const auto kept = folder_->part(step);
    bytes.assign(kept.begin(), kept.end());
  });
  bytes = world_.from_lead(bytes);
  return {bytes.begin(), bytes.end()};
}

void SharedFolder::keep_part(std::int64_t step, const std::vector<std::uint8_t>& generated, const ImageSet& training) {
  if (folder_) folder_->keep_part(step, generated, training);
}

void SharedFolder::finish(const TrainProgress& progress, const SafeTensors& weights) {
  if (folder_) folder_->finish(progress, weights);
}

RunRecord SharedFolder::record(const ImageSet& training, int pictures) const {
  if (folder_) return read_run(path_, training, pictures);
  RunRecord record;
  record.folder = path_.string();
  return record;
}

}  // namespace diffmem
