// SPDX-License-Identifier: MIT
// Claims of the paper, as code: what must be larger than what, decided by an interval over training seeds.
#pragma once
#include <diffmem/study/results.hpp>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// What became of a claim.
enum class Outcome {
  held,       ///< the interval lies on the claim's side
  not_held,   ///< it lies on the other side
  undecided,  ///< it holds both, or the grid of this scale cannot tell
};
inline constexpr std::array<std::string_view, 3> kOutcomeWords{"held", "not held", "undecided at this scale"};
constexpr const auto& words_of(Outcome) { return kOutcomeWords; }

struct Verdict {
  Outcome outcome = Outcome::undecided;
  std::string reason;  ///< numbers and interval, or what is missing
};

/// A statement about results.
struct Claim {
  std::string text;  ///< as the paper says it
  std::function<Verdict(const Results&, Measure, double confidence)> test;
  bool has_knn_view = true;  ///< it can be turned round for KNN distances

  Verdict operator()(const Results& results, Measure measure = Measure::ratio, double confidence = 0.95) const {
    return test(results, measure, confidence);
  }
};

/// Below, "more" is more memorization: a higher ratio, or a smaller KNN distance.  Every test is of values that are one for
/// each training seed: fewer than two seeds decide nothing, since images of one network are no sample of networks.
/// Differences have Welch's interval of 95 %, single means Student's, neither narrower than the number of images allows.
/// What is compared is compared at the places that both sides have, as means over these; a selected run that is not
/// finished leaves a claim undecided.  "Not held" that follows from any of several tests has Bonferroni's confidence.
namespace claim {

/// `a` memorizes more than `b`.
Claim more(std::string text, Where a, Where b);
/// Memorization rises (falls) along the labels of `axis`, in the grid's order: the last is more (less) than the first, and
/// no step between neighbours is certainly the other way.
Claim rises(std::string text, std::string axis, Where among = "");
Claim falls(std::string text, std::string axis, Where among = "");
/// Some label of `axis` that is neither first nor last has more memorization than both.
Claim peaks_inside(std::string text, std::string axis, Where among = "");
/// Some label of `axis` has less memorization than one before it and one after it: there are two peaks or more.
Claim several_peaks(std::string text, std::string axis, Where among = "");
/// The ratios of `a` and `b` differ by less than `margin`; KNN distances, if `knn_margin` is given, by less than that many
/// grey levels.
Claim alike(std::string text, Where a, Where b, double margin, double knn_margin = 0);
/// The same of each label of `axis` and the first, wherever on the grid both are: at each size by itself, for one.
Claim flat(std::string text, std::string axis, Where among, double margin, double knn_margin = 0);

// From here on only of ratios, 0..1.

/// The EMM rises (falls) along `axis`; that of `a` is larger than that of `b`; it is `low` to `high` times as large.
Claim emm_rises(std::string text, std::string axis, Where among = "");
Claim emm_falls(std::string text, std::string axis, Where among = "");
Claim emm_larger(std::string text, Where a, Where b);
Claim emm_times(std::string text, Where a, Where b, double low, double high);
/// The EMM of every selected curve is in `low` to `high` images.
Claim emm_between(std::string text, Where where, double low, double high);
/// The ratio of every selected cell is at least (at most) `bound`; within `margin` of `value`.
Claim at_least(std::string text, Where where, double bound);
Claim at_most(std::string text, Where where, double bound);
Claim near(std::string text, Where where, double value, double margin);
/// The same as at_least() of the highest ratio in the first `share` of training, 0..1.
Claim at_least_within(std::string text, Where where, double bound, double share);
/// The same as at_least() of the images whose nearest training image is in the training set once.
Claim at_least_but_twins(std::string text, Where where, double bound);
/// The KNN distance of every selected cell is at most `levels`, in grey levels.
Claim lands(std::string text, Where where, double levels);
/// The last label of `axis` is ahead of the first through all of training: in the mean over the evaluations, and at none
/// certainly behind.
Claim ahead(std::string text, std::string axis, Where among = "");
/// Some label of `axis` is behind an earlier one through all of training.
Claim overtaken(std::string text, std::string axis, Where among = "");
/// The ratios of the cells of `a` differ more among themselves (standard deviation) than those of `b`.
Claim spreads_more(std::string text, Where a, Where b);
/// The ratio's standard deviation over samples, as `where` selects them ("images=10000"), is at most `bound`.  It is a
/// bootstrap of each run's own images: one training seed is enough.
Claim settled(std::string text, Where where, double bound);
/// The ratio's standard deviation over training seeds, without what the number of images adds, is at most `bound` in every
/// selected cell (by chi-squared).
Claim steady(std::string text, Where where, double bound);

/// The claim for each label of `axis`, of those that `among` has, by itself: held if held for all, not held if for one.
Claim each(std::string axis, Claim claim, Where among = "");

}  // namespace claim
}  // namespace diffmem
