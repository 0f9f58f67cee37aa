// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/study/run_folder.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffmem {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Text as the JSON value it looks like: 1e-3 is a number, vp a string.
Json value_of(const std::string& text) {
  Json parsed = parse_json<Json>(text);
  return parsed.is_number() || parsed.is_boolean() ? parsed : Json(text);
}

Json to_json(const Listing& listing) {
  Json object = Json::object();
  for (const auto& [name, text] : listing) object[name] = value_of(text);
  return object;
}

constexpr const char *kRecord = "run.json", *kFinished = "finished.json", *kLosses = "progress.jsonl",
                     *kMeasures = "measures.jsonl", *kWeights = "weights.safetensors";

Json to_json(const LossPoint& p) { return {{"step", p.step}, {"epoch", p.epoch}, {"loss", p.loss}}; }
Json to_json(const Evaluation& e) {
  Json line = {{"step", e.step},
               {"epoch", e.epoch},
               {"images", e.images},
               {"memorized", e.memorized},
               {"zero_second", e.zero_second},
               {"twins", e.twins},
               {"ratio", e.ratio},
               {"low", e.low},
               {"high", e.high},
               {"knn_distance", e.knn_distance},
               {"seconds", e.seconds}};
  if (e.asked > 0) line["asked"] = e.asked;
  return line;
}

/// The lines of a JSONL file; a last line that a crash cut short is left out.
std::vector<Json> read_lines(const fs::path& path) {
  std::vector<Json> lines;
  if (!fs::exists(path)) return lines;
  const std::string text = read_file(path);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    Json line = parse_json<Json>(text.substr(begin, end - begin));
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

/// The JSON object in `path`.  Error if it is damaged.
Json read_object(const fs::path& path) {
  Json object = parse_json<Json>(read_file(path));
  if (!object.is_object())
    throw Error("run folder", "a damaged " + path.string(), "a JSON object",
                "move the run's folder away to make this run anew");
  return object;
}

/// `object[key]` as a T.  Error naming `path` if it is missing or of another type.
template <class T>
T field(const Json& object, std::string_view key, const fs::path& path) {
  try {
    return object.at(std::string(key)).get<T>();
  } catch (const nlohmann::json::exception&) {
    throw Error("run folder", fmt::format("{} without a proper \"{}\"", path.string(), key), "the record of a run",
                "move the run's folder away to make this run anew");
  }
}

/// Error unless the file still has the checksum that the finished run recorded.
void verify(const fs::path& run, const Json& finished, const std::string& file) {
  const auto sums = field<Json>(finished, "checksums", run / kFinished);
  const std::string want = field<std::string>(sums, file, run / kFinished), have = digest(read_file(run / file));
  if (have != want)
    throw Error("run folder", fmt::format("{} with checksum {}", (run / file).string(), have),
                fmt::format("{}, as when the run was finished", want),
                "move the run's folder away to make this run anew");
}

std::string part_file(std::int64_t step) { return fmt::format("samples/part-{:010}.safetensors", step); }
std::string samples_file(std::int64_t step) { return fmt::format("samples/step-{:010}.safetensors", step); }

/// The images of the evaluation at `step`, uint8 [images,C,H,W].
Tensor read_samples(const fs::path& run, std::int64_t step) {
  return read_safetensors(run / samples_file(step)).at("images");
}

/// Writes run.json, or compares it with what it holds.
void record(const fs::path& run, const Json& parameters, const Json& facts) {
  const fs::path path = run / kRecord;
  const bool finished = fs::exists(run / kFinished);
  const auto write = [&](const Json& made_with) {
    write_file_atomically(path, Json{{"parameters", parameters}, {"made_with", made_with}}.dump(2) + "\n");
  };
  if (!fs::exists(path)) {
    if (finished)
      throw Error("run folder " + run.string(), fmt::format("no {} beside {}", kRecord, kFinished),
                  "the record of a run", "move the folder away to make this run anew");
    return write(Json::array({facts}));
  }
  const Json saved = read_object(path);
  const Json theirs = field<Json>(saved, "parameters", path);
  Json made_with = field<Json>(saved, "made_with", path);
  if (!theirs.is_object() || !made_with.is_array() || made_with.empty())
    throw Error("run folder", "a damaged " + path.string(), "the record of a run",
                "move the run's folder away to make this run anew");
  std::string differences;
  const auto differ = [&](const std::string& name, const std::string& then, const std::string& now) {
    differences += fmt::format("{}{} = {} (now {})", differences.empty() ? "" : ", ", name, then, now);
  };
  for (const auto& [name, value] : parameters.items())
    if (!theirs.contains(name))
      differ(name, "not there", value.dump());
    else if (theirs[name] != value)
      differ(name, theirs[name].dump(), value.dump());
  for (const auto& [name, value] : theirs.items())
    if (!parameters.contains(name)) differ(name, value.dump(), "not there");
  if (!differences.empty())
    throw Error("run folder " + run.string(), "a run of another configuration: " + differences, "the same parameters",
                "choose another folder, or the old settings");
  if (!finished && made_with.back() != facts) {
    made_with.push_back(facts);
    write(made_with);
  }
}

std::vector<Evaluation> read_evaluations(const fs::path& run) {
  std::vector<Evaluation> evaluations;
  for (const Json& line : read_lines(run / kMeasures)) {
    const auto get = [&]<class T>(std::string_view key, T& into) { into = field<T>(line, key, run / kMeasures); };
    Evaluation& e = evaluations.emplace_back();
    get("step", e.step), get("epoch", e.epoch), get("images", e.images), get("memorized", e.memorized);
    get("zero_second", e.zero_second), get("ratio", e.ratio), get("low", e.low), get("high", e.high);
    get("knn_distance", e.knn_distance), get("seconds", e.seconds);
    if (line.contains("twins")) get("twins", e.twins);  // version 0.3's runs do not have it
    if (line.contains("asked")) get("asked", e.asked);  // a sequential evaluation's
  }
  return evaluations;
}

}  // namespace

