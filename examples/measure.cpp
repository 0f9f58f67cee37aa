// SPDX-License-Identifier: MIT
// Is my model memorizing?  For any two folders of PNG or JPEG images, without training anything:
//
//     build/release/examples/measure --generated samples/ --training images/ --held-out others/
//
// crops and shrinks every image to 32x32, looks for the two training images nearest to each, sees past twins of the
// nearest, and writes out/measure/report.html.  On 5,990 training and 974 "generated" drawings (150 MB of PNG,
// bench/results/measure_openclipart.md), 100 of them planted copies, it takes half a minute of one core, nearly all of
// it decoding, and ends with
//
//     folder         images  skipped  memorized      %   95 % int.  copies      %   95 % int.     KNN
//     generated         974        2        124   12.7   10.8–15.0     344   35.3   32.4–38.4    34.9
//     held-out          874        2         39    4.5     3.3–6.0     244   27.9   25.0–31.0    38.8
//     training        5,921       10
//     69 of the training images equal an earlier one and are left out.
//
//     344 of 974 generated images (35.3 %, ...) are copies of a training image, twins of it set aside.  Of the held-out
//     images, ... 27.9 % (25.0–31.0 %) are so by chance: the model memorizes, 3.2 to 11.6 % of what it generates.  ...
//
// With `tools/launch 2`, torchrun, mpirun or srun before it, each process reads and keeps its part of the training
// images, which may be more than one machine has memory for; the results are the same.
#include <diffmem/core/digest.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/runtime.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/core/texts.hpp>
#include <diffmem/data/digest.hpp>
#include <diffmem/data/folder.hpp>
#include <diffmem/measure/sharded.hpp>
#include <diffmem/report/copies.hpp>
#include <diffmem/study/command_line.hpp>
#include <diffmem/study/progress.hpp>
#include <diffmem/world/told.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

using namespace diffmem;

namespace {

constexpr double kPatience = 1800;  // seconds that a process waits for the others

enum class Duplicates { drop, keep };
constexpr std::array<std::string_view, 2> kDuplicatesWords{"drop", "keep"};
constexpr const auto& words_of(Duplicates) { return kDuplicatesWords; }

struct Options {
  std::string generated, training, held_out, out = "out/measure", threshold_word = "1/3";
  int side = 32, threads = 0;
  bool dry_run = false;
  FolderOptions reading{.broken = Broken::skip};
  Duplicates exact = Duplicates::drop;
  double threshold = 1.0 / 3;
};

/// A number, or p/q.
bool read_fraction(const std::string& text, double& number) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return from_text(text, number);
  int p = 0, q = 0;
  if (!from_text(text.substr(0, slash), p) || !from_text(text.substr(slash + 1), q) || q < 1 || q > 1000) return false;
  number = static_cast<double>(p) / q;
  return true;
}

void check(Options& o) {
  for (const auto& [option, folder] : {std::pair("--generated", &o.generated), std::pair("--training", &o.training)})
    if (folder->empty())
      throw Error(option, "nothing", "a folder of PNG or JPEG images", "name it; --help lists the options");
  if (o.side < 1 || o.side > 4096) throw Error("--side", fmt::format("{}", o.side), "1 to 4096", "correct the value");
  if (o.threads < 0 || o.threads > kMostThreads)
    throw Error("--threads", fmt::format("{}", o.threads), fmt::format("0 (one a core) to {}", kMostThreads),
                "correct the value");
  if (o.threads == 0) o.threads = std::max(1, available_cores() / place_here().local_size);
  if (!read_fraction(o.threshold_word, o.threshold))
    throw Error("--threshold", fmt::format("\"{}\"", o.threshold_word), "a number, or p/q with q from 1 to 1000",
                "correct the value");
  if (!(o.threshold > 0 && o.threshold <= 1))
    throw Error("--threshold", o.threshold_word, "above 0, at most 1", "leave it out: the paper's is 1/3");
  o.reading.side = o.side;
}

std::optional<Options> parse(int argc, char** argv) {
  Options o;
  CommandLine line("measure", "is my model memorizing?");
  line.option("generated", o.generated, "folder of images that the model made");
  line.option("training", o.training, "folder of the images it was trained on");
  line.option("held-out", o.held_out, "folder of images of the same kind that it never saw: what chance gives");
  line.option("side", o.side, "images are cropped to a square and shrunk to this side");
  line.option("shrink", o.reading.shrink, "by: area, box, lanczos");
  line.option("threshold", o.threshold_word,
              "an image is memorized if d1/d2 is below this; a copy: twins of the nearest set aside");
  line.option("broken", o.reading.broken, "files that cannot be used: skip, stop");
  line.option("exact-duplicates", o.exact, "training images that equal an earlier one once shrunk: drop, keep");
  line.option("out", o.out, "folder of report.html, results.csv, results.json");
  line.option("threads", o.threads, "0: one per core");
  line.flag("dry-run", o.dry_run, "count files and memory; read no image");
  if (!line.read(argc, argv)) return std::nullopt;
  on_command_line([&] { check(o); });
  return o;
}

