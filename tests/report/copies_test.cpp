// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/report/copies.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>

using namespace diffmem;

namespace {

/// Grey images of two pixels.
FolderImages images(const std::vector<std::pair<std::string, std::vector<std::uint8_t>>>& all) {
  FolderImages made;
  made.set = {.name = "two pixels", .count = 0, .channels = 1, .height = 1, .width = 2, .pixels = {}, .labels = {}};
  for (const auto& [file, pixels] : all) {
    made.files.push_back(file);
    made.set.pixels.insert(made.set.pixels.end(), pixels.begin(), pixels.end());
    ++made.set.count;
  }
  return made;
}

MeasuredImages measured(const FolderImages& of, const FolderImages& training) {
  MeasuredImages all{.images = of, .found = memorization(of.set.pixels, training.set.pixels, 2), .copies = {}};
  all.copies = copies(of.set.pixels, training.set.pixels, 2, 1, all.found, squared_spacing(training.set.pixels, 2));
  return all;
}

/// A copy, a copy of a twin, an image without like.
CopiesRecord record() {
  CopiesRecord all;
  all.training =
      images({{"a.png", {0, 0}}, {"a2.png", {0, 3}}, {"b.png", {100, 0}}, {"b2.png", {104, 0}}, {"c.png", {200, 0}}});
  all.generated =
      measured(images({{"copy.png", {200, 2}}, {"a \"twin\", b.png", {101, 0}}, {"own.png", {50, 0}}}), all.training);
  all.spacing = 60;
  all.settings = {{"side", "2"}};
  all.machine = {{"commit", "0000000"}};
  all.date = "2026-11-24 12:00 UTC";
  all.command = "measure --training 'x'";
  return all;
}

}  // namespace

TEST_CASE("a line of CSV an image: nearest two, distances, ratio, memorized, copy", "[report]") {
  const std::string root2 = std::to_string(std::sqrt(2.0)).substr(0, 6);
  const std::string csv = copies_csv(record(), record().generated);
  REQUIRE(csv.starts_with("file,nearest,second,d1,d2,ratio,memorized,copy,apart,d2_apart\r\n"));
  REQUIRE(csv.find("copy.png,c.png,b2.png," + root2) != csv.npos);  // d1: sqrt(2^2 / 2)
  REQUIRE(csv.find(",1,1,,\r\n") != csv.npos);
  const std::size_t twin = csv.find("\"a \"\"twin\"\", b.png\",b.png,b2.png,0.7071");  // 1 / sqrt(2)
  REQUIRE(twin != csv.npos);
  REQUIRE(csv.find(",0.3333333333333333,0,1,c.png,70.00", twin) != csv.npos);  // 99 / sqrt(2)
  REQUIRE(csv.find("own.png,a.png,b.png,35.35") != csv.npos);
  REQUIRE(csv.ends_with(",1,0,0,,\r\n"));
  REQUIRE(std::count(csv.begin(), csv.end(), '\n') == 4);
}

TEST_CASE("an image with two training images at distance 0 has no ratio", "[report]") {
  CopiesRecord all = record();
  all.training = images({{"a.png", {9, 9}}, {"b.png", {9, 9}}});
  all.generated = measured(images({{"copy.png", {9, 9}}}), all.training);
  REQUIRE(copies_csv(all, all.generated).ends_with("copy.png,a.png,b.png,0,0,,0,0,,\r\n"));
  REQUIRE(copies_table(all).find("1 generated image has two training images at distance 0") != std::string::npos);
  REQUIRE(neighbour_picture(all).find("–") != std::string::npos);
}

TEST_CASE("the verdict says what was found, and what chance explains", "[report]") {
  const auto says_all = [](const CopiesRecord& all, std::initializer_list<std::string_view> words) {
    const std::string text = copies_verdict(all);
    INFO(text);
    for (const auto word : words) REQUIRE(text.find(word) != text.npos);
  };
  CopiesRecord all = record();
  says_all(all,
           {"2 of 3 generated images (66.7 %", "are copies", "--held-out", "than 1/3 of", "hide copies, 1 (33.3 %"});
  all.held_out = all.generated;
  says_all(all, {"never saw, 66.7 % (20.8–93.9 %) are", "no more copying than chance",
                 "33.3 % (6.1–79.2 %) of the held-out", "difference is -53"});
  all.generated.found.memorized = 56, all.generated.found.images = 70;  // Newcombe 1998, Table II, (a), method 10
  all.held_out->found.memorized = 48, all.held_out->found.images = 80;
  all.generated.copies.copies = 56, all.generated.copies.images = 70;
  all.held_out->copies.copies = 48, all.held_out->copies.images = 80;
  says_all(all, {"the model memorizes, 5.2 to 33.4 %"});
  REQUIRE(copies_verdict(all).find("twins") == std::string::npos);
  std::swap(all.generated, *all.held_out);
  says_all(all, {"copy less than that"});
  all.held_out.reset();
  all.generated.found.memorized = all.generated.copies.copies = 0;
  all.threshold = 0.25;
  says_all(all, {"than 0.25 of", "No memorization was found."});
  all.threshold = 2.0 / 7;
  says_all(all, {"than 2/7 of"});
}

