// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "data/image_files.hpp"
#include "data/zip_files.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/data/zip.hpp>

using namespace diffmem;

namespace {

std::string png(unsigned value, int side = 8, int colour_type = PNG_COLOR_TYPE_RGB) {
  return png_file(side, side, {.colour_type = colour_type},
                  [=](int x, int y, int c) { return (value + static_cast<unsigned>(x + 3 * y + 17 * c)) & 255; });
}

std::string about(const Files& files, const FolderOptions& options = {}) {
  const TestFolder folder;
  return complaint([&] { read_zip(pack(folder, files), options); });
}

const Files kTwo{{"a/1.png", png(1)}, {"b/2.png", png(2)}};
Files with(Files files, const std::string& name, const std::string& bytes) {
  files.emplace_back(name, bytes);
  return files;
}

}  // namespace

TEST_CASE("a zip reads as the folder that was packed, in whatever order", "[data][law]") {
  const Files lists{{"dataset.json", R"({"labels": [["z/9.png", 4], ["a/1.png", 0], ["a/2.jpg", 2]]})"},
                    {"metadata.jsonl",
                     "{\"file_name\": \"a/1.png\", \"text\": \"one\"}\n\n"
                     "{\"file_name\": \"z/9.png\", \"text\": \"n\\u00e9uf\", \"more\": 1}\r\n"
                     "{\"text\": \"two\", \"file_name\": \"a/2.jpg\"}"}};
  Files files{{"z/9.png", png(90, 20)},
              {"a/2.jpg", jpeg_file(24, 20, JCS_RGB, [](int x, int, int c) { return static_cast<unsigned>(x + c); })},
              {"a/notes.txt", "no image"},
              {".hidden/3.png", png(3, 20)},
              {"__MACOSX/a/._1.png", "not one either"},
              {"a/1.png", png(10, 31, PNG_COLOR_TYPE_GRAY)}};
  for (const bool listed : {false, true}) {
    if (listed) files.insert(files.begin(), lists.begin(), lists.end());
    const TestFolder folder, packed;
    for (const auto& [name, bytes] : files) folder.write(name, bytes);
    const auto zip = pack(packed, files);
    for (const Shrink how : {Shrink::area, Shrink::lanczos}) {
      const FolderOptions options{.side = 16, .shrink = how};
      const FolderImages ours = read_zip(zip, options), theirs = read_folder(folder.path, options);
      ours.set.validate();
      REQUIRE(ours.set.name == (how == Shrink::area ? "some 16x16" : "some 16x16 lanczos"));
      REQUIRE(ours.set.digest() == theirs.set.digest());
      REQUIRE(ours.files == std::vector<std::string>{"a/1.png", "a/2.jpg", "z/9.png"});
      REQUIRE(ours.files == theirs.files);
      REQUIRE(ours.set.captions == theirs.set.captions);
      REQUIRE(ours.set.labels == (listed ? std::vector<std::int64_t>{0, 2, 4} : std::vector<std::int64_t>{0, 0, 1}));
      REQUIRE(ours.set.classes == (listed ? 5 : 2));
      REQUIRE(ours.set.captions ==
              (listed ? std::vector<std::string>{"one", "two", "n\u00e9uf"} : std::vector<std::string>{}));
    }
  }
}

TEST_CASE("a zip whose files all lie below one folder begins there", "[data]") {
  const TestFolder folder;
  const FolderImages found =
      read_zip(pack(folder, {{"top/dataset.json", R"({"labels": [["1.png", 1], ["a/2.png", 0]]})"},
                             {"./top/1.png", png(1)},
                             {"top/a/2.png", png(2)}}));
  REQUIRE(found.files == std::vector<std::string>{"1.png", "a/2.png"});
  REQUIRE(found.set.labels == std::vector<std::int64_t>{1, 0});
}

