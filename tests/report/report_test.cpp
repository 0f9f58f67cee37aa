// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/report/csv.hpp>
#include <diffmem/report/detail/summary.hpp>
#include <diffmem/report/html.hpp>
#include <diffmem/report/index.hpp>
#include <diffmem/report/png.hpp>
#include <diffmem/report/table.hpp>
#include <diffmem/report/write.hpp>

#include <fmt/format.h>
#include <png.h>

#include <cmath>
#include <cstdlib>
#include <limits>

using namespace diffmem;

namespace {

RunRecord small_run(std::int64_t size, double ratio) {
  RunRecord run;
  run.name = "size-" + std::to_string(size);
  run.cell = "|D| = " + std::to_string(size);
  run.size = size;
  run.seed = 7;
  run.parameters = 1234567;
  run.steps = 100;
  run.epochs = 50;
  run.budget = "steps";
  run.losses = {{50, 25, 0.5}, {100, 50, 0.25}};
  for (const std::int64_t step : {50, 100}) {
    Evaluation e;
    e.step = step;
    e.epoch = static_cast<double>(step) / 2;
    e.images = 1000;
    e.ratio = ratio * static_cast<double>(step) / 100;
    e.memorized = static_cast<std::int64_t>(1000 * e.ratio);
    e.low = e.ratio * 0.9;
    e.high = e.ratio;
    e.knn_distance = 12.5;
    run.evaluations.push_back(e);
  }
  run.pictures.channels = 1;
  run.pictures.height = run.pictures.width = 2;
  run.pictures.generated = {0, 1, 2, 3, 4, 5, 6, 7};
  run.pictures.nearest = {0, 1, 2, 3, 9, 9, 9, 9};
  run.pictures.flags = {1, 0};
  run.pictures.ratio = {0.1, std::numeric_limits<double>::quiet_NaN()};
  return run;
}

ReportRecord small_report() {
  ReportRecord report;
  report.title = "small";
  report.runs = {small_run(16, 1), small_run(64, 0.2)};
  report.emms = {{"", 22.0, 20.0, "EMM at 90 %: 22 (linear in N), 20 (linear in log N), between sizes 16 and 64"}};
  return report;
}

std::size_t times(std::string_view text, std::string_view word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) ++n;
  return n;
}

/// The pixels of a PNG file in memory, grey or RGB.
std::vector<std::uint8_t> decode(const std::string& bytes, bool grey) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  image.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  return pixels;
}

/// PATH without any program, for the life of this object.
struct EmptyPath {
  std::string old = std::getenv("PATH") ? std::getenv("PATH") : "";
  EmptyPath() { ::setenv("PATH", "/nowhere", 1); }
  ~EmptyPath() { ::setenv("PATH", old.c_str(), 1); }
};

/// Two decays by two training seeds, with claims and the paper's numbers.
ReportRecord labelled_report() {
  ReportRecord report;
  report.title = "weight-decay";
  report.profile = "desktop";
  report.command = "weight-decay --seeds 2";
  report.x_title = "weight decay";
  report.x_labels = {"0", "0.1"};
  for (const double x : {0.0, 1.0})
    for (const std::uint64_t seed : {1, 2}) {
      RunRecord& run = report.runs.emplace_back(small_run(1000, x == 0 ? 0.8 + 0.1 * static_cast<double>(seed) : 0.25));
      run.x = x, run.seed = seed;
      run.cell = "decay " + report.x_labels[static_cast<std::size_t>(x)];
      run.at = {{"decay", report.x_labels[static_cast<std::size_t>(x)]}, {"size", "1000"}};
      run.train_seconds = 60, run.sample_seconds = 30;
    }
  report.claims = {{"It changes little.", "undecided at this scale", "nobody knows", "", ""},
                   {"It collapses.", "held", "95.0 % against 25.0 %", "not held", "1.00 against 2.00"}};
  report.printed = {{"Table 2", "decay=0 size=1000", 0.9209, -1, false},
                    {"Table 5", "decay=0 size=1000", -1, 4.5, false},
                    {"Fig. 9", "decay=0 size=2000", 0.6, -1, true}};
  return report;
}

std::string page_of(const ReportRecord& report) { return html_report(report, draw_plots(report)); }

}  // namespace

