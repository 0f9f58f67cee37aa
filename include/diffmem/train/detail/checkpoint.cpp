// SPDX-License-Identifier: MIT
#include <diffmem/core/detail/descriptor.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/train/checkpoint.hpp>

#include <fmt/format.h>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/vector.hpp>
#include <boost/serialization/version.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace boost::serialization {

template <class Archive>
void serialize(Archive& a, diffmem::Evaluation& e, unsigned) {
  a & e.step & e.epoch & e.images & e.asked & e.memorized & e.zero_second & e.twins & e.ratio & e.low & e.high;
  a & e.knn_distance & e.seconds;
}
template <class Archive>
void serialize(Archive& a, diffmem::LossPoint& p, unsigned) {
  a & p.step & p.epoch & p.loss;
}
template <class Archive>
void serialize(Archive& a, diffmem::TrainProgress& p, unsigned version) {
  a & p.step & p.loss_sum & p.loss_count & p.losses & p.evaluations & p.train_seconds;
  if (version > 0) a & p.loss_scale & p.scaled_steps;
}

}  // namespace boost::serialization
BOOST_CLASS_VERSION(diffmem::TrainProgress, 1)

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "state.boost";
constexpr const char* kTensors = "tensors.safetensors";
constexpr const char* kManifest = "manifest.json";

/// The whole checkpoints in `folder`, oldest first.  A name ends in its step, padded so that names sort as numbers.
std::vector<fs::path> checkpoints(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.is_directory() && entry.path().filename().string().starts_with("step-") &&
        entry.path().extension().empty())
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// Removes a folder so that a crash in between leaves nothing that looks like a checkpoint.
void discard(const fs::path& folder) {
  std::error_code ignored;
  const fs::path aside = fs::path(folder) += ".partial";
  fs::rename(folder, aside, ignored);
  fs::remove_all(aside, ignored);
}

Checkpoint read_checkpoint(const fs::path& folder) {
  const auto broken = [&](const fs::path& file, std::string_view got, std::string_view want) {
    std::vector<fs::path> all = checkpoints(folder.parent_path());
    std::erase(all, folder);
    throw Error("checkpoint " + file.string(), got, want,
                all.empty()
                    ? fmt::format("remove {} to start this run anew", folder.string())
                    : fmt::format("remove {} to go on from {}", folder.string(), all.back().filename().string()));
  };
  if (!fs::exists(folder / kManifest)) broken(folder / kManifest, "no manifest", "a whole checkpoint");
  const auto manifest = parse_json(read_file(folder / kManifest));
  std::array<std::string, 2> bytes;
  for (const auto& [file, into] : {std::pair{kState, &bytes[0]}, std::pair{kTensors, &bytes[1]}}) {
    if (!manifest.is_object() || !manifest.contains(file) || !manifest[file].is_string())
      broken(folder / kManifest, "a damaged manifest", "a checksum for every file");
    if (!fs::exists(folder / file)) broken(folder / file, "no such file", "a whole checkpoint");
    *into = read_file(folder / file);
    const std::string have = digest(*into);
    if (have != manifest[file].get<std::string>())
      broken(folder / file, fmt::format("{} bytes with checksum {}", into->size(), have),
             fmt::format("checksum {}", manifest[file].get<std::string>()));
  }
  Checkpoint checkpoint;
  try {
    checkpoint.progress = progress_of(bytes[0]);
  } catch (const Error& e) {
    broken(folder / kState, e.what(), "an archive of this version of diffmem");
  }
  checkpoint.tensors = parse_safetensors(bytes[1], "safetensors " + (folder / kTensors).string());
  return checkpoint;
}

}  // namespace

std::string to_bytes(const TrainProgress& progress) {
  std::ostringstream stream;
  {
    boost::archive::binary_oarchive archive(stream);
    archive << progress;
  }
  return stream.str();
}

TrainProgress progress_of(const std::string& bytes) try {
  std::istringstream stream(bytes);
  boost::archive::binary_iarchive archive(stream);
  TrainProgress progress;
  archive >> progress;
  return progress;
} catch (const boost::archive::archive_exception& e) {
  throw Error("training progress", e.what(), "an archive of this version of diffmem", "use one version of diffmem");
}

fs::path newest_checkpoint(const fs::path& folder) {
  const auto all = checkpoints(folder);
  return all.empty() ? fs::path() : all.back();
}

void write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint, int keep) {
  make_folder(folder);
  // A step may be saved twice (after an evaluation that was made again): the first one stays until the second is whole.
  fs::path target = folder / fmt::format("step-{:010}", checkpoint.progress.step);
  for (int again = 1; fs::exists(target); ++again)
    target = folder / fmt::format("step-{:010}-{:04}", checkpoint.progress.step, again);
  const fs::path beside = fs::path(target) += ".partial";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))  // what a crash or a full disk left half-written
    if (entry.path().extension() == ".partial") fs::remove_all(entry.path(), ignored);
  make_folder(beside);
  try {
    const std::string state = to_bytes(checkpoint.progress), tensors = to_safetensors(checkpoint.tensors);
    write_file_atomically(beside / kState, state);
    write_file_atomically(beside / kTensors, tensors);
    write_file_atomically(beside / kManifest,
                          nlohmann::json{{kState, digest(state)}, {kTensors, digest(tensors)}}.dump() + "\n");
  } catch (...) {
    fs::remove_all(beside, ignored);
    throw;
  }
  if (::rename(beside.c_str(), target.c_str()) != 0) detail::complain(target, "renaming a folder to", 0);
  sync_folder(folder);
  read_checkpoint(target);
  auto all = checkpoints(folder);
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < all.size(); ++i) discard(all[i]);
}

std::optional<Checkpoint> read_newest_checkpoint(const fs::path& folder) {
  const fs::path newest = newest_checkpoint(folder);
  return newest.empty() ? std::nullopt : std::optional(read_checkpoint(newest));
}

}  // namespace diffmem