/// Folder of each set, as (name, path); the held-out one only if it is given.
std::vector<std::pair<std::string, std::string>> folders_of(const Options& o) {
  std::vector<std::pair<std::string, std::string>> all{{"training", o.training}, {"generated", o.generated}};
  if (!o.held_out.empty()) all.emplace_back("held-out", o.held_out);
  return all;
}

std::vector<std::pair<std::string, std::string>> settings_of(const Options& o) {
  auto all = folders_of(o);
  all.insert(all.end(), {{"side", fmt::format("{}", o.side)},
                         {"shrink", to_text(o.reading.shrink)},
                         {"threshold", o.threshold_word},
                         {"broken", to_text(o.reading.broken)},
                         {"exact-duplicates", to_text(o.exact)},
                         {"threads", fmt::format("{}", o.threads)}});
  return all;
}

void print_plan(const Options& o) {
  for (const auto& [name, value] : settings_of(o)) fmt::print("{:<16}  {}\n", name, value);
  std::int64_t files = 0;
  fmt::print("\n");
  for (const auto& [name, path] : folders_of(o)) {
    const auto found = static_cast<std::int64_t>(image_files(path).size());
    files += found;
    fmt::print("{:<16}  {} files\n", name, count_text(found));
  }
  fmt::print("At most {:.1f} MB of pixels are kept.  Nothing was read and nothing written.\n",
             static_cast<double>(files * o.side * o.side * 3) / 1e6);
}

/// Error now, and not after all was read, if a folder has no image or nothing can be written to --out.
void expect_folders(const Options& o) {
  for (const auto& [name, path] : folders_of(o))
    if (image_files(path).empty())
      throw Error("--" + name, fmt::format("no .png, .jpg or .jpeg file in {}", path), "at least one image",
                  "check the path");
  namespace fs = std::filesystem;
  std::vector<fs::path> missing;  // what is made here is gone again: only results stay
  for (fs::path at = fs::absolute(o.out); !fs::exists(at); at = at.parent_path()) missing.push_back(at);
  make_folder(o.out);
  const fs::path trial = fs::path(o.out) / ".measure";
  write_file_atomically(trial, "");
  std::error_code ignored;
  fs::remove(trial, ignored);
  for (const fs::path& at : missing) fs::remove(at, ignored);
}

/// Everyone's texts, by rank.
std::vector<std::string> all_texts(const std::vector<std::string>& texts, const World& world) {
  std::string all;
  for (const std::string& some : world.gather(joined_texts(texts))) all += some;
  return split_texts(all);
}

/// This process's part of a folder; its files and those left out are everyone's.
FolderImages read(const std::string& name, const std::string& path, FolderOptions options, const World& world,
                  ProgressBoard& board) {
  ProgressBoard::Line line;
  line.unit = "image";
  options.reader = {
      .index = world.rank(), .of = world.size(), .gather = [&](auto bytes) { return world.gather(bytes); }};
  options.progress = [&](std::int64_t done, std::int64_t files) {
    line.step = done, line.total = files;
    if (std::chrono::steady_clock::now() - line.since > std::chrono::seconds(1)) board.update(name, line);
  };
  FolderImages found = read_folder(path, options);
  found.set.captions.clear();  // nothing measures them
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - line.since;
  found.files = all_texts(found.files, world);
  std::vector<std::string> skipped;
  for (const auto& [file, reason] : found.skipped) skipped.insert(skipped.end(), {file, reason});
  skipped = all_texts(skipped, world);
  found.skipped.clear();
  for (std::size_t i = 0; i < skipped.size(); i += 2) found.skipped.push_back({skipped[i], skipped[i + 1]});
  board.finish(name,
               fmt::format("{}: {} images read in {}, {} files skipped", name,
                           count_text(static_cast<std::int64_t>(found.files.size())), duration_text(spent.count()),
                           count_text(static_cast<std::int64_t>(found.skipped.size()))));
  for (const auto& [file, reason] : found.skipped) board.say(fmt::format("  skipped {}: {}", file, reason));
  return found;
}

/// The whole set, of which each process has read a part.
ImageSet whole(ImageSet part, const World& world) {
  part.pixels = world.gather(part.pixels), part.labels = world.gather(part.labels);
  part.count = static_cast<std::int64_t>(part.pixels.size()) / part.image_size();
  return part;
}

