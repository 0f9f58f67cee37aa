// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/train/checkpoint.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace diffmem;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

Checkpoint at_step(std::int64_t step) {
  Checkpoint c;
  c.progress.step = step, c.progress.loss_sum = 0.5, c.progress.loss_count = 2;
  c.progress.losses = {{1, 0.5, 3.25}};
  c.progress.evaluations = {{.step = 1, .images = 10, .asked = 20, .memorized = 4, .twins = 3, .ratio = 0.4}};
  c.tensors.tensors["net.w"] = arange(7) * static_cast<double>(step);
  return c;
}

}  // namespace

TEST_CASE("a checkpoint comes back whole, and only the newest are kept", "[train][checkpoint]") {
  const TestFolder scratch;
  REQUIRE_FALSE(read_newest_checkpoint(scratch.path).has_value());
  for (const std::int64_t step : {3, 20, 100}) write_checkpoint(scratch.path, at_step(step));
  const auto back = read_newest_checkpoint(scratch.path);
  REQUIRE(back->progress.step == 100);
  REQUIRE(back->progress.loss_sum == 0.5);
  REQUIRE(back->progress.losses.at(0).loss == 3.25);
  REQUIRE(back->progress.evaluations.at(0).memorized == 4);
  REQUIRE(back->progress.evaluations.at(0).asked == 20);
  REQUIRE(back->progress.evaluations.at(0).twins == 3);
  REQUIRE(back->tensors.at("net.w").equal(arange(7) * 100.0));
  REQUIRE(std::distance(fs::directory_iterator(scratch.path), fs::directory_iterator()) == 2);
}

TEST_CASE("a step saved again stays beside the first one until it is whole, and then counts", "[train][checkpoint]") {
  const TestFolder scratch;
  Checkpoint c = at_step(5);
  write_checkpoint(scratch.path, c);
  c.progress.loss_sum = 7;
  write_checkpoint(scratch.path, c);
  REQUIRE(read_newest_checkpoint(scratch.path)->progress.loss_sum == 7);
  REQUIRE(fs::exists(scratch.path / "step-0000000005"));
  write_checkpoint(scratch.path, at_step(6));
  REQUIRE(read_newest_checkpoint(scratch.path)->progress.step == 6);
  REQUIRE_FALSE(fs::exists(scratch.path / "step-0000000005"));
}

TEST_CASE("what a crash left half-written is not a checkpoint", "[train][checkpoint]") {
  const TestFolder scratch;
  write_checkpoint(scratch.path, at_step(5));
  fs::create_directories(scratch.path / "step-0000000009.partial");
  REQUIRE(read_newest_checkpoint(scratch.path)->progress.step == 5);
  write_checkpoint(scratch.path, at_step(6));
  REQUIRE_FALSE(fs::exists(scratch.path / "step-0000000009.partial"));
}

TEST_CASE("a damaged checkpoint is named, with the one to fall back to", "[train][checkpoint]") {
  const TestFolder scratch;
  write_checkpoint(scratch.path, at_step(5));
  write_checkpoint(scratch.path, at_step(6));
  const fs::path newest = newest_checkpoint(scratch.path);
  for (const std::string name : {"tensors.safetensors", "state.boost"}) {
    const std::string good = read_file(newest / name);
    std::string bad = good;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
    for (const std::string& broken : {bad, good.substr(0, good.size() - 1), std::string()}) {
      std::ofstream(newest / name, std::ios::binary | std::ios::trunc) << broken;
      REQUIRE_THROWS_WITH(read_newest_checkpoint(scratch.path),
                          Contains(name) && Contains("checksum") && Contains("step-0000000005"));
    }
    fs::remove(newest / name);
    REQUIRE_THROWS_WITH(read_newest_checkpoint(scratch.path), Contains(name) && Contains("no such file"));
    write_file_atomically(newest / name, good);
  }
  write_file_atomically(newest / "manifest.json", "{");
  REQUIRE_THROWS_WITH(read_newest_checkpoint(scratch.path), Contains("damaged manifest"));
}
