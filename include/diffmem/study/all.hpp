// SPDX-License-Identifier: MIT
// Studies that a program finds by itself: each source file registers one, and one main() serves them all.
#pragma once
#include <diffmem/study/study.hpp>

#include <vector>

namespace diffmem {

/// Makes a study known to the program that it is linked into:
///
///     const Registered study = Study("width").question(...) ... ;
struct Registered {
  Registered(StudyBase study);  // NOLINT(google-explicit-constructor): reads as the study itself
};

/// Those known to this program.
const std::vector<StudyBase>& registered_studies();

/// What main() does: runs the only registered study, or, of several, all that is not done, cheapest first, each run that
/// studies share once.  Exit codes as of StudyBase::run().
int run_registered(int argc, char** argv);

}  // namespace diffmem
