// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/study/detail/evaluate.hpp>
#include <diffmem/study/run_folder.hpp>

#include <algorithm>
#include <fstream>
#include <utility>

#include <unistd.h>

using namespace diffmem;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const Listing kParameters{{"design", "vp"}, {"train.lr", "0.001"}};
const Listing kFacts{{"commit", "abc"}, {"threads", "1"}};

ImageSet training() {
  ImageSet set{
      .name = "t", .count = 3, .channels = 1, .height = 1, .width = 2, .pixels = {0, 0, 100, 0, 0, 200}, .labels = {}};
  return set;
}

}  // namespace

TEST_CASE("a run folder records, rewinds and reads back", "[study]") {
  const TestFolder scratch;
  Worker worker(scratch.path);
  const ImageSet set = training();
  {
    RunFolder folder(worker, scratch.path, kParameters, kFacts);
    folder.rewind_to({});
    folder.add(LossPoint{1, 0.5, 2.0});
    folder.add(LossPoint{2, 1.0, 1.0});
    folder.add(Evaluation{.step = 2, .images = 2, .memorized = 1, .ratio = 0.5, .seconds = 3}, {1, 0, 50, 0}, set);
    REQUIRE_FALSE(folder.finished());
  }
  const RunRecord record = read_run(scratch.path, set, 10);
  REQUIRE(record.losses.size() == 2);
  REQUIRE(record.evaluations.at(0).memorized == 1);
  REQUIRE(record.pictures.generated == std::vector<std::uint8_t>{1, 0, 50, 0});
  REQUIRE(record.pictures.flags == std::vector<std::uint8_t>{1, 0});
  REQUIRE(record.pictures.nearest == std::vector<std::uint8_t>{0, 0, 0, 0});
  REQUIRE(record.pictures.ratio.at(1) == 1.0);

  RunFolder folder(worker, scratch.path, kParameters, kFacts);  // goes on from before step 2
  TrainProgress progress;
  progress.losses = {{1, 0.5, 2.0}};
  folder.rewind_to(progress);
  REQUIRE(read_run(scratch.path, set, 10).losses.size() == 1);
  REQUIRE(read_run(scratch.path, set, 10).evaluations.empty());
}

TEST_CASE("a line that a crash cut short is left out; a damaged one is an error", "[study]") {
  const TestFolder scratch;
  Worker worker(scratch.path);
  RunFolder folder(worker, scratch.path, kParameters, kFacts);
  folder.add(LossPoint{1, 0.5, 2.0});
  std::ofstream(scratch.path / "progress.jsonl", std::ios::app) << "{\"step\": 2, \"epo";
  REQUIRE(read_run(scratch.path, training(), 1).losses.size() == 1);
  std::ofstream(scratch.path / "progress.jsonl", std::ios::app) << "\n";
  REQUIRE_THROWS_WITH(read_run(scratch.path, training(), 1), Contains("damaged line"));
}

TEST_CASE("a run folder of another configuration or of another worker is refused", "[study]") {
  const TestFolder scratch;
  Worker worker(scratch.path);
  {
    RunFolder folder(worker, scratch.path, kParameters, kFacts);
    REQUIRE_THROWS_WITH(RunFolder(worker, scratch.path, kParameters, kFacts), Contains("another worker"));
  }
  REQUIRE_THROWS_WITH(RunFolder(worker, scratch.path, (Listing{{"design", "vp"}, {"train.lr", "0.1"}}), kFacts),
                      Contains("train.lr = 0.001 (now 0.1)"));
  REQUIRE_THROWS_WITH(RunFolder(worker, scratch.path, {{"design", "vp"}}, kFacts),
                      Contains("train.lr = 0.001 (now not there)"));
  { const RunFolder again(worker, scratch.path, kParameters, {{"commit", "abc"}, {"threads", "2"}}); }
  const RunRecord record = read_run(scratch.path, training(), 1);
  REQUIRE(record.made_with == Listing{{"commit", "abc"}, {"threads", "1, then 2"}});
  write_file_atomically(scratch.path / "run.json", "{\"par");
  REQUIRE_THROWS_WITH(RunFolder(worker, scratch.path, kParameters, kFacts),
                      Contains("a damaged") && Contains("run.json"));
  write_file_atomically(scratch.path / "run.json", "{\"parameters\": 3, \"made_with\": []}");
  REQUIRE_THROWS_WITH(RunFolder(worker, scratch.path, kParameters, kFacts),
                      Contains("a damaged") && Contains("run.json"));
}

