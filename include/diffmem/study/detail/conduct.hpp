// SPDX-License-Identifier: MIT
// Running grids: of one study, or of many at once.
#pragma once
#include <diffmem/study/detail/cells.hpp>

#include <string>
#include <vector>

namespace diffmem {

/// What is run first.
enum class Priority {
  longest,   ///< so that no worker is left with one at the end
  cheapest,  ///< so that there is something to read early
};

/// Makes the runs of the grids that are not done, each once, or with options.dry_run only prints them; then writes a report
/// for each.  `command` is how it was asked for; `refused` are errors of studies that have no grid, to be repeated at the
/// end.  0, or 1 if anything failed; Interrupted after Ctrl-C.
int conduct(const std::vector<StudyGrid>& grids, TrainingSets& sets, const Options& options, Priority priority,
            const std::string& command, const std::vector<std::string>& refused = {});

/// The command as it was typed, but for the program's folder.
std::string command_text(int argc, char** argv);

}  // namespace diffmem