std::vector<std::uint8_t> best_images(const fs::path& path) {
  const std::vector<Evaluation> evaluations = read_evaluations(path);
  const Evaluation* best = best_of(evaluations);
  if (!best)
    throw Error("run folder", path.string() + " without an evaluation", "a finished run",
                "run the same command again to finish it");
  verify(path, read_object(path / kFinished), samples_file(best->step));
  return values_of<std::uint8_t>(read_samples(path, best->step));
}

std::string run_name(const std::string& slug, Listing parameters) {
  std::ranges::sort(parameters);  // the order in which a program lists them says nothing
  return fmt::format("{}-{}", slug, digest(to_json(parameters).dump()).substr(0, 12));
}

void write_images(const fs::path& path, std::span<const std::uint8_t> images, const Shape& image) {
  const std::int64_t size = image.at(0) * image.at(1) * image.at(2);
  SafeTensors file;
  file.tensors["images"] =
      tensor_of(images, {static_cast<std::int64_t>(images.size()) / size, image[0], image[1], image[2]});
  write_file_atomically(path, to_safetensors(file));
}

RunFolder::RunFolder(Worker& worker, fs::path path, const Listing& parameters, const Listing& facts)
    : path_(std::move(path)) {
  if (!finished()) {
    lease_.emplace(worker, path_);
    make_folder(path_ / "samples");
  }
  record(path_, to_json(parameters), to_json(facts));
}

bool is_finished(const fs::path& path) {
  std::error_code unreadable;  // who opens the run says why
  return fs::exists(path / kFinished, unreadable);
}

void RunFolder::write(const std::function<void()>& act) {
  lease_->check();
  try {
    act();
  } catch (const StorageGone&) {
    lease_->check();
    throw;
  } catch (const std::exception&) {
    // A holder before this one, if it stood still in the middle of a write, goes on with that when it wakes up, and takes
    // a file away that both call by one name.
    lease_->check();
    act();
  }
}

void RunFolder::save(const Checkpoint& checkpoint) {
  write([&] { write_checkpoint(checkpoints(), checkpoint); });
}