TEST_CASE("text files in a zip give captions", "[data]") {
  const auto captions = [](const Files& files) {
    const TestFolder folder;
    return read_zip(pack(folder, files)).set.captions;
  };
  const Files one{{"top/b/2.txt", "two\nzwei"}, {"top/a/1.png", png(1)}, {"top/b/2.png", png(2)}};
  REQUIRE(captions(one).empty());
  const Files both = with(one, "top/a/1.txt", "one");
  REQUIRE(captions(both) == std::vector<std::string>{"one", "two"});
  REQUIRE(captions(with(both, "top/metadata.jsonl",
                        "{\"file_name\": \"a/1.png\", \"text\": \"1\"}\n"
                        "{\"file_name\": \"b/2.png\", \"text\": \"2\"}")) == std::vector<std::string>{"1", "2"});
  REQUIRE(says(about(with(one, "top/a/1.txt", "\xff")), "zip reader", {"a/1.txt of", "some.zip that is no UTF-8"}));
  REQUIRE(says(about(with(one, "top/a/1.txt", std::string((1 << 20) + 1, 'a'))), "zip reader", {"some.zip"}));
}

TEST_CASE("null in dataset.json means no labels, whatever the folders", "[data]") {
  for (const auto* json : {R"({"labels": null})", "{}", R"({"labels": null, "other": [1]})"}) {
    const TestFolder folder;
    const ImageSet set = read_zip(pack(folder, with(kTwo, "dataset.json", json))).set;
    set.validate();
    REQUIRE(set.labels.empty());
  }
}

TEST_CASE("zip: and a bare path open a zip", "[data]") {
  const TestFolder folder;
  const auto path = pack(folder, kTwo).string();
  for (const std::string& what : {path, "zip:" + path}) {
    REQUIRE(open_images(what).labels == std::vector<std::int64_t>{0, 1});
    REQUIRE(open_images(what, Split::train, {.side = 4}).width == 4);
    REQUIRE(says(complaint([&] { open_images(what, Split::test); }), "--data", {"test split", "some.zip"}));
  }
  REQUIRE(says(complaint([&] { open_images("zip:" + (folder.path / "none.zip").string()); }), "zip reader",
               {"no file", "none.zip"}));
}

TEST_CASE("lists that do not fit the images are refused", "[data][bad]") {
  const auto labels = [](const std::string& json) { return about(with(kTwo, "dataset.json", json)); };
  REQUIRE(says(labels("{\"labels\": [[\"a/1.png\", 0]"), "zip reader",
               {"no sound JSON of at most 64 levels in dataset.json of ", "some.zip"}));
  REQUIRE(says(labels("[]"), "zip reader", {"no JSON object", "img00000000.png"}));
  REQUIRE(says(labels(R"({"labels": {"a/1.png": 0}})"), "zip reader", {"\"labels\" that are no list"}));
  REQUIRE(says(labels(R"({"labels": [["a/1.png"]]})"), "zip reader", {"entry 1 of 1, which", "[\"file\", label]"}));
  REQUIRE(says(labels(R"({"labels": [["a/1.png", 0], [7, 0]]})"), "zip reader", {"entry 2 of 2, which"}));
  for (const auto* label :
       {"1.5", "3.0", "\"1\"", "null", "-1", "1048576", "[0.5, 0.5]", "1e3", "99999999999999999999"})
    REQUIRE(says(labels(std::string(R"({"labels": [["a/1.png", )") + label + "]]}"), "zip reader",
                 {"the label of \"a/1.png\", entry 1 of 1, in dataset.json", "an integer of 0 to 1048575"}));
  REQUIRE(says(labels(R"({"labels": [["a/1.png", 0], ["b/3.png", 1]]})"), "zip reader",
               {"the file \"b/3.png\", which is not there", "dataset.json of"}));
  REQUIRE(says(labels(R"({"labels": [["a/1.png", 0], ["a/1.png", 1]]})"), "zip reader", {"\"a/1.png\" twice"}));
  REQUIRE(says(labels(R"({"labels": [["a/1.png", 0]]})"), "zip reader", {"no entry for \"b/2.png\""}));

  const auto captions = [](const std::string& lines) { return about(with(kTwo, "metadata.jsonl", lines)); };
  const std::string one = "{\"file_name\": \"a/1.png\", \"text\": \"one\"}\n";
  REQUIRE(says(captions(one + "oops"), "zip reader",
               {"no sound JSON of at most 64 levels in line 2 in metadata.jsonl of"}));
  REQUIRE(says(captions(one + "{\"file_name\": \"b/2.png\"}"), "zip reader", {"no \"text\" in line 2"}));
  REQUIRE(says(captions("{\"text\": \"x\"}"), "zip reader", {"no \"file_name\" in line 1"}));
  REQUIRE(says(captions("[1]"), "zip reader", {"no \"file_name\" in line 1"}));
  REQUIRE(says(captions(one), "zip reader", {"no entry for \"b/2.png\""}));
  REQUIRE(says(captions(one + one), "zip reader", {"\"a/1.png\" twice"}));
  REQUIRE(says(captions(one + "{\"file_name\": \"../2.png\", \"text\": \"\"}"), "zip reader",
               {"\"../2.png\", which is not there"}));

  const TestFolder folder;  // a plain folder heeds them too
  folder.write("1.png", png(1));
  const auto list = folder.write("dataset.json", R"({"labels": [["2.png", 0]]})");
  REQUIRE(says(complaint([&] { read_folder(folder.path); }), "folder reader",
               {"\"2.png\", which is not there", list.string()}));
}

