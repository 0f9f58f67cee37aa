// SPDX-License-Identifier: MIT
// sample_report FOLDER: a realistic report of invented runs, without training; in FOLDER/width one of several training seeds,
// in FOLDER/skips one over labels, in FOLDER/copies one of copied images, and in FOLDER/index.html the first three together:
// for tests of the pages and their pictures.
#include <diffmem/core/runtime.hpp>
#include <diffmem/report/copies.hpp>
#include <diffmem/report/index.hpp>
#include <diffmem/report/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <filesystem>
#include <utility>

using namespace diffmem;

namespace {

constexpr int side = 16, pairs = 24;

/// A small garment-like shape that depends on `seed`; `noise` grey levels are added by a fixed pattern.
void draw(std::vector<std::uint8_t>& onto, int seed, int noise) {
  const int half = 3 + seed * 7 % 4, shoulder = 2 + seed * 5 % 5;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const bool body = std::abs(2 * x - side + 1) < 2 * half && y > 1 && y < side - 2,
                 sleeve = y > 1 && y < 2 + shoulder && x > 0 && x < side - 1;
      const int level = body || sleeve ? 90 + (seed * 37 + x * (seed % 3) * 6 + y * (seed % 4) * 4) % 150 : 6;
      onto.push_back(static_cast<std::uint8_t>(
          std::clamp(level + (x * 31 + y * 57 + seed * 13) % (2 * noise + 1) - noise, 0, 255)));
    }
}