void RunFolder::rewind_to(const TrainProgress& progress) {
  std::vector<Json> losses, measures;
  for (const LossPoint& p : progress.losses) losses.push_back(to_json(p));
  for (const Evaluation& e : progress.evaluations) measures.push_back(to_json(e));
  write([&] {
    write_lines(path_ / kLosses, losses);
    write_lines(path_ / kMeasures, measures);
  });
}

std::vector<std::uint8_t> RunFolder::part(std::int64_t step) const {
  const fs::path path = path_ / part_file(step);
  return fs::exists(path) ? values_of<std::uint8_t>(read_safetensors(path).at("images")) : std::vector<std::uint8_t>();
}

void RunFolder::keep_part(std::int64_t step, const std::vector<std::uint8_t>& generated, const ImageSet& training) {
  if (!generated.empty())
    write([&] {
      write_images(path_ / part_file(step), generated, {training.channels, training.height, training.width});
    });
}

void RunFolder::add(const LossPoint& point) {
  lease_->check();
  append_line(path_ / kLosses, to_json(point).dump());
}

void RunFolder::add(const Evaluation& evaluation, const std::vector<std::uint8_t>& generated,
                    const ImageSet& training) {
  write([&] {
    write_images(path_ / samples_file(evaluation.step), generated,
                 {training.channels, training.height, training.width});
  });
  lease_->check();
  append_line(path_ / kMeasures, to_json(evaluation).dump());
  fs::remove(path_ / part_file(evaluation.step));
}

void RunFolder::finish(const TrainProgress& progress, const SafeTensors& weights) {
  write([&] { write_file_atomically(path_ / kWeights, to_safetensors(weights)); });
  std::vector<std::string> files = {kRecord, kLosses, kMeasures, kWeights};
  for (const Evaluation& e : progress.evaluations) files.push_back(samples_file(e.step));
  Json sums = Json::object();
  for (const std::string& file : files) sums[file] = digest(read_file(path_ / file));
  const Json finished{{"steps", progress.step}, {"train_seconds", progress.train_seconds}, {"checksums", sums}};
  write([&] { write_file_atomically(path_ / kFinished, finished.dump(2) + "\n"); });
}

RunRecord read_run(const fs::path& path, const ImageSet& training, int pictures) {
  RunRecord record;
  record.folder = path.string();
  record.size = training.count;
  const bool finished = is_finished(path);
  const Json done = finished ? read_object(path / kFinished) : Json();
  if (finished)
    for (const char* file : {kRecord, kLosses, kMeasures, kWeights}) verify(path, done, file);

  const Json run = read_object(path / kRecord);
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  const Json parameters = field<Json>(run, "parameters", path / kRecord);  // items() needs it to live
  for (const auto& [name, value] : parameters.items()) record.settings.emplace_back(name, text(value));
  const Json made_with = field<Json>(run, "made_with", path / kRecord);
  for (const Json& facts : made_with)  // one entry for each change of machine or program
    for (const auto& [name, value] : facts.items()) {
      const auto same = std::ranges::find(record.made_with, name, &std::pair<std::string, std::string>::first);
      if (same == record.made_with.end())
        record.made_with.emplace_back(name, text(value));
      else if (const std::string now = text(value); same->second != now && !same->second.ends_with(", then " + now))
        same->second += ", then " + now;
    }
  for (const Json& line : read_lines(path / kLosses)) {
    const auto get = [&]<class T>(std::string_view key, T& into) { into = field<T>(line, key, path / kLosses); };
    LossPoint& p = record.losses.emplace_back();
    get("step", p.step), get("epoch", p.epoch), get("loss", p.loss);
  }
  record.evaluations = read_evaluations(path);
  for (const Evaluation& e : record.evaluations) record.sample_seconds += e.seconds;
  if (finished) {
    record.steps = field<std::int64_t>(done, "steps", path / kFinished);
    record.train_seconds = field<double>(done, "train_seconds", path / kFinished);
  }
  const Evaluation* best = best_of(record.evaluations);
  if (!best) return record;
  if (finished) verify(path, done, samples_file(best->step));

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
