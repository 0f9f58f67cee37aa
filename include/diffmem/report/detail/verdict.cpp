// SPDX-License-Identifier: MIT
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/detail/verdict.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem::report_text {
namespace {

constexpr std::string_view held = "held", not_held = "not held";

}  // namespace

std::string score(const ReportRecord& report) {
  if (report.claims.empty()) return "";
  std::vector<std::string> others;
  for (const auto& claim : report.claims)
    if (claim.outcome != held && std::ranges::find(others, claim.outcome) == others.end())
      others.push_back(claim.outcome);
  const auto count = [&](std::string_view outcome) {
    return std::ranges::count(report.claims, outcome, &ClaimRecord::outcome);
  };
  std::string text = fmt::format("{} of {} {} held", count(held), report.claims.size(),
                                 report.claims.size() == 1 ? "claim" : "claims");
  for (const auto& outcome : others) text += fmt::format(", {} {}", count(outcome), outcome);
  return text;
}

std::string_view sign_of(std::string_view outcome) { return outcome == held ? "✓" : outcome == not_held ? "✗" : "?"; }

std::string verdict(std::string_view outcome) {
  return fmt::format("<span class=\"verdict {}\">{} {}</span>",
                     outcome == held       ? "held"
                     : outcome == not_held ? "broken"
                                           : "open",
                     sign_of(outcome), report_page::safe(outcome));
}

std::string claim_list(const ReportRecord& report, bool reasons) {
  using report_page::safe;
  if (report.claims.empty()) return "";
  std::string out = "<ul class=\"claims\">\n";
  for (const auto& claim : report.claims) {
    out += fmt::format("<li>{}<span>{}</span>", verdict(claim.outcome), safe(claim.text));
    if (reasons && !claim.reason.empty()) out += fmt::format("<span class=\"soft\">{}</span>", safe(claim.reason));
    if (reasons && !claim.knn_outcome.empty())
      out += fmt::format("<span class=\"soft\">By KNN distances: <b>{} {}</b>{}{}</span>", sign_of(claim.knn_outcome),
                         safe(claim.knn_outcome), claim.knn_reason.empty() ? "" : "; ", safe(claim.knn_reason));
    out += "</li>\n";
  }
  return out + "</ul>\n";
}

}  // namespace diffmem::report_text