RunRecord sample_run(std::int64_t size, double ratio, double distance) {
  RunRecord run;
  run.name = fmt::format("size-{}", size);
  run.cell = fmt::format("|D| = {}", size);
  run.folder = "runs/" + run.name;
  run.size = size;
  run.seed = 1;
  run.parameters = 1'240'961;
  run.steps = 1'500;
  run.epochs = 48'000.0 / static_cast<double>(size);
  run.budget = "steps";
  run.train_seconds = 61.5;
  run.sample_seconds = 24;
  run.images_per_second = 780;
  for (int step = 10; step <= run.steps; step += 10) {
    const double noise = 0.06 * std::sin(0.37 * step * step + static_cast<double>(size));
    run.losses.push_back(
        {step, run.epochs * step / static_cast<double>(run.steps),
         (0.07 + 0.03 * std::log2(static_cast<double>(size)) / 7 + 0.9 * std::exp(-step / 90.0)) * (1 + noise)});
  }
  for (const double done : {0.5, 1.0}) {
    const double share = done < 1 ? ratio * 0.6 : ratio, bar = 1.96 * std::sqrt(share * (1 - share) / 1000);
    run.evaluations.push_back({.step = static_cast<std::int64_t>(done * 1'500),
                               .epoch = run.epochs * done,
                               .images = 1'000,
                               .memorized = std::llround(1'000 * share),
                               .zero_second = size == 16 ? 2 : 0,
                               .ratio = share,
                               .low = std::max(0.0, share - bar),
                               .high = std::min(1.0, share + bar),
                               .knn_distance = distance * (2 - done),
                               .seconds = 12});
  }
  run.pictures.channels = 1;
  run.pictures.height = run.pictures.width = side;
  for (int i = 0; i < pairs; ++i) {
    const bool copied = (i * 37 % 100) < 100 * ratio;
    draw(run.pictures.generated, copied ? i : i + 3, copied ? 4 : 40);
    draw(run.pictures.nearest, i, 0);
    run.pictures.flags.push_back(copied);
    run.pictures.ratio.push_back(copied ? 0.08 + 0.01 * i : 0.6 + 0.01 * i);
  }
  run.settings = {{"data.source", "fashion-mnist"},
                  {"data.resolution", "16"},
                  {"data.size", fmt::format("{}", size)},
                  {"net.base", "32"},
                  {"net.mult", "1, 2"},
                  {"train.batch", "32"},
                  {"train.lr", "0.002"},
                  {"train.ema", "0.99"},
                  {"sample.images", "1000"}};
  run.made_with = {{"commit", "0000000"}, {"threads", size < 64 ? "1" : "2"}};
  return run;
}

/// `run` on the grid of a study: of `series`, at (axis, label), with training seed `seed`, which moves its ratio a little.
RunRecord placed(RunRecord run, const std::string& series, std::vector<std::pair<std::string, std::string>> at,
                 std::uint64_t seed) {
  run.at = std::move(at);
  run.series = series;
  run.seed = seed;
  run.cell.clear();
  for (const auto& [axis, label] : run.at) run.cell += (run.cell.empty() ? "" : ", ") + axis + " " + label;
  run.name = fmt::format("{}-seed-{}", run.cell, seed);
  return run;
}

double moved(double ratio, std::uint64_t seed) {
  return std::clamp(ratio + 0.02 * (static_cast<double>(seed) - 2), 0.0, 1.0);
}

/// Three widths by five sizes by three seeds, with EMMs and a claim of each outcome.
ReportRecord sample_width() {
  ReportRecord report;
  report.title = "width";
  report.question = "Does a wider network memorize larger training sets?";
  report.source = "invented numbers, after Gu et al. 2023, Fig. 3a";
  report.profile = "desktop";
  for (const int width : {8, 16, 32})
    for (int size = 16; size <= 256; size *= 2)
      for (const std::uint64_t seed : {1, 2, 3}) {
        const double ratio = 1 / (1 + std::pow(size / (5.0 * width), 2));
        report.runs.push_back(placed(sample_run(size, moved(ratio, seed), 700 - 600 * ratio),
                                     fmt::format("width {}", width),
                                     {{"width", fmt::format("{}", width)}, {"size", fmt::format("{}", size)}}, seed));
      }
  report.emms = {{"width 8", {}, {}, "EMM at 90 %: below 16, the smallest size", 0, 16},
                 {"width 16", 26.0, 25.2, "EMM at 90 %: 26 (linear in N), 25.2 (linear in log N)", 20, 31},
                 {"width 32", 54.0, 53.1, "EMM at 90 %: 54 (linear in N), 53.1 (linear in log N)", 41, 70}};
  report.claims = {
      {"The EMM rises with width.", "held", "8: 16 images, 16: 25 images, 32: 53 images", "", ""},
      {"The ratio falls with width.", "not held", "8: 12.1 %, 16: 34.0 %, 32: 61.4 %", "undecided at this scale",
       "one training seed decides nothing (--seeds 3)"},
      {"At 320 channels the EMM reaches 4,000.", "undecided at this scale", "the grid has no width = 320", "", ""}};
  report.date = "2026-11-24";
  report.command = "width --profile desktop";
  return report;
}

/// Nine places of a kept skip and all of them, by two networks and three seeds, with the paper's numbers beside.
ReportRecord sample_skips() {
  ReportRecord report;
  report.title = "skip-location";
  report.question = "Which single skip connection lets a network memorize?";
  report.source = "invented numbers, after Gu et al. 2023, Fig. 4b";
  report.profile = "desktop";
  report.x_title = "skips kept, finest level first";
  for (std::size_t kept = 0; kept < 9; ++kept) report.x_labels.push_back(std::string(9, '0').replace(kept, 1, "1"));
  report.x_labels.emplace_back("all");
  for (const char* network : {"ddpmpp", "ncsnpp"})
    for (std::size_t i = 0; i < report.x_labels.size(); ++i)
      for (const std::uint64_t seed : {1, 2, 3}) {
        const double ratio = (network[0] == 'd' ? 0.95 : 0.5) - 0.1 * static_cast<double>(i % 9);
        auto& run = report.runs.emplace_back(
            placed(sample_run(1000, moved(ratio, seed), 100 + 50 * static_cast<double>(i)), network,
                   {{"network", network}, {"skip", report.x_labels[i]}, {"size", "1000"}}, seed));
        run.x = static_cast<double>(i);
      }
  report.claims = {{"One skip of the finest level memorizes more than one of the coarsest.", "held",
                    "84.8 % against 24.7 %: +60.10 points [+55.02, +65.18], 3 training seeds", "held",
                    "150.00 grey levels against 450.00 grey levels"}};
  for (std::size_t i = 0; i < 9; ++i)
    report.printed.push_back({"Fig. 4b", "network=ddpmpp skip=" + report.x_labels[i] + " size=1000",
                              0.93 - 0.1 * static_cast<double>(i), -1, true});
  report.printed.push_back({"Fig. 4b", "network=ddpmpp skip=000000001 size=2000", 0, -1, true});
  report.command = "skip-location --profile desktop --seeds 3";
  return report;
}

/// Generated images of which every third is a training image with a little noise; the first training images have twins.
CopiesRecord sample_copies() {
  const auto begin = [](std::string_view name) {
    FolderImages images;
    images.set.name = name;
    images.set.channels = 1;
    images.set.height = images.set.width = side;
    return images;
  };
  const auto add = [](FolderImages& images, int seed, int noise) {
    images.files.push_back(fmt::format("a-folder-with-a-long-name/picture-{}.png", ++images.set.count));
    draw(images.set.pixels, seed, noise);
  };
  CopiesRecord record;
  record.training = begin("training 16x16");
  record.generated.images = begin("generated 16x16");
  for (int i = 0; i < 60; ++i) add(record.training, i, 0);
  for (int i = 0; i < 12; ++i) add(record.training, i, 3);  // twins
  for (int i = 0; i < 40; ++i) add(record.generated.images, i % 3 ? 1000 + i : i, i % 3 ? 60 : 2);
  record.generated.found = memorization(record.generated.images.set.pixels, record.training.set.pixels, side * side);
  const std::int64_t spacing = squared_spacing(record.training.set.pixels, side * side);
  record.generated.copies = copies(record.generated.images.set.pixels, record.training.set.pixels, side * side, 1,
                                   record.generated.found, spacing);
  record.held_out = record.generated;
  record.spacing = std::sqrt(static_cast<double>(spacing) / (side * side));
  record.generated.images.skipped = {{"a-folder-with-a-long-name/broken.png", "damaged PNG: cut short"}};
  record.settings = {{"side", "16"}, {"threshold", "1/3"}};
  record.machine = {{"commit", "0000000"}};
  record.date = "2026-11-24";
  record.command = "sample_report FOLDER";
  return record;
}

}  // namespace

int main(int argc, char** argv) try {
  constexpr const char* usage = "usage: sample_report FOLDER    writes a report of invented numbers there";
  if (answered(argc, argv, usage)) return 0;
  if (argc != 2) {
    fmt::print(stderr, "{}\n", usage);
    return 2;
  }
  ReportRecord report;
  report.title = "Memorization against training-set size";
  report.question = "At how many training images does a small diffusion model stop replicating them?";
  report.source = "invented numbers, after Gu et al. 2023, Fig. 2a";
  report.notes = {
      "Every size was trained for the same number of optimiser steps (1500), so a small set was seen for more epochs."};
  constexpr std::array<double, 5> ratios{0.987, 0.931, 0.602, 0.214, 0.031}, distances{118, 201, 388, 560, 655};
  for (std::size_t i = 0; i < ratios.size(); ++i) report.runs.push_back(sample_run(16 << i, ratios[i], distances[i]));
  report.emms = {
      {"", 35.0, 34.1, "EMM at 90 %: 35 (linear in N), 34.1 (linear in log N), between sizes 32 and 64", 31.2, 37.5}};
  report.machine = {
      {"diffmem", "0.1.0 (0000000)"}, {"LibTorch", "2.11.0+cpu"}, {"CPU capability", "AVX512"}, {"threads", "2"}};
  report.date = "2026-11-24";
  report.command = "sample_report FOLDER";
  const std::filesystem::path folder = argv[1];
  const std::vector<IndexRecord> all{{".", report}, {"width", sample_width()}, {"skips", sample_skips()}};
  for (const auto& [name, record] : all) write_report(record, folder / name);
  write_index(all, folder);
  write_copies(sample_copies(), folder / "copies");
  fmt::print("{}/report.html\n", argv[1]);
} catch (const std::exception& e) {
  fmt::print(stderr, "error: {}\n", e.what());
  return 1;
}
