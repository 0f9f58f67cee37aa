// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/study/run_folder.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffmem {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Text as the JSON value it looks like: 1e-3 is a number, vp a string.
Json value_of(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_number() || parsed.is_boolean() ? parsed : Json(text);
}

Json to_json(const Listing& listing) {
  Json object = Json::object();
  for (const auto& [name, text] : listing) object[name] = value_of(text);
  return object;
}

Json to_json(const LossPoint& p) { return {{"step", p.step}, {"epoch", p.epoch}, {"loss", p.loss}}; }
Json to_json(const Evaluation& e) {
  return {{"step", e.step},
          {"epoch", e.epoch},
          {"images", e.images},
          {"memorized", e.memorized},
          {"zero_second", e.zero_second},
          {"ratio", e.ratio},
          {"low", e.low},
          {"high", e.high},
          {"knn_distance", e.knn_distance},
          {"seconds", e.seconds}};
}

/// The lines of a JSONL file; a last line that a crash cut short is left out.
std::vector<Json> read_lines(const fs::path& path) {
  std::vector<Json> lines;
  if (!fs::exists(path)) return lines;
  const std::string text = read_file(path);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    Json line = Json::parse(text.substr(begin, end - begin), nullptr, false);
    if (!line.is_object())
      throw Error("run folder", "a damaged line in " + path.string(), "JSON lines",
                  "remove that line, or the folder to start anew");
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

void write_lines(const fs::path& path, const std::vector<Json>& lines) {
  std::string text;
  for (const Json& line : lines) text += line.dump() + "\n";
  write_file_atomically(path, text);
}

fs::path samples_file(const fs::path& run, std::int64_t step) {
  return run / "samples" / fmt::format("step-{:010}.safetensors", step);
}

/// The images of the evaluation at `step`, uint8 [images,C,H,W].
Tensor read_samples(const fs::path& run, std::int64_t step) {
  return read_safetensors(samples_file(run, step)).at("images");
}

}  // namespace

std::string run_name(const std::string& slug, const Listing& parameters) {
  return fmt::format("{}-{}", slug, digest(to_json(parameters).dump()).substr(0, 12));
}

RunFolder::RunFolder(fs::path path, const Listing& parameters) : path_(std::move(path)) {
  make_folder(path_ / "samples");
  lock_ = ::open((path_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(lock_);
    throw Error("run folder " + path_.string(), "a folder that another process works in", "one process a run",
                "wait for the other process, or stop it and run the same command again");
  }
  try {
    const fs::path record = path_ / "run.json";
    const Json mine = to_json(parameters);
    if (!fs::exists(record)) {
      Json facts = Json::object();
      for (const auto& [name, text] : build_facts()) facts[name] = text;
      write_file_atomically(record, Json{{"parameters", mine}, {"made_with", facts}}.dump(2) + "\n");
      return;
    }
    const Json saved = Json::parse(read_file(record), nullptr, false);
    if (!saved.is_object() || !saved.contains("parameters"))
      throw Error("run folder", "a damaged " + record.string(), "the record of a run",
                  "move the folder away to start this run anew");
    if (saved["parameters"] == mine) return;
    std::string differences;
    for (const auto& [name, value] : mine.items())
      if (const Json& theirs = saved["parameters"].value(name, Json()); theirs != value)
        differences +=
            fmt::format("{}{} = {} (now {})", differences.empty() ? "" : ", ", name, theirs.dump(), value.dump());
    throw Error("run folder " + path_.string(), "a run of another configuration: " + differences, "the same parameters",
                "choose another folder, or the old settings");
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

RunFolder::~RunFolder() { ::close(lock_); }

bool RunFolder::finished() const { return fs::exists(path_ / "finished.json"); }

void RunFolder::rewind_to(const TrainProgress& progress) {
  std::vector<Json> losses, measures;
  for (const LossPoint& p : progress.losses) losses.push_back(to_json(p));
  for (const Evaluation& e : progress.evaluations) measures.push_back(to_json(e));
  write_lines(path_ / "progress.jsonl", losses);
  write_lines(path_ / "measures.jsonl", measures);
}

void RunFolder::add(const LossPoint& point) { append_line(path_ / "progress.jsonl", to_json(point).dump()); }

void RunFolder::add(const Evaluation& evaluation, const std::vector<std::uint8_t>& generated,
                    const ImageSet& training) {
  SafeTensors file;
  file.tensors["images"] = tensor_of(std::span<const std::uint8_t>(generated),
                                     {evaluation.images, training.channels, training.height, training.width});
  write_file_atomically(samples_file(path_, evaluation.step), to_safetensors(file));
  append_line(path_ / "measures.jsonl", to_json(evaluation).dump());
}

std::vector<std::uint8_t> RunFolder::samples(std::int64_t step) const {
  return values_of<std::uint8_t>(read_samples(path_, step));
}

void RunFolder::finish(const TrainProgress& progress, const SafeTensors& weights) {
  const std::string bytes = to_safetensors(weights);
  write_file_atomically(path_ / "weights.safetensors", bytes);
  write_file_atomically(
      path_ / "finished.json",
      Json{{"steps", progress.step}, {"train_seconds", progress.train_seconds}, {"weights", digest(bytes)}}.dump() +
          "\n");
}

RunRecord read_run(const fs::path& path, const ImageSet& training, int pictures) {
  RunRecord record;
  record.folder = path.string();
  record.size = training.count;
  const Json run = Json::parse(read_file(path / "run.json"));
  for (const auto& [name, value] : run.at("parameters").items())
    record.settings.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  for (const Json& line : read_lines(path / "progress.jsonl"))
    record.losses.push_back({line.at("step"), line.at("epoch"), line.at("loss")});
  for (const Json& line : read_lines(path / "measures.jsonl")) {
    record.evaluations.push_back({.step = line.at("step"),
                                  .epoch = line.at("epoch"),
                                  .images = line.at("images"),
                                  .memorized = line.at("memorized"),
                                  .zero_second = line.at("zero_second"),
                                  .ratio = line.at("ratio"),
                                  .low = line.at("low"),
                                  .high = line.at("high"),
                                  .knn_distance = line.at("knn_distance"),
                                  .seconds = line.at("seconds")});
    record.sample_seconds += record.evaluations.back().seconds;
  }
  if (fs::exists(path / "finished.json")) {
    const Json done = Json::parse(read_file(path / "finished.json"));
    record.steps = done.at("steps");
    record.train_seconds = done.at("train_seconds");
  }
  const Evaluation* best = best_evaluation(record);
  if (!best) return record;

  // Shown: the first images of the best evaluation, chosen by index alone, so that nobody picked them.
  const Tensor images = read_samples(path, best->step);
  const std::int64_t n = std::min<std::int64_t>(pictures, images.size(0));
  PictureStrip& strip = record.pictures;
  strip.channels = static_cast<int>(training.channels), strip.height = static_cast<int>(training.height),
  strip.width = static_cast<int>(training.width);
  strip.generated = values_of<std::uint8_t>(images.narrow(0, 0, n));
  const Memorization m = memorization(strip.generated, training.pixels, training.image_size());
  strip.flags = m.flags;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const auto nearest = training.image(m.neighbours.index[2 * i]);
    strip.nearest.insert(strip.nearest.end(), nearest.begin(), nearest.end());
    const auto first = static_cast<double>(m.neighbours.squared[2 * i]),
               second = static_cast<double>(m.neighbours.squared[2 * i + 1]);
    strip.ratio.push_back(second > 0 ? std::sqrt(first / second) : std::numeric_limits<double>::quiet_NaN());
  }
  return record;
}

}  // namespace diffmem