TEST_CASE("CSV has a row per evaluation, quotes where needed, and leaves missing numbers empty", "[report]") {
  ReportRecord report = small_report();
  report.runs[0].cell = "a,\"b\"\nc";
  report.runs[0].evaluations[0].knn_distance = std::numeric_limits<double>::quiet_NaN();
  report.runs[1].evaluations.clear();
  const std::string csv = results_csv(report);
  REQUIRE(times(csv, "\r\n") == 4);
  REQUIRE(csv.find("size-16,\"a,\"\"b\"\"\nc\",,16,7,") != csv.npos);
  REQUIRE(csv.find(",50,25,1000,500,0,0.5,0.45,0.5,,0,0\r\n") != csv.npos);
  REQUIRE(csv.find(",100,50,1000,1000,0,1,0.9,1,12.5,0,1\r\n") != csv.npos);
  REQUIRE(csv.ends_with(",,,,,,,,,,,\r\n"));
  const std::string last = csv.substr(csv.rfind("size-64"));
  REQUIRE(times(last, ",") == times(csv.substr(0, csv.find('\r')), ","));
}

TEST_CASE("PNG files read back as the pixels they were made of", "[report]") {
  const std::vector<std::uint8_t> grey{0, 50, 100, 150, 200, 255}, rgb{255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3};
  REQUIRE(decode(encode_png({3, 2, 1, grey}), true) == grey);
  REQUIRE(decode(encode_png({2, 2, 3, rgb}), false) == rgb);
  REQUIRE(to_bitmap(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}, 3, 1, 2).pixels ==
          std::vector<std::uint8_t>{1, 3, 5, 2, 4, 6});
  REQUIRE(says(complaint([&] { encode_png({4, 2, 1, grey}); }), "png", {"6 bytes", "4 x 2"}));
  PictureStrip strip = small_run(16, 1).pictures;
  strip.flags.pop_back();
  REQUIRE(says(complaint([&] { pair_count(strip); }), "pictures", {"1 flags"}));
}

TEST_CASE("the page has four curves, every picture, the EMM and the table, and asks nothing of anybody", "[report]") {
  const std::string page = page_of(small_report());
  REQUIRE(times(page, "<svg ") == 4);
  REQUIRE(times(page, "data:image/png;base64,iVBOR") == 8);
  REQUIRE(times(page, "class=\"pair memorized\"") == 2);
  REQUIRE(times(page.substr(0, page.find("Command and cost")), "scope=\"row\"") == 2);
  REQUIRE(page.find("between sizes 16 and 64") != page.npos);
  REQUIRE(page.find("1,234,567") != page.npos);
  REQUIRE(page.find("default-src 'none'") != page.npos);
  for (const char* bad : {"http://", "https://", "<script", "@import", "url("}) {
    INFO(bad);
    REQUIRE(page.find(bad) == page.npos);
  }
}

TEST_CASE("small images are drawn large, side by side, and memorized pairs are framed", "[report]") {
  REQUIRE(display_scale(8, 8) == 6);
  REQUIRE(display_scale(28, 28) == 2);
  REQUIRE(display_scale(64, 64) == 1);
  const Bitmap tiles = tile_images(std::vector<std::uint8_t>{1, 2, 3}, 1, 1, 1, 2, 2, 1);
  REQUIRE(tiles.pixels == std::vector<std::uint8_t>{1,   1,   255, 2, 2,   1,   1,   255, 2, 2,   255, 255, 255,
                                                    255, 255, 3,   3, 255, 255, 255, 3,   3, 255, 255, 255});
  const Bitmap pairs = pair_picture(small_run(16, 1).pictures);
  const auto red_to_blue = [&](int x, int y) {
    const auto at = pairs.pixels.begin() + 3 * (y * pairs.width + x);
    return std::vector<int>(at, at + 3);
  };
  REQUIRE(red_to_blue(7, 7) == std::vector<int>{213, 94, 0});                   // frame of the first pair
  REQUIRE(red_to_blue(pairs.width - 8, 7) == std::vector<int>{255, 255, 255});  // none around the second
  REQUIRE(red_to_blue(10, 10) == std::vector<int>{0, 0, 0});                    // its first pixel
  REQUIRE(red_to_blue(pairs.width - 11, pairs.height - 11) == std::vector<int>{9, 9, 9});
}

TEST_CASE("settings that all runs share are listed once, the others by run", "[report]") {
  ReportRecord report = small_report();
  report.runs[0].settings = {{"net.base", "32"}, {"data.size", "11111"}};
  report.runs[1].settings = {{"net.base", "32"}, {"data.size", "22222"}};
  const std::string page = page_of(report);
  for (const char* once : {"<th scope=\"row\">net.base</th><td>32</td>", "<th scope=\"col\">data.size</th>",
                           "<td>11111</td>", "<td>22222</td>"})
    REQUIRE(times(page, once) == 1);
}

