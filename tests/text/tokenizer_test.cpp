// SPDX-License-Identifier: MIT
// The tokenizer beside transformers' and ftfy on 10,000 awkward strings (tests/fixtures/stable/make_tokenizer.py).
#include "check.hpp"
#include "complaint.hpp"
#include "fixtures.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/text/repair.hpp>
#include <diffmem/text/tokenizer.hpp>

#include <zlib.h>

#include <cstdlib>

using namespace diffmem;
namespace fs = std::filesystem;
using Ids = std::vector<std::int64_t>;

namespace {

std::string unzipped(const fs::path& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string all(std::size_t{64} << 20, '\0');
  const int size = gzread(file, all.data(), static_cast<unsigned>(all.size()));
  gzclose(file);
  REQUIRE(size > 0);
  all.resize(static_cast<std::size_t>(size));
  return all;
}

std::string merges() { return unzipped(fixture("stable/clip_merges.txt.gz")); }

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<unsigned>(bytes.size())));
}

std::uint32_t checksum(const Ids& ids) {
  std::string bytes;
  for (const std::int64_t id : ids)
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(id >> (8 * i));
  return checksum(bytes);
}

/// What `from_merges("")` makes, in a folder with one file changed.
std::string loading(const TestFolder& scratch, const std::string& file, const std::string& content) {
  const fs::path folder = scratch.path / "tokenizer";
  ClipTokenizer::from_merges("").save(folder);
  if (content == "gone")
    fs::remove(folder / file);
  else
    write_file_atomically(folder / file, content);
  return complaint([&] { const ClipTokenizer loaded(folder); });
}

}  // namespace

