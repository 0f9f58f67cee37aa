// SPDX-License-Identifier: MIT
#include <diffmem/core/file.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/measure/detail/nearer.hpp>
#include <diffmem/report/detail/copies.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffmem {
namespace report_copies {

std::vector<Row> rows_of(const MeasuredImages& measured) {
  const auto values = static_cast<double>(measured.images.set.image_size());
  const Neighbours& near = measured.found.neighbours;
  std::vector<Row> rows;
  for (std::size_t i = 0; i < measured.images.files.size(); ++i) {
    const auto first = static_cast<double>(near.squared[2 * i]), second = static_cast<double>(near.squared[2 * i + 1]);
    rows.push_back({.image = i,
                    .nearest = static_cast<std::size_t>(near.index[2 * i]),
                    .second = static_cast<std::size_t>(near.index[2 * i + 1]),
                    .d1 = std::sqrt(first / values),
                    .d2 = std::sqrt(second / values),
                    .ratio = second > 0 ? std::sqrt(first / second) : std::numeric_limits<double>::quiet_NaN(),
                    .memorized = measured.found.flags[i] != 0,
                    .copy = measured.copies.flags[i] != 0,
                    .apart = measured.copies.apart[i],
                    .d2_apart = measured.copies.apart[i] < 0
                                    ? std::numeric_limits<double>::quiet_NaN()
                                    : std::sqrt(static_cast<double>(measured.copies.squared_apart[i]) / values)});
  }
  return rows;
}

std::vector<Row> by_ratio(const CopiesRecord& record) {
  std::vector<Row> rows = rows_of(record.generated);
  std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
    const double first = a.decided(), second = b.decided();
    if (std::isnan(first) || std::isnan(second)) return !std::isnan(first) && std::isnan(second);
    return std::pair(first, a.d1) < std::pair(second, b.d1);
  });
  return rows;
}

std::vector<Group> groups_of(const CopiesRecord& record) {
  std::vector<Group> groups{{"generated", &record.generated}};
  if (record.held_out) groups.push_back({"held-out", &*record.held_out});
  return groups;
}

std::string threshold_text(double threshold) {
  const std::string text = fmt::format("{}", threshold);
  const auto [p, q] = detail::fraction_of(threshold);
  return q > 0 && text.size() > 8 ? fmt::format("{}/{}", p, q) : text;
}

}  // namespace report_copies

using namespace report_copies;
using namespace report_text;

namespace {

std::string interval_text(const Interval& interval) {
  return fmt::format("{}–{}", percent(interval.low), percent(interval.high));
}

nlohmann::ordered_json object(const std::vector<std::pair<std::string, std::string>>& pairs) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const auto& [name, value] : pairs) all[name] = value;
  return all;
}

nlohmann::ordered_json skipped(const FolderImages& images) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& [file, reason] : images.skipped) all.push_back({{"file", file}, {"reason", reason}});
  return all;
}

/// How many of some images are copies.
struct Count {
  std::int64_t number, images;
  double ratio;
  Interval interval;

  template <class Found>
  Count(const Found& found, std::int64_t number_)
      : number(number_), images(found.images), ratio(found.ratio), interval(found.interval) {}
};
/// With twins set aside, or by the ratio alone.
Count count_of(const MeasuredImages& measured, bool aside) {
  return aside ? Count(measured.copies, measured.copies.copies) : Count(measured.found, measured.found.memorized);
}

/// What the held-out images say of a count, if there are any.
std::string beside_chance(const CopiesRecord& record, bool aside) {
  if (!record.held_out) return "";
  const Count count = count_of(record.generated, aside), chance = count_of(*record.held_out, aside);
  const Interval more = difference_interval(count.number, count.images, chance.number, chance.images);
  return fmt::format(", {} % ({} %) of the held-out images; the difference is {} to {} points", percent(chance.ratio),
                     interval_text(chance.interval), percent(more.low), percent(more.high));
}

/// Copies of what the training set holds twice, where nothing else is near enough to compare with.
std::int64_t undecided(const MeasuredImages& measured) {
  std::int64_t copies = 0;
  for (std::size_t i = 0; i < measured.copies.flags.size(); ++i)
    copies += measured.copies.flags[i] != 0 && measured.found.neighbours.squared[2 * i + 1] == 0;
  return measured.found.zero_second - copies;
}

}  // namespace

std::string copies_verdict(const CopiesRecord& record) {
  const auto hidden = [](const MeasuredImages& m) { return m.copies.copies != m.found.memorized; };
  const bool twins = hidden(record.generated) || (record.held_out && hidden(*record.held_out));
  const Count count = count_of(record.generated, twins);
  const std::string near =
      fmt::format("nearer to one training image than {} of the distance to the next", threshold_text(record.threshold));
  std::string out = fmt::format("{} of {} generated images ({} %, 95 % interval {} %) are ", count_text(count.number),
                                count_text(count.images), percent(count.ratio), interval_text(count.interval));
  out += twins ? "copies of a training image, twins of it set aside. " : fmt::format("replicas: {}. ", near);
  const std::int64_t equal = undecided(record.generated);
  const std::string open =
      equal > 0 ? fmt::format(
                      "{} equal{} two training images, between which no ratio can tell: leave such duplicates "
                      "out (--exact-duplicates drop).",
                      count_text(equal), equal == 1 ? "s" : "")
                : "";
  if (record.held_out) {
    const Count chance = count_of(*record.held_out, twins);
    const Interval more = difference_interval(count.number, count.images, chance.number, chance.images);
    out += fmt::format("Of the held-out images, which the model never saw, {} % ({} %) are so by chance: ",
                       percent(chance.ratio), interval_text(chance.interval));
    out += more.low > 0    ? fmt::format("the model memorizes, {} to {} % of what it generates.", percent(more.low),
                                         percent(more.high))
           : !open.empty() ? open
           : more.high < 0 ? "the generated images copy less than that."
                           : "no more copying than chance explains was found.";
  } else if (count.number > 0) {
    out += "How many would be so by chance, --held-out tells.";
  } else {
    out += open.empty() ? "No memorization was found." : open;
  }
  if (!twins) return out;
  const Count plain = count_of(record.generated, false);
  return out + fmt::format(" By the ratio alone ({}), from which twins hide copies, {} ({} %, {} %) are{}.", near,
                           count_text(plain.number), percent(plain.ratio), interval_text(plain.interval),
                           beside_chance(record, false));
}