TEST_CASE("long labels in the terminal's table keep what tells them apart", "[report]") {
  ReportRecord report = small_report();
  report.runs[0].cell = "without skips at every resolution, |D| = 16";
  const std::string table = text_table(report);
  REQUIRE(table.find("without skip…ion, |D| = 16") != table.npos);
  REQUIRE(table.ends_with("between sizes 16 and 64\n"));
}

TEST_CASE("hostile texts are shown, not obeyed", "[report]") {
  const std::string hostile = "<script>alert(1)</script>\"'><img src=x onerror=y>&\xff\x01\\";
  ReportRecord report = small_report();
  report.title = report.question = report.source = report.date = report.command = hostile;
  report.notes = {hostile};
  report.machine = {{hostile, hostile}};
  report.emms[0].series = report.emms[0].statement = hostile;
  for (auto& run : report.runs) {
    run.name = run.cell = run.series = run.folder = hostile + run.name;
    run.settings = {{hostile, hostile}};
  }
  report.runs[1].series = "other";
  const std::string page = page_of(report);
  REQUIRE(times(page, "<script") == 0);
  REQUIRE(times(page, "<img src=x") == 0);
  REQUIRE(times(page, "&lt;script&gt;") > 10);
  REQUIRE(page.find('\xff') == page.npos);
  REQUIRE(text_table(report).find('\x01') == std::string::npos);

  const TestFolder folder;
  report.runs[0].name = "../../up";
  write_report(report, folder.path / "r");
  REQUIRE(std::filesystem::exists(folder.path / "r" / "pictures-.._.._up.png"));
}

TEST_CASE("a report without runs, evaluations or an EMM reads well", "[report]") {
  REQUIRE(page_of({}).find("No run is finished yet") != std::string::npos);
  REQUIRE(text_table(ReportRecord{}).find("no run is finished yet") != std::string::npos);
  REQUIRE(results_csv(ReportRecord{}).ends_with("best\r\n"));

  ReportRecord report = small_report();
  for (auto& run : report.runs) run.evaluations.clear(), run.losses.clear(), run.pictures = {};
  report.emms.clear();
  const std::string page = page_of(report);
  REQUIRE(page.find("was not estimated") != page.npos);
  REQUIRE(page.find("Nothing was measured yet") != page.npos);
  REQUIRE(page.find("nan") == page.npos);
}

TEST_CASE("the training seeds of a cell become mean and standard deviation", "[report]") {
  using namespace report_text;
  const Spread spread = spread_of({1, 2, 6, std::numeric_limits<double>::quiet_NaN()});
  REQUIRE(spread.n == 3);
  REQUIRE(spread.mean == 3);
  REQUIRE(std::abs(spread.deviation - std::sqrt(7.0)) < 1e-12);  // (4 + 1 + 9) / 2
  REQUIRE(spread_of({5}).mean == 5);
  REQUIRE(std::isnan(spread_of({5}).deviation));
  REQUIRE(std::isnan(spread_of({}).mean));
  const ReportRecord report = labelled_report();
  const auto cells = cells_of(report);
  REQUIRE(cells.size() == 2);
  REQUIRE(std::abs(cells[0].ratio.mean - 0.95) < 1e-12);
  REQUIRE(std::abs(cells[0].ratio.deviation - 0.05 * std::sqrt(2.0)) < 1e-12);
  REQUIRE(cells[1].ratio.deviation == 0);
  REQUIRE(seed_count(report) == 2);
  REQUIRE(has_seeds(report));
  REQUIRE(!has_seeds(small_report()));
  REQUIRE(cost_of(report).train == 240);
  REQUIRE(cost_of(report).sample == 120);
  const std::string page = page_of(report);
  REQUIRE(times(page, "<td>95.0 ± 7.1</td>") == 2);  // table of cells, and beside the paper's number
  REQUIRE(page.find("Cells") != page.npos);
  REQUIRE(page_of(small_report()).find("<h2>Cells") == page.npos);
}

