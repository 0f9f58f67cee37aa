// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/study/detail/slurm.hpp>

#include <cstdlib>

using namespace diffmem;
using Catch::Matchers::Contains;

namespace {

SlurmJob job() {
  return {.name = "width",
          .folder = "/home/me/it's here",
          .logs = "/shared/out",
          .command = {"/bin/width", "--set", "train.lr=1e-3"},
          .options = {"--partition=long"},
          .tasks = 3,
          .cores = 4,
          .seconds = 3600,
          .step_seconds = 5,
          .bytes = 2e9};
}

}  // namespace

TEST_CASE("the script asks for what the plan says, with a margin", "[study]") {
  const std::string text = slurm_script(job());
  for (const char* line :
       {"--job-name=width", "--array=0-2", "--cpus-per-task=4", "--mem=4000M", "--time=0-01:40:00", "--signal=TERM@40",
        "--requeue", "--partition=long", "--output='/shared/out/slurm-%A_%a.log'"})
    REQUIRE_THAT(text, Contains(std::string("\n#SBATCH ") + line + "\n"));
  REQUIRE_THAT(text, !Contains("--gres"));
  REQUIRE_THAT(text, Contains("\nsrun --cpus-per-task=4 '/bin/width' '--set' 'train.lr=1e-3'\n"));

  SlurmJob more = job();
  more.gpu = true, more.seconds *= 40, more.bytes *= 10;
  REQUIRE_THAT(slurm_script(more),
               Contains("\n#SBATCH --gres=gpu:1\n") && Contains("--time=2-12:10:00\n") && Contains("--mem=31000M\n"));
}

TEST_CASE("the script is one that bash runs: in its folder, with the program's code, and 130 asks for another go",
          "[study]") {
  const TestFolder scratch;
  SlurmJob here = job();
  here.folder = scratch.path / "it's here";
  std::filesystem::create_directories(here.folder);
  here.command = {"sh", "-c", "pwd >place; exit $CODE"};
  scratch.write("script", slurm_script(here));
  for (const char* tool : {"srun", "scontrol"})
    scratch.write(std::string("bin/") + tool, std::string("#!/bin/sh\necho ") + tool + " $* >>'" +
                                                  (scratch.path / "called").string() + "'\n" +
                                                  (tool == std::string("srun") ? "shift; exec \"$@\"\n" : ""));
  const std::string with =
      "chmod +x '" + scratch.path.string() + "'/bin/*; PATH='" + scratch.path.string() + "/bin':$PATH ";
  const auto run = [&](const std::string& variables) {
    std::filesystem::remove(scratch.path / "called");
    const int code = std::system((with + variables + " bash '" + (scratch.path / "script").string() + "'").c_str());
    return WEXITSTATUS(code);
  };
  REQUIRE(run("CODE=0") == 0);
  REQUIRE(read_file(here.folder / "place") == here.folder.string() + "\n");
  REQUIRE_THAT(read_file(scratch.path / "called"), !Contains("requeue"));
  REQUIRE(run("CODE=1 SLURM_JOB_ID=7") == 1);
  REQUIRE_THAT(read_file(scratch.path / "called"), !Contains("requeue"));
  REQUIRE(run("CODE=130 SLURM_JOB_ID=7") == 130);
  REQUIRE_THAT(read_file(scratch.path / "called"), Contains("scontrol requeue 7\n"));
  REQUIRE(run("CODE=130 SLURM_JOB_ID=7 SLURM_RESTART_COUNT=100") == 130);
  REQUIRE_THAT(read_file(scratch.path / "called"), !Contains("requeue"));
}
