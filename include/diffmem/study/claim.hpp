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
  held,       ///< the 95 % interval lies on the claim's side
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
  std::function<Verdict(const Results&, Measure)> test;
  bool has_knn_view = true;  ///< it can be turned round for KNN distances
};

/// Below, "more" is more memorization: a higher ratio, or a smaller KNN distance.  Every test is of values that are one for
/// each training seed, the mean over the cells that are selected; differences have Welch's interval of 95 %, single means
/// Student's.  Fewer than two seeds decide nothing: images of one network are no sample of networks.
namespace claim {

/// `a` memorizes more than `b`.
Claim more(std::string text, Where a, Where b);
/// The same, each label of `axis` by itself: held if held for all, not held if for one.
Claim more_each(std::string text, std::string_view axis, Where a, Where b);
/// Memorization rises (falls) along the labels of `axis`, in the grid's order: the last is more (less) than the first, and
/// no step between neighbours is certainly the other way.
Claim rises(std::string text, std::string axis, Where among = "");
Claim falls(std::string text, std::string axis, Where among = "");
/// The EMM rises (falls) along `axis`.  Only of ratios.
Claim emm_rises(std::string text, std::string axis, Where among = "");
Claim emm_falls(std::string text, std::string axis, Where among = "");
/// The EMM of `a` is larger than that of `b`.  Only of ratios.
Claim emm_larger(std::string text, Where a, Where b);
/// The ratio, 0..1, of every selected cell is at least (at most) `bound`.  Only of ratios.
Claim at_least(std::string text, Where where, double bound);
Claim at_most(std::string text, Where where, double bound);
/// The same as at_least() of the images whose nearest training image is in the training set once.  Only of ratios.
Claim at_least_but_twins(std::string text, Where where, double bound);
/// The ratios of `a` and `b` differ by less than `margin`.  Only of ratios.
Claim alike(std::string text, Where a, Where b, double margin);
/// The ratios of the cells of `a` differ more among themselves (standard deviation) than those of `b`.  Only of ratios.
Claim spreads_more(std::string text, Where a, Where b);
/// The ratio's standard deviation over samples, as `where` selects them ("images=10000"), is at most `bound`, 0..1.  It is a
/// bootstrap of each run's own images: one training seed is enough.  Only of ratios.
Claim settled(std::string text, Where where, double bound);
/// The ratio's standard deviation over training seeds is at most `bound`, 0..1, in every selected cell: it certainly is
/// where the upper end of its interval of 95 % (by chi-squared) is.  Only of ratios.
Claim steady(std::string text, Where where, double bound);
/// Some label of `axis` that is neither first nor last has more memorization than both.
Claim peaks_inside(std::string text, std::string axis, Where among = "");

}  // namespace claim
}  // namespace diffmem