TEST_CASE("the paper's numbers stand beside ours where the cell is the very same", "[report]") {
  const auto rows = report_text::printed_rows(labelled_report());
  REQUIRE(rows.size() == 2);
  REQUIRE(rows[0].source == "Table 2, Table 5");
  REQUIRE(rows[0].ratio == 0.9209);
  REQUIRE(rows[0].knn == 4.5);
  REQUIRE(rows[0].our_ratio.n == 2);
  REQUIRE(rows[1].our_ratio.n == 0);
  std::string page = page_of(labelled_report());
  REQUIRE(page.find("<td>92.1</td><td>95.0 ± 7.1</td><td>4.5</td><td>12.5 ± 0</td>") != page.npos);
  REQUIRE(page.find("<td>≈ 60.0</td><td>–</td>") != page.npos);
  REQUIRE(page.find("cells without are not on its grid") != page.npos);
  ReportRecord other = labelled_report();
  other.printed = {{"Table 2", "decay=0.5 size=1000", 0.5, -1, false}, {"Table 2", "", 0.5, -1, false}};
  page = page_of(other);
  REQUIRE(page.find("The grid of the profile desktop is another one") != page.npos);
  REQUIRE(page.find("KNN distance,<br>paper") == page.npos);
  REQUIRE(page_of(small_report()).find("The paper's numbers") == std::string::npos);
}

TEST_CASE("claims come first, each with outcome, reason and what KNN distances say", "[report]") {
  ReportRecord report = labelled_report();
  std::string page = page_of(report);
  REQUIRE(page.find("1 of 2 claims held, 1 undecided at this scale.") < page.find("<svg "));
  REQUIRE(page.find("<span class=\"verdict open\">? undecided at this scale</span><span>It changes little.") !=
          page.npos);
  REQUIRE(page.find("<span class=\"verdict held\">✓ held</span><span>It collapses.") != page.npos);
  REQUIRE(page.find("By KNN distances: <b>✗ not held</b>; 1.00 against 2.00") != page.npos);
  REQUIRE(times(page, "By KNN distances") == 1);
  REQUIRE(page.find("was not estimated") == page.npos);
  std::string table = text_table(report);
  REQUIRE(table.find("  ✓ held: It collapses.\n      95.0 % against 25.0 %\n      by KNN distances: not held\n") !=
          table.npos);
  report.claims[0] = {"<b>&\"bold\"</b>|\x01", "<i>odd</i>", "<u>why</u>", "<s>knn</s>", "<q>"};
  page = page_of(report);
  for (const char* bad : {"<b>&\"", "<i>odd", "<u>why", "<s>knn", "<q>"}) {
    INFO(bad);
    REQUIRE(page.find(bad) == page.npos);
  }
  REQUIRE(page.find("&lt;b&gt;&amp;&quot;bold&quot;") != page.npos);
  report.claims.clear();  // one size, no claim: there is nothing to answer
  REQUIRE(page_of(report).find("class=\"answer") == std::string::npos);
  REQUIRE(text_table(report).find("held") == std::string::npos);
}

TEST_CASE("over labels the axis says them all, and a place outside is left out", "[report]") {
  ReportRecord report = labelled_report();
  report.runs[3].x = 7;
  const Plots plots = draw_plots(report);
  REQUIRE(plots.ratio.svg.find("<text>0.1</text>") != std::string::npos);
  REQUIRE(plots.ratio.svg.find("weight decay") != std::string::npos);
  REQUIRE(plots.ratio.svg.find("Memorized share of generated images over weight decay. 0: 95.0 %. 0.1: 25.0 %.") !=
          std::string::npos);
  REQUIRE(plots.ratio.svg.find("rotate(-45)") == std::string::npos);
  const auto labels = [&](std::size_t n) {
    report.x_labels.assign(n, "111000000");
    return draw_plots(report).ratio.svg;
  };
  const std::string slanted = labels(10), upright = labels(22), thinned = labels(40);
  REQUIRE(times(slanted, "rotate(-45)") == 10);
  REQUIRE(times(slanted, "<text>111000000</text>") == 10);
  REQUIRE(times(upright, "<text>111000000</text>") == 22);
  REQUIRE(times(thinned, "<text>111000000</text>") == 20);
}

TEST_CASE("an EMM's interval is drawn, also where it has no end", "[report]") {
  ReportRecord report = small_report();
  const auto bars = [&](double low, double high) {
    report.emms[0].low = low, report.emms[0].high = high;
    const std::string script = draw_plots(report).ratio.script;
    const std::size_t line = script.find("\n20 2 ");  // at the EMM, at its foot
    return line == script.npos ? std::string() : script.substr(line + 1, script.find('\n', line + 1) - line - 1);
  };
  const double infinite = std::numeric_limits<double>::infinity();
  REQUIRE(bars(18, 25) == "20 2 18 25");
  REQUIRE(bars(0, 25).starts_with("20 2 12.3"));  // to the axis's end, 16 / 1.3
  REQUIRE(bars(18, infinite) == "20 2 18 83.2");  // 64 * 1.3
  REQUIRE(bars(0, infinite).empty());             // nothing is known
  report.emms[0] = {"", {}, {}, "below every size"};
  REQUIRE(draw_plots(report).ratio.script.find("EMM") == std::string::npos);
}

