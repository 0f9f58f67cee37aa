// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "data/cache_folder.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/peaks.hpp>

#include <nlohmann/json.hpp>

using namespace diffmem;
namespace fs = std::filesystem;

TEST_CASE("the machine's peaks are measured once, and again where what is kept is not sound", "[core][peaks]") {
  const CacheFolder cache;
  const Peaks first = machine_peaks();
  REQUIRE(first.float32 > 1e8);
  REQUIRE(first.bf16 > 1e8);
  REQUIRE(first.copy > 1e8);
  const fs::path folder = cache_folder();
  REQUIRE(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
  const fs::path path = fs::directory_iterator(folder)->path();
  auto json = nlohmann::json::parse(read_file(path));
  json["copy"] = 123.0;
  write_file_atomically(path, json.dump());
  const Peaks kept = machine_peaks();
  REQUIRE(kept.copy == 123);
  REQUIRE(kept.float32 == first.float32);
  for (const std::string& bad : {std::string("{"), std::string("[]"), std::string(R"({"machine": 3})")}) {
    write_file_atomically(path, bad);
    REQUIRE(machine_peaks().copy > 1e8);
    REQUIRE(nlohmann::json::parse(read_file(path)).at("copy") > 1e8);
  }
  json["machine"] = "another";
  write_file_atomically(path, json.dump());
  REQUIRE(machine_peaks().copy > 1e8);
}
