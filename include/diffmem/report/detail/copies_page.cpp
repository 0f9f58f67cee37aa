// SPDX-License-Identifier: MIT
#include <diffmem/core/text.hpp>
#include <diffmem/report/detail/copies.hpp>
#include <diffmem/report/detail/page.hpp>
#include <diffmem/report/detail/script.hpp>
#include <diffmem/report/detail/svg.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

namespace diffmem {

using namespace report_copies;
using namespace report_page;
using namespace report_text;

namespace {

constexpr std::size_t kShown = 24;    // generated images in the picture
constexpr std::size_t kListed = 200;  // of a kind in the page's table; results.csv has all
constexpr int kBins = 40;             // of d1/d2 in 0..1

/// What stands beside the nearest: the second nearest, or the nearest that is no twin.
std::size_t third_of(const Row& row) { return row.hidden() ? static_cast<std::size_t>(row.apart) : row.second; }

/// The share of images, %, whose ratio lies in each bin, as the corners of a stair.
std::vector<report_plot::Point> stairs(const MeasuredImages& measured) {
  std::vector<double> bins(kBins);
  for (const Row& row : rows_of(measured))
    if (std::isfinite(row.ratio))
      bins[static_cast<std::size_t>(std::min(kBins - 1, static_cast<int>(row.ratio * kBins)))] +=
          100.0 / static_cast<double>(measured.found.images);
  std::vector<report_plot::Point> points{{0, 0}};
  for (std::size_t i = 0; i < bins.size(); ++i) {
    points.push_back({static_cast<double>(i) / kBins, bins[i]});
    points.push_back({static_cast<double>(i + 1) / kBins, bins[i]});
  }
  points.push_back({1, 0});
  return points;
}

std::string table(const CopiesRecord& record) {
  std::string out =
      "<section>\n<h2>Numbers</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of "
      "numbers\">\n<table>\n<thead><tr>";
  for (const std::string_view head :
       {"folder", "images", "skipped", "memorized", "memorized,<br>%", "95 %<br>interval", "copies", "copies,<br>%",
        "95 %<br>interval", "zero<br>second", "KNN<br>distance"})
    out += fmt::format("<th scope=\"col\">{}</th>", head);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& [name, measured] : groups_of(record)) {
    const auto& [images, found, copies] = *measured;
    out += fmt::format(
        "<tr><th "
        "scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}–{}</td><td>{}</td><td>{}</td>"
        "<td>{}–{}</td><td>{}</td><td>{}</td></tr>\n",
        name, count_text(found.images), count_text(static_cast<std::int64_t>(images.skipped.size())),
        count_text(found.memorized), percent(found.ratio), percent(found.interval.low), percent(found.interval.high),
        count_text(copies.copies), percent(copies.ratio), percent(copies.interval.low), percent(copies.interval.high),
        count_text(found.zero_second), number(found.knn_distance));
  }
  return out +
         fmt::format(
             "</tbody>\n</table>\n</div>\n<p class=\"soft\">Compared with {0} training images; {1} that equal an "
             "earlier one were left out, and {2} files that could not be used.</p>\n<p "
             "class=\"soft\"><b>Memorized</b>: "
             "d<sub>1</sub>/d<sub>2</sub> &lt; {3}, where d<sub>1</sub> and d<sub>2</sub> are the Euclidean distances "
             "to "
             "the nearest and the second nearest training image. Where d<sub>2</sub> = 0 (zero second) an image never "
             "counts.</p>\n<p class=\"soft\"><b>Copies</b>: those, and images with d<sub>1</sub> below {3} of the "
             "distance to the nearest training image that is no twin of the nearest. Twins are within {4} grey levels, "
             "the median distance of a training image to its nearest other. d<sub>1</sub> must also be below {3} of "
             "the "
             "distance to an image of one colour, to which all that is faint is near, or below one grey level.</p>\n"
             "<p class=\"soft\"><b>KNN distance</b>: the mean of d<sub>1</sub> divided by the root of the number of "
             "pixel values, in 8-bit grey levels. Every image's numbers are in <code>results.csv</code>.</p>\n"
             "</section>\n",
             count_text(record.training.set.count), count_text(record.duplicates),
             count_text(static_cast<std::int64_t>(record.training.skipped.size())), threshold_text(record.threshold),
             number(record.spacing));
}

/// The first of `rows` as pictures, under a heading and a sentence.
std::string pictures(const CopiesRecord& record, const std::vector<Row>& rows, std::string_view heading,
                     std::string_view said) {
  std::string cells;
  for (std::size_t i = 0; i < std::min(kShown, rows.size()); ++i)
    cells += fmt::format("<li>{}</li>\n", inline_svg(neighbour_cell(record, rows[i])));
  return fmt::format("<section>\n<h2>{}</h2>\n<p>{}</p>\n<ol class=\"neighbours\">\n{}</ol>\n</section>\n", heading,
                     said, cells);
}

std::vector<Row> those(std::vector<Row> rows, bool hidden) {
  std::erase_if(rows, [&](const Row& row) { return hidden ? !row.hidden() : !row.memorized; });
  return rows;
}

/// As many as are shown, from the first to the last.
std::vector<Row> spread(const std::vector<Row>& rows) {
  if (rows.size() <= kShown) return rows;
  std::vector<Row> some;
  for (std::size_t i = 0; i < kShown; ++i) some.push_back(rows[i * (rows.size() - 1) / (kShown - 1)]);
  return some;
}

/// The first rows whose copies no twin hides.
std::vector<Row> plain_rows(const CopiesRecord& record) {
  std::vector<Row> rows = by_ratio(record);
  std::erase_if(rows, [](const Row& row) { return row.hidden(); });
  return rows;
}

std::string all_pictures(const CopiesRecord& record) {
  const std::vector<Row> rows = plain_rows(record), hidden = those(by_ratio(record), true);
  std::string out;
  if (!rows.empty())
    out += pictures(record, rows, "The most copied generated images",
                    "Of each three: a generated image, with d<sub>1</sub>/d<sub>2</sub>; its nearest training image, "
                    "with d<sub>1</sub>; its second nearest, with d<sub>2</sub>. Distances are in grey levels a pixel "
                    "value. <span class=\"key\"></span> Framed: memorized. Lowest ratios first.");
  if (!hidden.empty())
    out += pictures(record, spread(hidden), "Copies that twins hide",
                    "<span class=\"key dashed\"></span> The nearest training image has twins, so that the second "
                    "nearest is nearly as near. The third image is the nearest that is no twin, with its distance; "
                    "the ratio is to that. From the lowest ratio to the highest.");
  return out;
}

/// A table of `rows`.
std::string list(const CopiesRecord& record, std::string_view what, std::string_view second,
                 const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  std::string lines;
  for (const Row& row : std::span(rows).first(std::min(kListed, rows.size())))
    lines += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                         safe(record.generated.images.files[row.image]), safe(record.training.files[row.nearest]),
                         number(row.d1), number(row.hidden() ? row.d2_apart : row.d2), number(row.decided()));
  return fmt::format(
      "<details>\n<summary>The {} {}{}</summary>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"own\">"
      "<thead><tr><th scope=\"col\">generated image</th><th scope=\"col\">nearest training image</th>"
      "<th scope=\"col\">d<sub>1</sub></th><th scope=\"col\">{}</th><th scope=\"col\">ratio</th></tr></thead>\n"
      "<tbody>\n{}</tbody></table></div>\n</details>\n",
      count_text(static_cast<std::int64_t>(rows.size())), what,
      rows.size() > kListed ? fmt::format(", the first {}", kListed) : "", second, lines);
}