TEST_CASE("10,000 texts are repaired as ftfy does and tokenized as transformers does", "[text][tokenizer]") {
  const ClipTokenizer one = ClipTokenizer::from_merges(merges()), two = ClipTokenizer::from_merges(merges(), 77, "!");
  REQUIRE(one.vocabulary() == 49408);
  const auto data = nlohmann::json::parse(unzipped(fixture("stable/tokenizer.json.gz")));
  REQUIRE(data["texts"].size() == 10'000);
  std::size_t wrong_repairs = 0, wrong_ids = 0, wrong_pads = 0;
  for (std::size_t i = 0; i < data["texts"].size(); ++i) {
    const auto text = data["texts"][i].get<std::string>();
    const bool repaired = checksum(repair(text)) == data["repaired"][i].get<std::uint32_t>(),
               same = one.ids(text) == data["ids"][i].get<Ids>(),
               padded = checksum(one.encode(text)) == data["padded"][i].get<std::uint32_t>() &&
                        checksum(two.encode(text)) == data["padded2"][i].get<std::uint32_t>();
    wrong_repairs += !repaired, wrong_ids += !same, wrong_pads += !padded;
    if (!repaired || !same || !padded)
      if (wrong_repairs + wrong_ids + wrong_pads < 30)
        UNSCOPED_INFO("text " << i << ": " << nlohmann::json(text).dump(-1, ' ', true).substr(0, 300)
                              << (repaired ? "" : " repaired otherwise: ")
                              << (repaired ? "" : nlohmann::json(repair(text)).dump(-1, ' ', true).substr(0, 300))
                              << (same ? "" : " other ids") << (padded ? "" : " other padding"));
  }
  REQUIRE(wrong_repairs == 0);
  REQUIRE(wrong_ids == 0);
  REQUIRE(wrong_pads == 0);
}

TEST_CASE("known prompts", "[text][tokenizer]") {
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges(merges());
  REQUIRE(tokenizer.ids("a painting") == Ids{320, 3086});
  const Ids whole = tokenizer.encode("a realism painting");
  REQUIRE(whole.size() == 77);
  REQUIRE(whole[0] == 49406);
  REQUIRE(whole[1] == 320);
  REQUIRE(whole[3] == 3086);
  REQUIRE(whole[4] == 49407);
  REQUIRE(whole[76] == 49407);
  REQUIRE(tokenizer.encode("") == [&] {
    Ids empty(77, 49407);
    empty[0] = 49406;
    return empty;
  }());
  REQUIRE(says(complaint([&] { tokenizer.ids("abc\xff"); }), "ClipTokenizer", {"0xff at 3"}));
}

TEST_CASE("a folder comes back", "[text][tokenizer]") {
  const TestFolder scratch;
  for (const std::string& list : {std::string(), merges()}) {
    const ClipTokenizer tokenizer = ClipTokenizer::from_merges(list, 20, "!");
    tokenizer.save(scratch.path / "tokenizer");
    const ClipTokenizer back(scratch.path / "tokenizer");
    REQUIRE(back.vocabulary() == (list.empty() ? 514 : 49408));
    REQUIRE(back.length() == 20);
    for (const char* text : {"a painting", "Ünïcode, 漢字 & more!", "", "<|endoftext|> it's"})
      REQUIRE(back.encode(text) == tokenizer.encode(text));
  }
  if (const char* out = std::getenv("DIFFMEM_OUT")) {  // for tests/script/stable_python.sh
    ClipTokenizer::from_merges(merges()).save(fs::path(out) / "full");
    ClipTokenizer::from_merges("").save(fs::path(out) / "bytes");
  }
}

TEST_CASE("broken tokenizer folders are refused", "[text][tokenizer]") {
  const TestFolder scratch;
  REQUIRE(loading(scratch, "special_tokens_map.json", "gone").empty());
  for (const char* file : {"vocab.json", "merges.txt", "tokenizer_config.json"}) {
    INFO(file);
    REQUIRE(loading(scratch, file, "gone").find(file) != std::string::npos);
  }
  for (const char* file : {"vocab.json", "tokenizer_config.json"})
    for (const char* text : {"", "{", "[]", "7", "\xff"}) {
      INFO(file << " " << text);
      REQUIRE(loading(scratch, file, text).find(file) != std::string::npos);
    }
  REQUIRE(loading(scratch, "vocab.json", R"({"a": 0, "b": 2})").find("vocab.json") != std::string::npos);
  REQUIRE(loading(scratch, "vocab.json", R"({"a": -1})").find("vocab.json") != std::string::npos);
  REQUIRE(loading(scratch, "merges.txt", "#version: 0.2\nnever seen\n").find("the merge to \"neverseen\"") !=
          std::string::npos);
  REQUIRE(loading(scratch, "tokenizer_config.json", R"({"model_max_length": -3})").find("tokenizer_config.json") !=
          std::string::npos);
}

TEST_CASE("any code points can be tokenized, and any bytes loaded or refused", "[text][tokenizer]") {
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges("");
  RandomStream random(7, Stream::cells);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::uint64_t n = random.below(20); n > 0; --n) {
      std::uint64_t c = random.below(i % 2 == 0 ? 0x300 : 0x110000);
      if (c >= 0xD800 && c < 0xE000) c = 'x';
      if (c < 0x80) {
        text += static_cast<char>(c);
      } else if (c < 0x800) {
        text += static_cast<char>(0xC0 | c >> 6), text += static_cast<char>(0x80 | (c & 63));
      } else if (c < 0x10000) {
        text += static_cast<char>(0xE0 | c >> 12), text += static_cast<char>(0x80 | (c >> 6 & 63)),
            text += static_cast<char>(0x80 | (c & 63));
      } else {
        text += static_cast<char>(0xF0 | c >> 18), text += static_cast<char>(0x80 | (c >> 12 & 63)),
            text += static_cast<char>(0x80 | (c >> 6 & 63)), text += static_cast<char>(0x80 | (c & 63));
      }
    }
    REQUIRE(tokenizer.encode(text).size() == 77);
  }
  const TestFolder scratch;
  const fs::path folder = scratch.path / "tokenizer";
  tokenizer.save(folder);
  for (const char* file : {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"}) {
    const std::string whole = read_file(folder / file);
    for (int i = 0; i < 100; ++i) {
      std::string bytes = whole.substr(0, random.below(whole.size() + 1));
      for (std::uint64_t n = random.below(4); n > 0 && !bytes.empty(); --n)
        bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
      write_file_atomically(folder / file, bytes);
      complaint([&] { const ClipTokenizer loaded(folder); });  // an Error or none, but nothing else
    }
    write_file_atomically(folder / file, whole);
  }
}