std::string copies_table(const CopiesRecord& record) {
  std::string out = fmt::format("{:<10}  {:>9}  {:>7}  {:>9}  {:>5}  {:>10}  {:>6}  {:>5}  {:>10}  {:>6}\n", "folder",
                                "images", "skipped", "memorized", "%", "95 % int.", "copies", "%", "95 % int.", "KNN");
  for (const auto& [name, measured] : groups_of(record)) {
    const auto& [images, found, copies] = *measured;
    out += fmt::format("{:<10}  {:>9}  {:>7}  {:>9}  {:>5}  {:>10}  {:>6}  {:>5}  {:>10}  {:>6}\n", name,
                       count_text(found.images), count_text(static_cast<std::int64_t>(measured->images.skipped.size())),
                       count_text(found.memorized), percent(found.ratio), interval_text(found.interval),
                       count_text(copies.copies), percent(copies.ratio), interval_text(copies.interval),
                       number(found.knn_distance));
  }
  out += fmt::format("{:<10}  {:>9}  {:>7}\n", "training", count_text(record.training.set.count),
                     count_text(static_cast<std::int64_t>(record.training.skipped.size())));
  if (record.duplicates > 0)
    out += fmt::format("{} of the training images equal an earlier one and are left out.\n",
                       count_text(record.duplicates));
  for (const auto& [name, measured] : groups_of(record))
    if (measured->found.zero_second > 0)
      out += fmt::format(
          "{} {} {} two training images at distance 0: not memorized by the ratio (--exact-duplicates "
          "drop).\n",
          count_text(measured->found.zero_second), name,
          measured->found.zero_second == 1 ? "image has" : "images have");
  return out + "\n" + copies_verdict(record) + "\n";
}

std::string copies_csv(const CopiesRecord& record, const MeasuredImages& measured) {
  std::string out = "file,nearest,second,d1,d2,ratio,memorized,copy,apart,d2_apart\r\n";
  const auto& files = record.training.files;
  for (const Row& row : rows_of(measured))
    out += fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(measured.images.files[row.image]),
                       csv_field(files[row.nearest]), csv_field(files[row.second]), csv_field(row.d1),
                       csv_field(row.d2), csv_field(row.ratio), row.memorized ? 1 : 0, row.copy ? 1 : 0,
                       row.apart < 0 ? "" : csv_field(files[static_cast<std::size_t>(row.apart)]),
                       csv_field(row.d2_apart));
  return out;
}

std::string copies_json(const CopiesRecord& record) {
  nlohmann::ordered_json all;
  all["date"] = record.date;
  all["command"] = record.command;
  all["verdict"] = copies_verdict(record);
  all["threshold"] = record.threshold;
  const ImageSet& training = record.training.set;
  all["shape"] = {training.channels, training.height, training.width};
  all["training"] = {{"images", training.count},
                     {"digest", record.training_digest.empty() ? training.digest() : record.training_digest},
                     {"duplicates", record.duplicates},
                     {"spacing", record.spacing},
                     {"skipped", skipped(record.training)}};
  for (const auto& [name, measured] : groups_of(record)) {
    const Memorization& found = measured->found;
    all[std::string(name)] = {{"images", found.images},
                              {"digest", measured->images.set.digest()},
                              {"memorized", found.memorized},
                              {"copies", measured->copies.copies},
                              {"copy_ratio", measured->copies.ratio},
                              {"copy_ratio_low", measured->copies.interval.low},
                              {"copy_ratio_high", measured->copies.interval.high},
                              {"zero_second", found.zero_second},
                              {"ratio", found.ratio},
                              {"ratio_low", found.interval.low},
                              {"ratio_high", found.interval.high},
                              {"knn_distance", found.knn_distance},
                              {"skipped", skipped(measured->images)}};
  }
  if (record.held_out) {
    const auto &generated = record.generated.copies, &held_out = record.held_out->copies;
    const Interval more = difference_interval(record.generated.found.memorized, generated.images,
                                              record.held_out->found.memorized, held_out.images),
                   copied = difference_interval(generated.copies, generated.images, held_out.copies, held_out.images);
    all["generated_less_held_out"] = {
        {"low", more.low}, {"high", more.high}, {"copies_low", copied.low}, {"copies_high", copied.high}};
  }
  all["settings"] = object(record.settings);
  all["made_with"] = object(record.machine);
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void write_copies(const CopiesRecord& record, const std::filesystem::path& folder) {
  const std::string histogram = ratio_histogram(record), page = copies_html(record, histogram);
  make_folder(folder);
  write_file_atomically(folder / "results.csv", copies_csv(record, record.generated));
  if (record.held_out) write_file_atomically(folder / "held-out.csv", copies_csv(record, *record.held_out));
  write_file_atomically(folder / "results.json", copies_json(record));
  write_file_atomically(folder / "histogram.svg", histogram);
  write_file_atomically(folder / "neighbours.svg", neighbour_picture(record));
  write_file_atomically(folder / "report.html", page);
}

}  // namespace diffmem