TEST_CASE("a finished run whose files were changed is not believed", "[study]") {
  const TestFolder scratch;
  Worker worker(scratch.path);
  const auto finish = [&](const fs::path& path) {
    RunFolder folder(worker, path, kParameters, kFacts);
    TrainProgress progress;
    progress.step = 2;
    progress.losses = {{1, 0.5, 2.0}};
    progress.evaluations = {{.step = 2, .images = 2, .memorized = 1, .ratio = 0.5, .low = 0.1, .high = 0.9}};
    folder.rewind_to({});
    folder.add(progress.losses[0]);
    folder.add(progress.evaluations[0], {0, 0, 100, 1}, training());
    SafeTensors weights;
    weights.tensors["w"] = zeros({2});
    folder.finish(progress, weights);
  };
  int i = 0;
  for (const char* file :
       {"measures.jsonl", "progress.jsonl", "weights.safetensors", "run.json", "samples/step-0000000002.safetensors"}) {
    INFO(file);
    const fs::path path = scratch.path / std::to_string(i++);
    finish(path);
    REQUIRE(read_run(path, training(), 2).steps == 2);
    const std::string good = read_file(path / file);
    for (const std::string& bad : {std::string(), good.substr(0, good.size() - 1), good + "\n"}) {
      write_file_atomically(path / file, bad);
      REQUIRE_THROWS_WITH(read_run(path, training(), 2), Contains(file) && Contains("checksum"));
    }
    fs::remove(path / file);
    REQUIRE_THROWS_WITH(read_run(path, training(), 2), Contains(file));
    if (file == std::string("run.json"))
      REQUIRE_THROWS_WITH(RunFolder(worker, path, kParameters, kFacts), Contains("no run.json"));
  }
  const fs::path path = scratch.path / "finished";
  finish(path);
  for (const char* bad : {"", "{}", "{\"steps\": \"x\"", "3"}) {
    write_file_atomically(path / "finished.json", bad);
    REQUIRE_THROWS_WITH(read_run(path, training(), 2), Contains("finished.json"));
  }
}

TEST_CASE("a run's name changes with every parameter", "[study]") {
  REQUIRE(run_name("vp-n4", kParameters) == run_name("vp-n4", kParameters));
  REQUIRE(run_name("vp-n4", kParameters) != run_name("vp-n4", {{"design", "vp"}, {"train.lr", "0.002"}}));
  REQUIRE(run_name("vp-n4", kParameters).starts_with("vp-n4-"));
}

TEST_CASE("images of an evaluation that was cut off are not made again", "[study][run]") {
  const TestFolder folder;
  Worker worker(folder.path);
  const ImageSet training = ::training();
  const RunContext context{.runs = folder.path, .worker = &worker, .checkpoint_seconds = 0};
  SharedFolder run(context, {.name = "run", .cell = {}, .series = {}, .settings = {{"a", "1"}}}, {});
  std::vector<std::int64_t> made;  // the first image of each batch
  bool cut = false;
  const auto make = [&](const GenerateOptions& o) {
    if (o.first == 6 && !std::exchange(cut, true)) throw Error("test", "a cut", "none", "try again");
    made.push_back(o.first);
    std::vector<std::uint8_t> images;
    for (std::int64_t i = o.first; i < o.first + o.images; ++i)
      images.insert(images.end(), static_cast<std::size_t>(training.image_size()), static_cast<std::uint8_t>(i));
    return images;
  };
  const GenerateOptions options{.images = 7, .batch = 2};
  const auto nothing = [](std::int64_t) {};
  REQUIRE(says(complaint([&] { generate_in_parts(run, 5, training, options, {}, context, make, nothing); }), "test",
               {"a cut"}));
  REQUIRE(run.part(6).empty());  // of another step
  const auto all = generate_in_parts(run, 5, training, options, {}, context, make, nothing);
  REQUIRE(made == std::vector<std::int64_t>{0, 2, 4, 6});
  REQUIRE(static_cast<std::int64_t>(all->size()) == 7 * training.image_size());
  for (std::int64_t i = 0; i < 7; ++i) REQUIRE((*all)[static_cast<std::size_t>(i * training.image_size())] == i);
  run.add(Evaluation{.step = 5, .images = 7}, *all, training);
  REQUIRE(run.part(5).empty());
}