/// Leaves the first of equal training images, with their files; how many were left out.  `part`: this process's.
std::int64_t drop_duplicates(ImageSet& part, std::vector<std::string>& files, const World& world) {
  const Shards shards(part.pixels, part.image_size(), world);
  const auto kept = distinct_images(shards);
  auto all = kept;
  for (std::int64_t& i : all) i += shards.first();
  std::vector<std::string> left;
  for (const std::int64_t i : world.gather(all)) left.push_back(std::move(files[static_cast<std::size_t>(i)]));
  files = std::move(left);
  part = select(part, kept);
  return shards.count() - static_cast<std::int64_t>(files.size());
}

/// ImageSet::digest() of a set that no process holds.
std::string digest_of(const ImageSet& whole, const Shards& shards) {
  Digest pixels;
  shards.show_all([&](std::int64_t, std::span<const std::uint8_t> some) {
    pixels.add({reinterpret_cast<const char*>(some.data()), some.size()});
  });
  return digest_without_pixels(whole, pixels.text());
}

/// What is found is the same on every process.
CopiesRecord look(const Options& o, const World& world, ProgressBoard& board) {
  CopiesRecord record;
  record.threshold = o.threshold;
  record.settings = settings_of(o);
  record.machine = build_facts();
  record.date = now_text();
  record.training = read("training", o.training, o.reading, world, board);
  record.generated.images = read("generated", o.generated, o.reading, world, board);
  if (!o.held_out.empty())
    record.held_out = {.images = read("held-out", o.held_out, o.reading, world, board), .found = {}, .copies = {}};

  // One coloured image anywhere makes them all coloured; grey repeated three times keeps ratios and KNN distances.
  std::vector<MeasuredImages*> measured{&record.generated};
  if (record.held_out) measured.push_back(&*record.held_out);
  std::int64_t channels = record.training.set.channels;
  for (const MeasuredImages* m : measured) channels = std::max(channels, m->images.set.channels);
  const auto unify = [&](ImageSet& set) {
    if (channels > set.channels) set = in_colour(std::move(set));
  };
  for (MeasuredImages* m : measured) {
    m->images.set = whole(std::move(m->images.set), world);
    unify(m->images.set);
  }
  // The training images are more than all others, and may be more than one machine has memory for: each keeps its part.
  ImageSet part = std::move(record.training.set);
  unify(part);
  if (o.exact == Duplicates::drop) record.duplicates = drop_duplicates(part, record.training.files, world);
  const Shards training(part.pixels, part.image_size(), world);
  if (training.count() < 2 && record.duplicates > 0)
    throw Error("--training", fmt::format("one image, {} that equal it left out", count_text(record.duplicates)),
                "at least 2 that differ, as the ratio needs a second nearest",
                "compare with the images the model was trained on (--exact-duplicates keep keeps them all)");
  for (MeasuredImages* m : measured) m->found = memorization(m->images.set.pixels, training, o.threads, o.threshold);
  const std::int64_t spacing = squared_spacing(training, o.threads);
  record.spacing = std::sqrt(static_cast<double>(spacing) / static_cast<double>(training.image_size()));
  for (MeasuredImages* m : measured)
    m->copies = copies(m->images.set.pixels, training, part.channels, m->found, spacing, o.threads, o.threshold);

  ImageSet& set = record.training.set;
  set = {.name = part.name,
         .count = training.count(),
         .channels = part.channels,
         .height = part.height,
         .width = part.width,
         .pixels = {},
         .labels = world.gather(part.labels),
         .classes = part.classes};
  record.training_digest = digest_of(set, training);
  record.here = pictured(record);
  set.pixels = training.images(*record.here);
  return record;
}

int measure(int argc, char** argv) {
  std::optional<Options> parsed = parse(argc, argv);
  if (!parsed) return 0;
  const Options& o = *parsed;
  const Place place = place_here();
  if (o.dry_run) {
    if (place.rank == 0) print_plan(o);
    return 0;
  }
  exit_on_interrupts();
  set_up_runtime({.threads = o.threads});
  const World world(place, at::kCPU, kPatience);
  told_to_others(world, [&] {
    world.lead([&] { expect_folders(o); });
    ProgressBoard board(world.leads() ? stdout : nullptr);
    CopiesRecord record = look(o, world, board);
    for (int i = 0; i < argc; ++i)
      record.command +=
          (i ? " " : "") + (i ? std::string(argv[i]) : std::filesystem::path(argv[0]).filename().string());
    catch_interrupts();  // from here on something is written, each file whole
    world.lead([&] { write_copies(record, o.out); });
    if (world.leads())
      fmt::print("\n{}report: {}\n", copies_table(record), (std::filesystem::path(o.out) / "report.html").string());
    if (interrupted()) throw Interrupted("interrupted when the results were already written");
  });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return exit_code_of([&] { return measure(argc, argv); });
}