TEST_CASE("a series has one colour in all figures, and losses of two schedules are not to be compared", "[report]") {
  ReportRecord report;
  for (const char* series : {"vp", "edm"})
    for (const std::int64_t size : {16, 64}) {
      RunRecord& run = report.runs.emplace_back(small_run(size, 0.5));
      run.series = series, run.cell = fmt::format("{}, |D| = {}", series, size);
      run.settings = {{"design", fmt::format("{}-positional", series)}};
    }
  const Plots plots = draw_plots(report);
  const auto colour_of = [](const std::string& script, const std::string& key) {
    const std::size_t end = script.find("title '" + key);
    REQUIRE(end != script.npos);
    const std::size_t colour = script.rfind("lc rgb '", end);
    return script.substr(colour + 8, 7);
  };
  for (const char* series : {"vp", "edm"})
    for (const std::string* script : {&plots.loss.script, &plots.progress.script})
      for (const char* size : {"16", "64"})
        REQUIRE(colour_of(*script, fmt::format("{}, |D| = {}", series, size)) == colour_of(plots.ratio.script, series));
  REQUIRE(colour_of(plots.ratio.script, "vp") != colour_of(plots.ratio.script, "edm"));
  const auto warns = [&] { return page_of(report).find("curves of one schedule") != std::string::npos; };
  REQUIRE(warns());
  for (RunRecord& run : report.runs) run.settings = {{"design", "vp-positional"}};
  REQUIRE_FALSE(warns());
}

TEST_CASE("gnuplot draws each figure again from the file beside it", "[report]") {
  const TestFolder folder;
  write_report(labelled_report(), folder.path);
  for (const char* name : {"ratio", "loss", "progress", "distance"}) {
    const auto svg = folder.path / (std::string(name) + ".svg");
    REQUIRE(std::filesystem::remove(svg));
    const std::string command = "cd '" + folder.path.string() + "' && gnuplot " + name + ".gp";
    REQUIRE(std::system(command.c_str()) == 0);
    REQUIRE(read_file(svg).find("</svg>") != std::string::npos);
  }
}

TEST_CASE("many runs are a row a cell in the terminal, and at most twelve strips of pictures", "[report]") {
  ReportRecord report;
  for (int cell = 0; cell < 20; ++cell)
    for (const std::uint64_t seed : {1, 2}) {
      RunRecord& run = report.runs.emplace_back(small_run(16 + cell, 0.5 + 0.1 * static_cast<double>(seed)));
      run.seed = seed;
      run.name += "-" + std::to_string(seed);
    }
  const std::string table = text_table(report);
  REQUIRE(times(table, "|D| = ") == 20);
  REQUIRE(table.find("± s.d.") != table.npos);
  REQUIRE(times(table, "  65.0     7.1  ") == 20);
  REQUIRE(text_table(labelled_report()).find("decay 0, seed 2") != std::string::npos);
  const std::string page = page_of(report);
  REQUIRE(times(page, "<figure class=\"strip\">") == 12);
  REQUIRE(page.find("12 of 40 runs are shown") != page.npos);
  REQUIRE(page.find("<h3>|D| = 16, seed 1") != page.npos);
  REQUIRE(page.find("<h3>|D| = 35, seed 1") != page.npos);
  REQUIRE(page.find("All 40 runs") != page.npos);
  REQUIRE(times(draw_plots(report).progress.script, "$data") == 2 * 20);  // 20 means, no line for each of 40 runs
  REQUIRE(times(draw_plots(labelled_report()).progress.script, " lw 0.6 ") == 4);
}