TEST_CASE("a sequential evaluation stops at the same image whatever its batches, also where it was cut off",
          "[study][run]") {
  const ImageSet training = ::training();
  // Two of three images are copies.
  const auto image = [](std::int64_t i) {
    return std::vector<std::uint8_t>{static_cast<std::uint8_t>(i % 3 ? 0 : 50), 0};
  };
  const StopRule stop{.bound = 0.9};
  const auto run_in = [&](std::int64_t batch, std::int64_t cut_at) {
    const TestFolder folder;
    Worker worker(folder.path);
    const RunContext context{.runs = folder.path, .worker = &worker, .checkpoint_seconds = 0};
    SharedFolder run(context, {.name = "run", .cell = {}, .series = {}, .settings = {{"a", "1"}}}, {});
    std::vector<std::int64_t> made;
    std::int64_t last = 0;
    bool cut = false;
    const auto make = [&](const GenerateOptions& o) {
      if (o.first >= cut_at && !std::exchange(cut, true)) throw Error("test", "a cut", "none", "try again");
      made.push_back(o.first);
      last = o.first + o.images;
      std::vector<std::uint8_t> images;
      for (std::int64_t i = o.first; i < o.first + o.images; ++i) {
        const auto pixels = image(i);
        images.insert(images.end(), pixels.begin(), pixels.end());
      }
      return images;
    };
    const GenerateOptions options{.images = 1000, .batch = batch};
    const auto generate = [&] {
      return generate_in_parts(run, 5, training, options, stop, context, make, [](std::int64_t) {});
    };
    if (cut_at < 1000) REQUIRE(says(complaint([&] { generate(); }), "test", {"a cut"}));
    const auto generated = *generate();
    REQUIRE(std::ranges::adjacent_find(made) == made.end());  // none twice
    REQUIRE(made.back() < static_cast<std::int64_t>(generated.size()) / 2);
    REQUIRE(last == static_cast<std::int64_t>(generated.size()) / 2);  // none that is not needed
    return generated;
  };
  const auto whole = run_in(1, 1000);
  REQUIRE(whole.size() == 2 * 100);  // far below the bound: the fewest images
  for (const std::int64_t batch : {7, 64, 1000})
    for (const std::int64_t cut_at : {56, 1000}) REQUIRE(run_in(batch, batch == 1000 ? 1000 : cut_at) == whole);

  const SampleParams sample{.images = 1000, .stop = stop};
  const Evaluation e = evaluation_of(whole, training, sample, World::alone(), 1);
  REQUIRE(e.images == 100);
  REQUIRE(e.asked == 1000);
  REQUIRE(e.high == interval_at_look(e.memorized, 100, 1000).high);
  REQUIRE(e.high < 0.9);
  const Evaluation plain = evaluation_of(whole, training, {}, World::alone(), 1);
  REQUIRE(plain.asked == 0);
  REQUIRE(plain.high == wilson(e.memorized, 100).high);
  const TestFolder folder;
  Worker worker(folder.path);
  RunFolder run(worker, folder.path, kParameters, kFacts);
  run.add(e, whole, training);
  REQUIRE(read_run(folder.path, training, 2).evaluations.at(0).asked == 1000);
}