TEST_CASE("where twins hide every copy from the ratio, the verdict counts the copies", "[report]") {
  CopiesRecord all = record();
  all.generated = measured(images({{"twin.png", {101, 0}}}), all.training);
  REQUIRE(all.generated.found.memorized == 0);
  const std::string text = copies_verdict(all);
  INFO(text);
  REQUIRE(text.starts_with("1 of 1 generated images (100.0 %"));
  REQUIRE(text.find("No memorization") == text.npos);
  REQUIRE(text.find("hide copies, 0 (0.0 %") != text.npos);
  const std::string page = copies_html(all, "");
  REQUIRE(page.find("<p class=\"lead\">1 of 1 generated images") != page.npos);
  REQUIRE(page.find("The most copied") == page.npos);  // nothing is shown twice
  all.held_out = measured(images({{"own.png", {50, 0}}, {"other.png", {0, 99}}}), all.training);
  REQUIRE(copies_verdict(all).find("held-out images, which the model never saw, 0.0 %") != std::string::npos);
}

TEST_CASE("of copies of equal images the verdict does not say that there are none", "[report]") {
  CopiesRecord all = record();
  all.training = images({{"a.png", {9, 9}}, {"b.png", {9, 9}}});
  all.generated = measured(images({{"copy.png", {9, 9}}}), all.training);
  for (const bool held_out : {false, true}) {
    if (held_out) all.held_out = measured(images({{"own.png", {50, 0}}}), all.training);
    const std::string text = copies_verdict(all);
    INFO(text);
    REQUIRE(text.find("found.") == text.npos);
    REQUIRE(text.find("1 equals two training images") != text.npos);
  }
}

TEST_CASE("the training images left out have a line of their own", "[report]") {
  CopiesRecord all = record();
  REQUIRE(copies_table(all).find("left out") == std::string::npos);
  all.duplicates = 4;
  REQUIRE(copies_table(all).find("\n4 of the training images equal an earlier one") != std::string::npos);
}

TEST_CASE("the record in JSON holds settings, digests and numbers", "[report]") {
  CopiesRecord all = record();
  all.generated.images.skipped = {{"bad\xff.png", "cut short"}};
  const auto json = nlohmann::json::parse(copies_json(all));
  REQUIRE(json["settings"]["side"] == "2");
  REQUIRE(json["made_with"]["commit"] == "0000000");
  REQUIRE(json["training"]["digest"] == all.training.set.digest());
  REQUIRE(json["training"]["spacing"] == 60);
  REQUIRE(json["generated"]["memorized"] == 1);
  REQUIRE(json["generated"]["copies"] == 2);
  REQUIRE(json["generated"]["copy_ratio_low"] == all.generated.copies.interval.low);
  REQUIRE(json["generated"]["skipped"][0]["reason"] == "cut short");
  REQUIRE(!json.contains("held-out"));
}

TEST_CASE("a report needs no training image that it does not show", "[report]") {
  CopiesRecord all = record(), some = record();
  some.here = pictured(all);
  REQUIRE(*some.here == std::vector<std::int64_t>{0, 2, 3, 4});
  some.training_digest = all.training.set.digest();
  some.training.set.pixels = select(all.training.set, *some.here).pixels;
  REQUIRE(neighbour_picture(some) == neighbour_picture(all));
  REQUIRE(copies_html(some, "") == copies_html(all, ""));
  REQUIRE(copies_json(some) == copies_json(all));
}

TEST_CASE("a report of copies is whole, escapes what it is told, and asks nothing of anybody", "[report]") {
  CopiesRecord all = record();
  all.generated.images.files[0] = "<script>alert(1)</script>.png";
  all.held_out = measured(images({{"h.png", {60, 0}}}), all.training);
  const TestFolder folder;
  write_copies(all, folder.path / "new" / "out");
  for (const auto* name :
       {"results.csv", "held-out.csv", "results.json", "histogram.svg", "neighbours.svg", "report.html"})
    REQUIRE(std::filesystem::file_size(folder.path / "new/out" / name) > 0);
  const std::string page = read_file(folder.path / "new/out/report.html");
  REQUIRE(page.find("<script") == page.npos);
  REQUIRE(page.find("&lt;script&gt;alert(1)") != page.npos);
  REQUIRE(page.find("default-src 'none'") != page.npos);
  REQUIRE(page.find("http-equiv") != page.npos);
  REQUIRE(page.find("held-out") != page.npos);
  std::size_t cells = 0;
  for (std::size_t at = 0; (at = page.find("data:image/png", at)) != page.npos; ++at) ++cells;
  REQUIRE(cells == 9);  // three generated images, each with two neighbours
  REQUIRE(page.find("key dashed") != page.npos);
  REQUIRE(page.find("but those that twins hide lie at") != page.npos);
  REQUIRE(page.find("Copies that twins hide") != page.npos);
  REQUIRE(page.find("stroke-dasharray=\"5 3\"") != page.npos);
  const std::string picture = read_file(folder.path / "new/out/neighbours.svg");
  REQUIRE(picture.find("<script") == picture.npos);
  REQUIRE(picture.find("copy") == picture.npos);
  REQUIRE(picture.find(">1.41<") > picture.find(">0.01<"));  // the lowest ratio comes first: 1 / 99
}

TEST_CASE("without gnuplot no report of copies is begun", "[report][bad]") {
  const TestFolder folder;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", folder.path.c_str(), 1);
  const std::string text = complaint([&] { write_copies(record(), folder.path / "out"); });
  ::setenv("PATH", path.c_str(), 1);
  REQUIRE(says(text, "plot", {"gnuplot-nox"}));
  REQUIRE(!std::filesystem::exists(folder.path / "out"));
}
