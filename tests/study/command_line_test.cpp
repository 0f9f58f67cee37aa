// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/study/command_line.hpp>
#include <diffmem/train/menu.hpp>
#include <diffmem/train/params.hpp>

#include <string>
#include <vector>

using namespace diffmem;
using Catch::Matchers::Contains;

namespace {

struct Program {
  double rate = 0.5;
  std::uint64_t seed = 7;
  Budget budget = Budget::steps;
  std::string name = "none";
  std::vector<std::string> sets;
  bool dry = false;

  bool read(std::vector<std::string> words) {
    CommandLine line("program", "does nothing");
    line.option("rate", rate, "a number");
    line.option("seed", seed, "a whole number");
    line.option("budget", budget, "a word");
    line.option("name", name, "a text");
    line.list("set", sets, "some texts");
    line.flag("dry-run", dry, "a switch");
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return line.read(static_cast<int>(argv.size()), argv.data());
  }
};

}  // namespace

TEST_CASE("options are read into their values, and keep what they held without", "[study]") {
  Program p;
  REQUIRE(p.read({}));
  REQUIRE((p.rate == 0.5 && p.seed == 7 && p.budget == Budget::steps && p.name == "none" && p.sets.empty() && !p.dry));
  REQUIRE(p.read({"--rate", "1e-3", "--seed=12345678901234567890", "--budget", "epochs", "--name", "a b", "--set",
                  "x=1", "--set", "y=2", "--dry-run"}));
  REQUIRE(
      (p.rate == 1e-3 && p.seed == 12345678901234567890u && p.budget == Budget::epochs && p.name == "a b" && p.dry));
  REQUIRE(p.sets == std::vector<std::string>{"x=1", "y=2"});
}

TEST_CASE("the words of some options can be left out", "[study]") {
  CommandLine line("program", "does nothing");
  int jobs = 0, threads = 0;
  bool leave = false;
  std::vector<std::string> sets;
  line.option("jobs", jobs, "a number"), line.option("threads", threads, "a number");
  line.flag("leave", leave, "a switch"), line.list("set", sets, "some texts");
  std::vector<std::string> words{"program", "--jobs", "3", "--set", "a=1", "--leave", "--thr=2", "--set=b=2"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  REQUIRE(line.read(static_cast<int>(argv.size()), argv.data()));
  REQUIRE(line.words_without({"jobs", "leave", "threads"}) == std::vector<std::string>{"--set", "a=1", "--set=b=2"});
  REQUIRE(line.words_without({"set"}) == std::vector<std::string>{"--jobs", "3", "--leave", "--thr=2"});
}

TEST_CASE("a wrong word is the command line's fault, and is named", "[study]") {
  for (const auto& [words, part] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--rats", "1"}, "--rats"},
           {{"--wings"}, "--help lists"},
           {{"rate"}, "--help lists"},
           {{"--rate"}, "--rate"},
           {{"--rate", "fast"}, "--rate: got \"fast\"; want a value like 0.5"},
           {{"--seed", "-1"}, "--seed: got \"-1\""},
           {{"--budget", "hours"}, "epochs or steps"}}) {
    INFO(part);
    Program p;
    REQUIRE_THROWS_AS(p.read(words), UsageError);
    REQUIRE_THROWS_WITH(p.read(words), Contains(part));
  }
}

TEST_CASE("an exit code tells what went wrong", "[study]") {
  REQUIRE(exit_code_of([] { return 7; }) == 7);
  REQUIRE(exit_code_of([]() -> int { throw UsageError("word"); }) == 2);
  REQUIRE(exit_code_of([]() -> int { throw Interrupted("stopped"); }) == 130);
  REQUIRE(exit_code_of([]() -> int { throw Error("who", "got", "want", "todo"); }) == 1);
  REQUIRE_THROWS_AS(on_command_line([] { throw Error("who", "got", "want", "todo"); }), UsageError);
}

TEST_CASE("settings come as NAME=VALUE, devices by word", "[study]") {
  REQUIRE(parse_sets({"a.b=1", "c=", "d=e=f"}) == std::vector<Assignment>{{"a.b", "1"}, {"c", ""}, {"d", "e=f"}});
  REQUIRE_THROWS_WITH(parse_sets({"a.b"}), Contains("NAME=VALUE"));
  REQUIRE(parse_device("cpu") == at::kCPU);
  REQUIRE_THROWS_WITH(parse_device("gpu"), Contains("cpu or cuda"));
}

TEST_CASE("the menus of a design are its policies that a word can choose", "[study]") {
  AnyDesign design;
  const Menus menus = menus_of(design);
  REQUIRE(menus.size() == 6);
  REQUIRE(menus.front() == std::pair<std::string, std::vector<std::string_view>>{"schedule", {"vp", "ve", "edm"}});
  REQUIRE(choose_by_word(design, "schedule", "edm"));
  REQUIRE(design.schedule.name == "edm");
  REQUIRE_FALSE(choose_by_word(design, "colour", "red"));
  REQUIRE_THROWS_WITH(choose_by_word(design, "sampler", "red"), Contains("heun"));
}
