// SPDX-License-Identifier: MIT
// What a trace of training and sampling says: all operations that the plan counts, and all of the time.
#include "check.hpp"
#include "complaint.hpp"
#include "train/tiny.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/report/trace.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

using namespace diffmem;
using Catch::Matchers::Contains;

namespace {

constexpr Peaks kPeaks{.float32 = 100e9, .bf16 = 200e9, .copy = 10e9};

/// Operations by the outermost span and whether the backward pass had them.
std::map<std::pair<std::string, bool>, double> operations_of(const Trace& trace) {
  std::map<std::pair<std::string, bool>, double> sums;
  for (const auto& event : trace.events()) {
    bool backward = false;
    const Trace::Event* root = &event;
    for (; root->parent != Trace::kNone; root = &trace.events()[root->parent])
      backward |= root->operation == "backward";
    sums[{root->operation, backward}] += event.work.operations;
  }
  return sums;
}

}  // namespace

TEST_CASE("a trace has the operations that a plan counts, forward and backward", "[report][trace]") {
  auto net = tiny::net();
  net.dropout = 0;
  const auto check = [&]<class D>(const D& design, Precision precision, bool checkpointing) {
    CAPTURE(design.slug(), to_text(precision), checkpointing);
    auto p = tiny::params();
    p.accumulate = 2, p.precision = precision, p.checkpointing = checkpointing;
    Trainer<D> trainer(design, net, p, tiny::images());
    trainer.step();
    Trace trace;
    {
      const Trace::Recording recording(trace);
      trainer.step();
      trainer.generate({.images = 5, .batch = 3});
    }
    auto sums = operations_of(trace);
    const double forward = trainer.model().net().forward_flops(),
                 affine = sums.at({"training step", false}) - forward * p.batch;
    REQUIRE(std::abs(affine) < 1e-9 * forward * p.batch);
    // The noise level of a batch is embedded once, where the plan counts it for each image: by `shared` of two images' work.
    const auto sampled = [&](std::int64_t images) {
      Trace one;
      {
        const Trace::Recording recording(one);
        trainer.generate({.images = images, .batch = images});
      }
      return operations_of(one).at({"sampling", false}) / Heun{}.evaluations();
    };
    const double shared = 2 * forward - sampled(2);
    REQUIRE(sampled(1) == Approx(forward).epsilon(1e-6));
    REQUIRE((shared >= 0 && shared < 0.03 * forward));
    REQUIRE(sums.at({"sampling", false}) / Heun{}.evaluations() == Approx(5 * forward - 3 * shared).epsilon(1e-6));
    if (precision == Precision::plain) return;  // its backward pass is LibTorch's, which are not counted
    // Twice the forward pass, but for the linear maps (LibTorch's) and the first convolution's image; once more, made again.
    const double backward = sums.at({"training step", true}) / (forward * p.batch) - (checkpointing ? 1 : 0);
    REQUIRE(backward > 1.8);
    REQUIRE(backward <= 2);
  };
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::plain})
    check(tiny::Base{}, precision, false);
  check(with<with<tiny::Base, NcsnPp>, TrueLabels>{}, Precision::plain, false);
  check(tiny::Base{}, Precision::fp32, true);
}

TEST_CASE("a trace's files and its table add up", "[report][trace]") {
  Trainer<tiny::Base> trainer({}, tiny::net(), tiny::params(), tiny::images());
  Trace trace;
  {
    const Trace::Recording recording(trace);
    for (int i = 0; i < 3; ++i) trainer.step();
  }
  const TestFolder folder;
  write_trace(trace, kPeaks, kPeaks.float32, folder.path);
  const auto json = nlohmann::json::parse(read_file(folder.path / "trace.json"));
  REQUIRE(json.at("traceEvents").size() == trace.events().size());
  double steps = 0;
  for (const auto& event : json.at("traceEvents")) {
    REQUIRE(event.at("ph") == "X");
    REQUIRE(event.at("ts") >= 0.0);
    REQUIRE(event.at("dur") >= 0.0);
    if (event.at("name") == "training step") steps += 1e-6 * event.at("dur").get<double>();
  }
  std::istringstream csv(read_file(folder.path / "trace.csv"));
  std::string line;
  std::getline(csv, line);
  REQUIRE(line == "phase,operation,layer,calls,seconds,own_seconds,flop_per_s,of_product,byte_per_s,of_copy");
  double own = 0;
  std::map<std::string, int> calls;
  while (std::getline(csv, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    REQUIRE(cells.size() == 10);
    own += std::stod(cells[5]);
    calls[cells[1] + " " + cells[2]] += std::stoi(cells[3]);
    REQUIRE(std::stod(cells[7]) == Approx(std::stod(cells[6]) / kPeaks.float32).margin(1e-4));
  }
  REQUIRE(own == Approx(steps).epsilon(1e-6));  // nothing is left out, or counted twice
  for (const char* what :
       {"conv enc.8x8_block0.conv0", "conv backward enc.8x8_block0.conv0", "attention enc.8x8_block0",
        "attention backward enc.8x8_block0", "batch ", "Adam and EMA ", "finite check ", "embedding map"}) {
    INFO(what);
    REQUIRE(calls[what] == 3);
  }
  const std::string table = trace_table(trace, kPeaks, kPeaks.float32);
  REQUIRE_THAT(table, Contains("training step: 3 times") && Contains("conv backward") && Contains("Adam and EMA") &&
                          Contains("GB/s") && Contains("enc.8x8"));
}
