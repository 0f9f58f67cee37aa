// SPDX-License-Identifier: MIT
// What a report is made of: plain values, filled by a study, that know neither tensors nor files.
#pragma once
#include <diffmem/core/history.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace diffmem {

/// n generated images and, for each, its nearest training image.
struct PictureStrip {
  int channels = 0, height = 0, width = 0;
  std::vector<std::uint8_t> generated, nearest;  ///< [n,C,H,W] each
  std::vector<std::uint8_t> flags;               ///< [n], 1: memorized
  std::vector<double> ratio;                     ///< [n], d1/d2; not a number where d2 = 0
};

/// One trained model.
struct RunRecord {
  std::string name;       ///< slug, also the stem of its picture file
  std::string cell;       ///< short name shown to people: "|D| = 64"; that of its other training seeds, too
  std::string series;     ///< the curve it belongs to; "" when there is one curve
  std::int64_t size = 0;  ///< training images, |D|
  double x = 0;           ///< where it stands on the figure's axis: |D|, or the place of its label in x_labels
  std::vector<std::pair<std::string, std::string>> at;  ///< (axis, label) of its place on the grid: ("width", "128")
  std::uint64_t seed = 0;
  std::int64_t parameters = 0;
  std::int64_t steps = 0;
  double epochs = 0;
  std::string budget;  ///< what all runs share: "steps" or "epochs"
  std::vector<LossPoint> losses;
  std::vector<Evaluation> evaluations;  ///< in the order they were made
  double train_seconds = 0;             ///< without evaluations
  double sample_seconds = 0;            ///< all evaluations together
  double images_per_second = 0;         ///< seen in training
  std::string folder;
  PictureStrip pictures;
  std::vector<std::pair<std::string, std::string>> settings;   ///< every resolved parameter
  std::vector<std::pair<std::string, std::string>> made_with;  ///< versions, threads, device
};

/// The effective model memorization (EMM) of one series: the |D| at which 90 % of generated images are memorized.
struct EmmRecord {
  std::string series;
  std::optional<double> linear;       ///< interpolated linearly in |D|
  std::optional<double> logarithmic;  ///< interpolated linearly in log |D|
  std::string statement;              ///< one sentence, also when there is no EMM
  double low = 0;                     ///< 95 % interval of `logarithmic`; 0: below the smallest size,
  double high = std::numeric_limits<double>::infinity();  ///< infinity: above the largest
};

/// One claim of the paper and what became of it; outcomes are words such as "held".
struct ClaimRecord {
  std::string text;
  std::string outcome, reason;  ///< by the memorization ratio
  std::string knn_outcome = {},
              knn_reason = {};  ///< the same turned round for KNN distances; "" where there is no such view
};

/// A number that the paper prints.
struct PrintedRecord {
  std::string source;  ///< "Table 2"
  std::string at;      ///< "decay=1e-3 size=1000"
  double ratio = -1;   ///< 0..1; below 0: not printed
  double knn = -1;     ///< likewise
  bool drawn = false;  ///< read off a drawing, +- 0.01
};

/// How the memorization ratio of n generated images of one run spreads, by bootstrap (Fig. 6).
struct SpreadRecord {
  std::string cell;
  std::int64_t images = 0;         ///< n
  double mean = 0, deviation = 0;  ///< 0..1
  double low = 0, high = 0;        ///< 2.5 % and 97.5 % quantiles
};

/// A whole study.
struct ReportRecord {
  std::string title, question, source;
  std::string profile;  ///< the scale that was run; "" if there is one
  std::string x_title = "training images |D|";
  std::vector<std::string> x_labels;  ///< labels along the figure's axis; empty: it is |D|, logarithmic
  std::vector<ClaimRecord> claims;
  std::vector<PrintedRecord> printed;
  std::vector<SpreadRecord> spreads;
  std::vector<std::string> notes;
  std::vector<RunRecord> runs;
  std::vector<EmmRecord> emms;
  std::vector<std::pair<std::string, std::string>> machine;
  std::string date, command;
};

/// Names of the curves in the order they appear.
inline std::vector<std::string> series_names(const ReportRecord& report) {
  std::vector<std::string> names;
  for (const auto& run : report.runs)
    if (std::ranges::find(names, run.series) == names.end()) names.push_back(run.series);
  return names;
}

}  // namespace diffmem
