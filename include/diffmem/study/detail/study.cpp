// SPDX-License-Identifier: MIT
#include <diffmem/study/all.hpp>
#include <diffmem/study/detail/conduct.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace diffmem {
namespace {

std::vector<StudyBase>& registered() {
  static std::vector<StudyBase> studies;
  return studies;
}

int run_all(int argc, char** argv) {
  std::vector<std::string> only, names;
  const std::optional<Options> options = parse_all_options(argc, argv, only);
  if (!options) return 0;
  std::vector<StudyBase>& studies = registered();
  std::ranges::sort(studies, {}, &StudyBase::name);
  for (const StudyBase& study : studies) names.push_back(study.name);
  for (const std::string& name : only)
    if (std::ranges::find(names, name) == names.end())
      throw UsageError(
          fmt::format("--only {}: no such study; want one of {}; correct the name", name, fmt::join(names, ", ")));
  TrainingSets sets(options->dry_run);
  std::vector<StudyGrid> grids;
  std::vector<std::string> refused;
  for (const StudyBase& study : studies)
    if (only.empty() || std::ranges::find(only, study.name) != only.end()) try {
        grids.push_back(grid_of(study, *options, sets, study.name + ": "));
      } catch (const Error& e) {  // such as a data set that is not there: the others go on
        refused.push_back(fmt::format("{}: {}", study.name, e.what()));
        fmt::print(stderr, "left out: {}\n", refused.back());
      }
  return conduct(grids, sets, *options, Priority::cheapest, command_text(argc, argv), refused);
}

}  // namespace

int StudyBase::run(int argc, char** argv) const {
  return exit_code_of([&] {
    const std::optional<Options> options = parse_options(argc, argv, name, about, menus);
    if (!options) return 0;
    TrainingSets sets(options->dry_run);
    std::vector<StudyGrid> grids;
    grids.push_back(grid_of(*this, *options, sets));
    return conduct(grids, sets, *options, Priority::longest, command_text(argc, argv));
  });
}

Registered::Registered(StudyBase study) { registered().push_back(std::move(study)); }

const std::vector<StudyBase>& registered_studies() { return registered(); }

int run_registered(int argc, char** argv) {
  if (registered().size() == 1) return registered().front().run(argc, argv);
  return exit_code_of([&] { return run_all(argc, argv); });
}

}  // namespace diffmem
