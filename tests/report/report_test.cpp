// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/report/csv.hpp>
#include <diffmem/report/html.hpp>
#include <diffmem/report/png.hpp>
#include <diffmem/report/table.hpp>
#include <diffmem/report/write.hpp>

#include <png.h>

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
  REQUIRE(times(page.substr(0, page.find("<details")), "scope=\"row\"") == 2);
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