std::string all_details(const CopiesRecord& record) {
  Facts broken;
  const auto add = [&](std::string_view folder, const FolderImages& images) {
    for (const auto& [file, reason] : images.skipped) broken.emplace_back(fmt::format("{}: {}", folder, file), reason);
  };
  add("training", record.training);
  for (const auto& [name, measured] : groups_of(record)) add(name, measured->images);
  Facts origin = record.machine;
  origin.insert(origin.begin(), {{"date", record.date}, {"command", record.command}});
  return "<section>\n<h2>Details</h2>\n" +
         list(record, "memorized images", "d<sub>2</sub>", those(by_ratio(record), false)) +
         list(record, "copies that twins hide", "to no twin", those(by_ratio(record), true)) +
         details("Files that could not be used", broken) + details("Settings", record.settings) +
         details("Versions and machine", origin) + "</section>\n";
}

}  // namespace

std::vector<std::int64_t> pictured(const CopiesRecord& record) {
  std::set<std::int64_t> shown;
  const auto show = [&](const std::vector<Row>& rows) {
    for (const Row& row : std::span(rows).first(std::min(kShown, rows.size())))
      for (const std::size_t i : {row.nearest, third_of(row)}) shown.insert(static_cast<std::int64_t>(i));
  };
  show(by_ratio(record)), show(plain_rows(record)), show(spread(those(by_ratio(record), true)));
  return {shown.begin(), shown.end()};
}

