// SPDX-License-Identifier: MIT
// results.csv: every number of a study, for spreadsheets and scripts.
#pragma once
#include <diffmem/report/records.hpp>

#include <string>

namespace diffmem {

/// RFC 4180 text (comma, CRLF, quotes doubled) with a head line and one row per run and evaluation.  A run without
/// evaluations keeps one row whose evaluation columns are empty.  Numbers are exact (shortest form that reads back equal).
///
/// | column | meaning |
/// |---|---|
/// | run, cell, series | slug, shown name, curve |
/// | size, seed, parameters | training images, training seed, trainable numbers of the network |
/// | budget, steps, epochs | what all runs share, and how long this one trained |
/// | train_seconds, sample_seconds, images_per_second | whole run: training, all evaluations, training images a second |
/// | commit, folder | the program that made the run; where it lies |
/// | step, epoch | when the evaluation was made |
/// | images, memorized, zero_second | generated; with d1/d2 < 1/3; with d2 = 0 |
/// | ratio, ratio_low, ratio_high | memorized / images and its 95 % interval, in [0, 1] |
/// | knn_distance | mean distance to the nearest training image / sqrt(C*H*W), in 8-bit grey levels |
/// | evaluation_seconds | time of this evaluation |
/// | best | 1: the reported evaluation of the run (highest ratio), else 0 |
std::string results_csv(const ReportRecord& report);

}  // namespace diffmem