TEST_CASE("the gallery has each study that ran, as HTML and as Markdown", "[report]") {
  ReportRecord hostile = small_report();
  hostile.title = "<script>|*x*", hostile.command = "a `b` --c <d>", hostile.question = "[q](javascript:1)";
  ReportRecord unmeasured = small_report();
  for (auto& run : unmeasured.runs) run.evaluations.clear();
  unmeasured.title = "unmeasured";
  const std::vector<IndexRecord> all{
      {"weight-decay", labelled_report()}, {"odd \"folder\"", hostile}, {"none", {}}, {"unmeasured", unmeasured}};
  const TestFolder folder;
  write_index(all, folder.path);
  const std::string page = read_file(folder.path / "index.html");
  REQUIRE(times(page, "<section>") == 3);
  REQUIRE(page.find("<img src=\"weight-decay/ratio.svg\" alt=\"Memorized share") != page.npos);
  REQUIRE(page.find("href=\"weight-decay/report.html\"") != page.npos);
  REQUIRE(page.find("odd%20%22folder%22/report.html") != page.npos);
  REQUIRE(times(page, "<img ") == 2);
  REQUIRE(page.find("<script") == page.npos);
  REQUIRE(page.find("✓ held") != page.npos);
  REQUIRE(
      page.find("profile desktop; 4 runs, 2 training seeds; training 4 min 00 s, sampling and measuring 2 min 00 s") !=
      page.npos);
  REQUIRE(page.find("<code>weight-decay --seeds 2</code>") != page.npos);
  auto later = labelled_report();
  later.title = "later";
  write_index({{"a-later-one", later}}, folder.path);
  const std::string both = read_file(folder.path / "index.html");
  REQUIRE(times(both, "<section>") == 4);
  REQUIRE(both.find("a-later-one/report.html") < both.find("weight-decay/report.html"));
  const std::string text = results_markdown(all);
  REQUIRE(text.starts_with("## weight-decay\n"));
  REQUIRE(text.find("](./weight-decay/ratio.svg)\n") != text.npos);
  REQUIRE(text.find("| It collapses. | ✓ held | not held | ") != text.npos);
  REQUIRE(text.find("| It changes little. | ? undecided at this scale | – | ") != text.npos);
  REQUIRE(text.find("`weight-decay --seeds 2`") != text.npos);
  REQUIRE(text.find("## &lt;script&gt;\\|\\*x\\*\n\n\\[q\\](javascript:1)") != text.npos);
  REQUIRE(text.find("`` a `b` --c <d> ``") != text.npos);
  REQUIRE(times(text, "![") == 2);
  REQUIRE(results_markdown({}).empty());
  REQUIRE(index_html({}).find("No run is finished yet") != std::string::npos);
}

TEST_CASE("published results replace a study's old section and leave the rest of the page", "[report]") {
  const TestFolder folder;
  const auto reports = folder.path / "out", docs = folder.path / "docs";
  write_report(labelled_report(), reports / "weight-decay");
  std::filesystem::create_directories(docs);
  const std::string before = "# Ours\n\nSaid by hand.\n\n", after = "## zebra\n\nstays\n";
  write_file_atomically(docs / "results.md", before + "## weight-decay\n\nold\n\n" + after);
  const std::vector<IndexRecord> all{{"weight-decay", labelled_report()}, {"none", {}}};
  publish_results(all, reports, docs);
  const std::string page = read_file(docs / "results.md");
  REQUIRE(page.starts_with(before + "## weight-decay\n"));
  REQUIRE(page.ends_with("\n\n" + after));
  REQUIRE(page.find("old") == page.npos);
  REQUIRE(page.find("](results/weight-decay/ratio.svg)\n") != page.npos);
  for (const char* file : {"ratio.svg", "ratio.gp", "results.csv"})
    REQUIRE(read_file(docs / "results/weight-decay" / file) == read_file(reports / "weight-decay" / file));
  REQUIRE(!std::filesystem::exists(docs / "results/weight-decay/report.html"));
  publish_results(all, reports, docs);
  REQUIRE(read_file(docs / "results.md") == page);  // again is the same
  ReportRecord other = labelled_report();
  other.title = "other";
  publish_results({{"weight-decay", other}}, reports, docs);
  REQUIRE(read_file(docs / "results.md").starts_with(page + "\n## other\n"));
}

TEST_CASE("without gnuplot the Error names its package, and numbers and pictures are already there", "[report]") {
  const TestFolder folder;
  std::string text;
  {
    const EmptyPath none;
    text = complaint([&] { write_report(small_report(), folder.path); });
  }
  REQUIRE(says(text, "plot", {"gnuplot", "apt-get install gnuplot-nox"}));
  REQUIRE(std::filesystem::exists(folder.path / "results.csv"));
  REQUIRE(std::filesystem::exists(folder.path / "pictures-size-16.png"));
  REQUIRE(!std::filesystem::exists(folder.path / "report.html"));
}