std::string report_copies::neighbour_cell(const CopiesRecord& record, const Row& row) {
  const ImageSet& generated = record.generated.images.set;
  const ImageSet& training = record.training.set;
  const std::size_t third = third_of(row);
  const auto pixels = [&](std::size_t i) {
    if (!record.here) return training.image(static_cast<std::int64_t>(i));
    const auto at = std::ranges::lower_bound(*record.here, static_cast<std::int64_t>(i)) - record.here->begin();
    const auto size = static_cast<std::size_t>(training.image_size());
    return std::span<const std::uint8_t>(training.pixels).subspan(static_cast<std::size_t>(at) * size, size);
  };
  const std::string name =
      fmt::format("{}, nearest {}, {} {}", record.generated.images.files[row.image], record.training.files[row.nearest],
                  row.hidden() ? "no twin" : "second", record.training.files[third]);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 {} {}\" "
      "role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n",
      kCellWidth, kCellHeight, safe(name), safe(name));
  if (row.copy)
    out += fmt::format(
        "<rect x=\"1\" y=\"1\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n",
        kCellWidth - 2, kCellHeight - 2, palette[1], row.hidden() ? " stroke-dasharray=\"5 3\"" : "");
  const auto draw = [&](int place, std::span<const std::uint8_t> image, const std::string& text) {
    const int left = 6 + 58 * place;
    const Bitmap picture = to_bitmap(image, static_cast<int>(training.channels), static_cast<int>(training.height),
                                     static_cast<int>(training.width));
    out += fmt::format(
        "<image x=\"{}\" y=\"6\" width=\"48\" height=\"48\" style=\"image-rendering: pixelated\" xlink:href=\"{}\"/>\n"
        "<text x=\"{}\" y=\"70\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"13\" "
        "fill=\"{}\">{}</text>\n",
        left, data_url(picture), left + 24, ink, text);
  };
  draw(0, generated.image(static_cast<std::int64_t>(row.image)),
       std::isfinite(row.decided()) ? fmt::format("{:.2f}", row.decided()) : std::string(missing));
  draw(1, pixels(row.nearest), number(row.d1));
  draw(2, pixels(third), number(row.hidden() ? row.d2_apart : row.d2));
  return out + "</svg>\n";
}

std::string neighbour_picture(const CopiesRecord& record) {
  constexpr int columns = 4, gap = 8;
  const auto rows = by_ratio(record);
  const int shown = static_cast<int>(std::min(kShown, rows.size())), lines = (shown + columns - 1) / columns;
  const int width = columns * (kCellWidth + gap) + gap, height = lines * (kCellHeight + gap) + gap;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{0}\" "
      "height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
      width, height);
  for (int i = 0; i < shown; ++i)
    out += fmt::format("<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\n{}</svg>\n",
                       gap + i % columns * (kCellWidth + gap), gap + i / columns * (kCellHeight + gap), kCellWidth,
                       kCellHeight, neighbour_cell(record, rows[static_cast<std::size_t>(i)]));
  return out + "</svg>\n";
}

std::string ratio_histogram(const CopiesRecord& record) {
  report_plot::Script script("d1 / d2", "images, %");
  script.line("set xrange [0:1]");
  script.line("set yrange [0:*]");
  script.line("set xtics 0.2");
  script.line("set arrow from {0:.10g}, graph 0 to {0:.10g}, graph 1 nohead dt 2 lw 1.5 lc rgb '{1}'", record.threshold,
              ink);
  const bool two = record.held_out.has_value();
  script.plot(stairs(record.generated),
              fmt::format("using 1:2 with filledcurves y1=0 fs solid 0.5 noborder lc rgb '{}'", palette[0]),
              two ? "generated" : "");
  if (two)
    script.plot(stairs(*record.held_out), fmt::format("using 1:2 with lines lw 2 lc rgb '{}'", palette[1]), "held-out");
  std::string alt = "How often each ratio of the distances to the nearest and second nearest training image comes.";
  for (const auto& [name, measured] : groups_of(record))
    alt += fmt::format(" {}: {} % below {}.", name, percent(measured->found.ratio), threshold_text(record.threshold));
  return script.draw("histogram", alt).svg;
}

std::string copies_html(const CopiesRecord& record, const std::string& histogram) {
  const std::string verdict = copies_verdict(record);
  const std::size_t first = verdict.find(". ") + 1;
  const bool twins = std::ranges::any_of(groups_of(record), [](const Group& group) {
    return group.measured->copies.copies != group.measured->found.memorized;
  });
  const std::string drawn = curve(
      histogram, "How near the nearest is",
      fmt::format("Share of images by d<sub>1</sub>/d<sub>2</sub>, in {} bins; left of the dashed line ({}) an image "
                  "is memorized. Images without like lie near 1; copies gather at 0{}.",
                  kBins, threshold_text(record.threshold),
                  twins ? ", but those that twins hide lie at their d<sub>1</sub>/d<sub>2</sub>, up to 1" : ""));
  return page(
      "Is the model memorizing?",
      fmt::format("<p class=\"soft\">{}, compared with {}</p>\n", safe(record.generated.images.set.name),
                  safe(record.training.set.name)),
      fmt::format("<section class=\"answer\" aria-label=\"Result\">\n<p class=\"lead\">{}</p>\n<p>{}</p>\n"
                  "</section>\n{}<section>\n<h2>Ratios</h2>\n<div class=\"curves\">\n{}</div>\n</section>\n{}{}",
                  safe(verdict.substr(0, first)), safe(verdict.substr(first)), all_pictures(record), drawn,
                  table(record), all_details(record)));
}

}  // namespace diffmem
