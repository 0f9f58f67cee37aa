// SPDX-License-Identifier: MIT
// Is a model memorizing?  The report on generated images that were compared with the images it was trained on.
#pragma once
#include <diffmem/data/folder.hpp>
#include <diffmem/measure/copies.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace diffmem {

/// Images, and what memorization() and copies() found about them.
struct MeasuredImages {
  FolderImages images;
  Memorization found;
  Copies copies;
};

/// All sets have the same shape [C,H,W].
struct CopiesRecord {
  FolderImages training;  ///< what was compared with
  /// Where not all of their pixels are here: the images, rising, whose pixels training.set holds, pictured() ones at least,
  /// while its count, labels and the rest are of all.  Unset: it holds all.
  std::optional<std::vector<std::int64_t>> here = {};
  std::string training_digest = {};  ///< of all; empty: training.set's
  std::int64_t duplicates = 0;       ///< training images left out, as they equal an earlier one
  MeasuredImages generated;
  std::optional<MeasuredImages> held_out;  ///< images of the same kind that the model never saw: chance
  double threshold = 1.0 / 3;              ///< of d1/d2
  double spacing = 0;                      ///< of training images: sqrt(squared_spacing() / (C*H*W))  [grey levels]
  std::vector<std::pair<std::string, std::string>> settings, machine;
  std::string date, command;
};

/// The answer in a few sentences.
std::string copies_verdict(const CopiesRecord& record);
/// A line for each folder that was measured, what was left out, and the verdict.
std::string copies_table(const CopiesRecord& record);

/// RFC 4180 text, a line for each image in the order of its file:
///
/// | column | meaning |
/// |---|---|
/// | file | the image |
/// | nearest, second | the nearest training image and the second nearest |
/// | d1, d2 | Euclidean distance to them / sqrt(C*H*W), in grey levels |
/// | ratio | d1 / d2; empty where d2 is 0 |
/// | memorized | 1: ratio below the threshold |
/// | copy | 1: memorized, or a copy that twins hide from the ratio: copies() says what that is |
/// | apart, d2_apart | the nearest training image that is no twin; empty where the ratio decided or nothing was near |
std::string copies_csv(const CopiesRecord& record, const MeasuredImages& measured);
/// Settings, versions, digests and every number but those of single images.
std::string copies_json(const CopiesRecord& record);

/// The training images that pictures show, rising.
std::vector<std::int64_t> pictured(const CopiesRecord& record);

/// SVG: how often each ratio d1/d2 comes, with the threshold.  Errors of gnuplot.
std::string ratio_histogram(const CopiesRecord& record);
/// SVG: the generated images of the lowest ratios, each beside its nearest and second nearest training image.
std::string neighbour_picture(const CopiesRecord& record);
/// One HTML page that asks nothing of anybody, as html_report()'s.  `histogram` is a drawing or "".
std::string copies_html(const CopiesRecord& record, const std::string& histogram);

/// Writes into `folder` (made if missing), each file whole or not at all: results.csv, held-out.csv, results.json,
/// histogram.svg, neighbours.svg, and report.html last.  Nothing is written if gnuplot fails.
void write_copies(const CopiesRecord& record, const std::filesystem::path& folder);

}  // namespace diffmem