TEST_CASE("lists that are nested deeply are refused, not followed to the end of the stack", "[data][bad]") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  for (const std::size_t levels : {62, 63, 200'000}) {  // "labels" itself is two levels down
    const TestFolder folder;
    folder.write("1.png", png(1));
    const auto about_list = [&](const std::string& name, const std::string& json) {
      const auto list = folder.write(name, json);
      std::string text = complaint([&] { read_folder(folder.path); });
      std::filesystem::remove(list);
      return text;
    };
    const bool deep = levels > 62;
    REQUIRE(says(about_list("dataset.json", "{\"labels\": [" + nested(levels) + "]}"), "folder reader",
                 {deep ? "no sound JSON of at most 64 levels in " : "entry 1 of 1, which", "dataset.json"}));
    REQUIRE(says(
        about_list("dataset.json", "{\"labels\": [[\"1.png\", " + nested(levels - 1) + "]]}"), "folder reader",
        {deep ? "no sound JSON of at most 64 levels in " : "the label of \"1.png\", entry 1 of 1", "dataset.json"}));
    REQUIRE(says(about_list("dataset.json", "{\"other\": " + nested(levels + 1) + ", \"labels\": 1}"), "folder reader",
                 {deep ? "no sound JSON of at most 64 levels in " : "\"labels\" that are no list", "dataset.json"}));
    REQUIRE(
        says(about_list("metadata.jsonl", "\n{\"file_name\": \"1.png\", \"text\": " + nested(levels + 1) + "}"),
             "folder reader",
             {deep ? "no sound JSON of at most 64 levels in line 2 in " : "no \"text\" in line 2", "metadata.jsonl"}));
  }
  REQUIRE(says(about(with(kTwo, "dataset.json", std::string(100'000, '['))), "zip reader", {"64 levels"}));
}

TEST_CASE("a label of a file that is left out keeps its class", "[data]") {
  const TestFolder folder;
  const auto path =
      pack(folder,
           {{"1.png", png(1)}, {"2.png", "broken"}, {"dataset.json", R"({"labels": [["1.png", 0], ["2.png", 6]]})"}});
  const FolderImages found = read_zip(path, {.broken = Broken::skip});
  REQUIRE(found.skipped.size() == 1);
  REQUIRE(found.set.classes == 7);
  REQUIRE(says(complaint([&] { read_zip(path); }), "zip reader", {"some.zip/2.png (neither PNG nor JPEG)"}));
}

TEST_CASE("zips that are damaged, encrypted or hostile are refused", "[data][bad]") {
  REQUIRE(says(about({}), "zip reader", {"Unrecognized archive format", "some.zip"}));
  REQUIRE(says(about({{"readme.txt", "x"}}), "zip reader", {"no .png, .jpg or .jpeg file in", "some.zip"}));
  REQUIRE(says(about({{"../1.png", png(1)}}), "zip reader", {"an entry named \"../1.png\"", "below the archive"}));
  REQUIRE(says(about({{"a/../../1.png", png(1)}}), "zip reader", {"an entry named \"a/../../1.png\""}));
  REQUIRE(says(about({{"/etc/1.png", png(1)}}), "zip reader", {"an entry named \"/etc/1.png\""}));
  REQUIRE(says(about(with(kTwo, "a/1.png", png(3))), "zip reader", {"\"a/1.png\" twice"}));
  REQUIRE(says(about({{"1.png", "->2.png"}, {"2.png", png(1)}}), "zip reader", {"1.png (not a regular file)"}));
  REQUIRE(says(about({{"1.png", png(1, 8)}, {"2.png", png(2, 9)}}), "zip reader",
               {"8x8 pixels in 1.png and 9x9 in 2.png"}));

  const TestFolder folder;
  const auto path = pack(folder, kTwo);
  const std::string whole = read_file(path);
  for (const std::size_t size : {whole.size() - 1, whole.size() - 30, whole.size() / 2, std::size_t{5}}) {
    folder.write("cut.zip", std::string_view(whole).substr(0, size));
    const auto cut = (folder.path / "cut.zip").string();
    REQUIRE(
        says(complaint([&] { open_images("zip:" + cut); }), "zip reader", {"cut.zip", "whole to its end", "again"}));
  }
  std::string damaged = whole;
  damaged[80] = static_cast<char>(damaged[80] ^ 1);
  folder.write("damaged.zip", damaged);
  REQUIRE(says(complaint([&] { read_zip(folder.path / "damaged.zip"); }), "zip reader",
               {"damaged.zip/a/1.png (damaged or cut short"}));
  folder.write("text.zip", "no zip at all");
  REQUIRE(says(complaint([&] { read_zip(folder.path / "text.zip"); }), "zip reader", {"text.zip", "a sound zip"}));
  const auto locked = pack(folder, kTwo, "zip:encryption=traditional");
  REQUIRE(says(complaint([&] { read_zip(locked, {.broken = Broken::skip}); }), "zip reader",
               {"the encrypted file \"a/1.png\"", "without a password"}));
}

TEST_CASE("a zip bomb is refused", "[data][bad]") {
  const std::string zeros(std::size_t{150} << 20, '\0');
  REQUIRE(says(about({{"1.png", zeros}, {"2.png", zeros}, {"3.png", png(1)}}, {.broken = Broken::skip}), "zip reader",
               {"314572800 bytes unpacked of ", "at most 100 times as many"}));
  const std::string long_file((std::size_t{1} << 28) + 1, '\0');
  REQUIRE(says(about({{"1.png", long_file}}), "zip reader", {"1.png (more than 268435456 bytes)"}));
}

TEST_CASE("bytes changed anywhere in a zip end in an Error or in images", "[data][fuzz]") {
  const TestFolder folder;
  const Files files{{"dataset.json", R"({"labels": [["a/1.png", 1], ["b/2.png", 0]]})"},
                    {"metadata.jsonl",
                     "{\"file_name\": \"a/1.png\", \"text\": \"x\"}\n{\"file_name\": \"b/2.png\", \"text\": \"y\"}"},
                    kTwo[0],
                    kTwo[1]};
  for (const auto* options : {"zip:compression=store", "zip:compression=deflate"}) {
    const std::string whole = read_file(pack(folder, files, options));
    int refused = 0;
    for (std::uint64_t round = 0; round < 5000; ++round) {
      RandomStream random(round, Stream::bootstrap);
      std::string bytes = whole;
      for (std::uint64_t change = 0; change <= random.below(4); ++change)
        bytes[random.below(bytes.size())] = static_cast<char>(random.bits());
      if (random.below(8) == 0) bytes.resize(random.below(bytes.size()));
      folder.write("fuzzed.zip", bytes);
      refused +=
          !complaint([&] { read_zip(folder.path / "fuzzed.zip", {.broken = Broken::skip}).set.validate(); }).empty();
    }
    REQUIRE(refused > 500);
    REQUIRE(refused < 5000);
  }
}
