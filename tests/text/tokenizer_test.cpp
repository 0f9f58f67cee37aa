// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "fixtures.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/text/repair.hpp>
#include <diffmem/text/tokenizer.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

using namespace diffmem;
using nlohmann::json;
using Ids = std::vector<std::int64_t>;

namespace {

std::string unzipped(const std::string& name) {
  const gzFile file = gzopen(fixture(std::filesystem::path("stable") / name).c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string all(1 << 16, '\0'), text;
  for (int size; (size = gzread(file, all.data(), 1 << 16)) > 0;) text.append(all, 0, static_cast<std::size_t>(size));
  gzclose(file);
  return text;
}

const std::string& merges() {
  static const std::string text = unzipped("clip_merges.txt.gz");
  return text;
}

std::uint64_t crc(std::string_view bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}
/// Of the numbers as four bytes each, the lowest first.
std::uint64_t crc(const Ids& ids) {
  std::string bytes;
  for (const auto id : ids)
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(id >> shift);
  return crc(bytes);
}

std::string shown(const std::string& text) {
  return json(text.substr(0, 400)).dump(-1, ' ', true, json::error_handler_t::replace);
}

/// The four files of a small tokenizer, to break one of them.
void write_small(const TestFolder& folder) {
  ClipTokenizer::from_merges("#\na b\nab c</w>\n", 8).save(folder.path / "good");
}

}  // namespace

TEST_CASE("10,000 strings are repaired as by ftfy and tokenized as by transformers") {
  const json corpus = parse_json(unzipped("tokenizer.json.gz"));
  REQUIRE(corpus.is_object());
  const ClipTokenizer first = ClipTokenizer::from_merges(merges()),
                      second = ClipTokenizer::from_merges(merges(), 77, "!");
  REQUIRE(first.vocabulary() == 49408);
  REQUIRE(first.start() == 49406);
  REQUIRE(first.end() == 49407);
  REQUIRE(first.pad() == 49407);
  REQUIRE(second.pad() == 0);
  const std::size_t count = corpus["texts"].size();
  REQUIRE(count == 10000);
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = corpus["texts"][i].get<std::string>();
    CAPTURE(i, shown(text));
    REQUIRE(crc(repair(text)) == corpus["repaired"][i].get<std::uint64_t>());
    REQUIRE(first.ids(text) == corpus["ids"][i].get<Ids>());
    REQUIRE(crc(first.encode(text)) == corpus["padded"][i].get<std::uint64_t>());
    REQUIRE(crc(second.encode(text)) == corpus["padded2"][i].get<std::uint64_t>());
  }
}

TEST_CASE("captions of the article have CLIP's numbers") {
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges(merges());
  REQUIRE(tokenizer.ids("a painting") == Ids{320, 3086});
  Ids padded = tokenizer.encode("A Painting");
  REQUIRE(padded.size() == 77);
  REQUIRE(padded[0] == 49406);
  REQUIRE(padded[1] == 320);
  REQUIRE(std::all_of(padded.begin() + 3, padded.end(), [](auto id) { return id == 49407; }));
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "painting ";
  padded = tokenizer.encode(long_text);
  REQUIRE(padded.size() == 77);
  REQUIRE(padded[75] == 3086);
  REQUIRE(padded[76] == 49407);
}

TEST_CASE("without merges a vocabulary is of bytes") {
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges("", 6);
  REQUIRE(tokenizer.vocabulary() == 514);
  REQUIRE(tokenizer.ids("ab") == Ids{'a' - '!', 256 + 'b' - '!'});
  REQUIRE(tokenizer.encode("abcdefgh") == Ids{512, 64, 65, 66, 67, 513});
  REQUIRE(tokenizer.encode("") == Ids{512, 513, 513, 513, 513, 513});
  for (const auto id : tokenizer.ids("é中😀\u0001")) REQUIRE(id < 512);
}

TEST_CASE("the earliest merge goes first, at all its places from the left") {
  const auto ids = [](std::string_view list, std::string_view text) {
    Ids all = ClipTokenizer::from_merges(list).ids(text);
    for (auto& id : all) id = id < 512 ? -1 : id - 512;  // the merge that made it
    return all;
  };
  REQUIRE(ids("#\na a\n", "aaaab") == Ids{0, 0, -1});
  REQUIRE(ids("#\na a\n", "aaab") == Ids{0, -1, -1});
  REQUIRE(ids("#\nb c\na b\nbc d</w>\n", "abcd") == Ids{-1, 2});
  // What a merge makes may be merged earlier than it, but not before all places of it are.
  REQUIRE(ids("#\nab c\na b\nb c\n", "abcabx") == Ids{0, 1, -1});
}

TEST_CASE("a saved folder loads alike") {
  const TestFolder folder;
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges(merges(), 40, "!");
  tokenizer.save(folder.path / "tokenizer");
  const ClipTokenizer loaded(folder.path / "tokenizer");
  REQUIRE(loaded.vocabulary() == tokenizer.vocabulary());
  REQUIRE(loaded.length() == 40);
  REQUIRE(loaded.pad() == 0);
  for (const char* text : {"a painting!", "Naïve café <|endoftext|> it's", "â€œquotedâ€\u009d", "日本語 ΟΔΥΣΣΕΥΣ"})
    REQUIRE(loaded.encode(text) == tokenizer.encode(text));
  loaded.save(folder.path / "again");
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"})
    REQUIRE(read_file(folder.path / "again" / name) == read_file(folder.path / "tokenizer" / name));
}

TEST_CASE("the configuration's tokens: the map of special ones wins, unless added tokens are listed") {
  const TestFolder folder;
  write_small(folder);
  const auto good = folder.path / "good";
  json config = parse_json(read_file(good / "tokenizer_config.json"));
  folder.write("good/special_tokens_map.json", R"({"pad_token": "!"})");
  REQUIRE(ClipTokenizer(good).pad() == 0);
  config["added_tokens_decoder"] = {{"514", {{"content", "<|startoftext|>"}}}, {"515", {{"content", "<|endoftext|>"}}}};
  folder.write("good/tokenizer_config.json", config.dump());
  REQUIRE(ClipTokenizer(good).pad() == 515);
  config["added_tokens_decoder"]["516"] = {{"content", "<new>"}};
  folder.write("good/tokenizer_config.json", config.dump());
  REQUIRE(says(complaint([&] { ClipTokenizer tokenizer(good); }),
               "ClipTokenizer " + (good / "tokenizer_config.json").string(), {"<new>", "516"}));
}

TEST_CASE("a text that is not UTF-8 is refused with its place") {
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges("");
  for (const std::string bad :
       {"abc\xff", "abc\xc3", "abc\xed\xa0\x80", "abc\xc0\x80", "abc\xf4\x90\x80\x80", "abc\xe2\x82"}) {
    REQUIRE(says(complaint([&] { tokenizer.ids(bad); }), "ClipTokenizer", {"at 3", "UTF-8"}));
    REQUIRE(says(complaint([&] { repair(bad); }), "repair", {"at 3", "UTF-8"}));
  }
  REQUIRE(says(complaint([&] { tokenizer.ids("<|endoftext|>abc\xff"); }), "ClipTokenizer", {"at 16"}));
}

TEST_CASE("a folder that is not a tokenizer's is refused") {
  const TestFolder folder;
  write_small(folder);
  const auto good = folder.path / "good";
  const auto vocab = read_file(good / "vocab.json"), config = read_file(good / "tokenizer_config.json");
  const auto refused = [&](const std::string& name, std::string_view bytes,
                           std::initializer_list<std::string_view> words, const std::string& blamed) {
    const auto path = good / name;
    const std::string before = std::filesystem::exists(path) ? read_file(path) : "";
    folder.write("good/" + name, bytes);
    const std::string text = complaint([&] { ClipTokenizer tokenizer(good); });
    CAPTURE(text);
    REQUIRE(says(text, "ClipTokenizer " + (blamed.empty() ? good : good / blamed).string(), words));
    folder.write("good/" + name, before);
  };
  const auto with = [](const std::string& text, const std::string& name, const json& value) {
    json changed = parse_json(text);
    changed[name] = value;
    return changed.dump();
  };
  refused("vocab.json", vocab.substr(0, vocab.size() / 2), {"no JSON object"}, "vocab.json");
  refused("vocab.json", "[1]", {"no JSON object"}, "vocab.json");
  refused("vocab.json", with(vocab, "a", 100000), {"100000"}, "vocab.json");
  refused("vocab.json", with(vocab, "a", -1), {"-1"}, "vocab.json");
  refused("vocab.json", with(vocab, "a", 1), {"the id", "once"}, "vocab.json");
  refused("vocab.json", with(vocab, "a", "1"), {"the id"}, "vocab.json");
  refused("merges.txt", "#\na\n", {"line 2", "two pieces"}, "merges.txt");
  refused("merges.txt", "#\na b c\n", {"two pieces"}, "merges.txt");
  refused("merges.txt", "#\na q\n", {"merge to", "aq"}, "");
  refused("merges.txt", "#\nno a\n", {"merge of", "no"}, "");
  refused("tokenizer_config.json", "", {"no JSON object"}, "tokenizer_config.json");
  refused("tokenizer_config.json", "{}", {"no model_max_length"}, "tokenizer_config.json");
  refused("tokenizer_config.json", with(config, "model_max_length", 1), {"model_max_length of 1"},
          "tokenizer_config.json");
  refused("tokenizer_config.json", with(config, "model_max_length", 1e30), {"model_max_length"},
          "tokenizer_config.json");
  refused("tokenizer_config.json", with(config, "padding_side", "left"), {"padding_side"}, "tokenizer_config.json");
  refused("tokenizer_config.json", with(config, "bos_token", 3), {"bos_token"}, "tokenizer_config.json");
  refused("special_tokens_map.json", R"({"pad_token": "[PAD]"})", {"pad_token", "[PAD]"}, "");
  refused("special_tokens_map.json", R"({"pad_token": ""})", {"empty pad_token"}, "");
  refused("special_tokens_map.json", R"({"pad_token": {"content": "!", "lstrip": true}})", {"lstrip"},
          "special_tokens_map.json");
  refused("added_tokens.json", R"({"<new>": 516})", {"added"}, "added_tokens.json");
  std::filesystem::remove(good / "added_tokens.json");
  REQUIRE(complaint([&] { ClipTokenizer tokenizer(good); }).empty());
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json"}) {
    std::filesystem::rename(good / name, good / "away");
    REQUIRE(complaint([&] { ClipTokenizer tokenizer(good); }).find(name) != std::string::npos);
    std::filesystem::rename(good / "away", good / name);
  }
  REQUIRE(says(complaint([] { ClipTokenizer::from_merges("", 1); }), "ClipTokenizer", {"length of 1"}));
  REQUIRE(says(complaint([] { ClipTokenizer::from_merges("", 77, "[PAD]"); }), "ClipTokenizer", {"[PAD]"}));
  REQUIRE(says(complaint([] { ClipTokenizer::from_merges("#\na b\na b\n"); }), "ClipTokenizer", {"twice"}));
}

TEST_CASE("any text has numbers, and its repair is repaired") {
  const ClipTokenizer tokenizer = ClipTokenizer::from_merges(merges());
  RandomStream random(7, Stream::subset);
  const std::vector<std::string> parts = {"Ã",
                                          "Â",
                                          "â€",
                                          "™",
                                          "\u00a0",
                                          " ",
                                          "\n",
                                          "&#",
                                          "&amp;",
                                          ";",
                                          "x1f",
                                          "<",
                                          "|",
                                          "\u001b[",
                                          "m",
                                          "\u0085",
                                          "\ufffd",
                                          "ï¿½",
                                          "ð",
                                          "Ÿ",
                                          "í",
                                          "À",
                                          "\u0345",
                                          "Σ",
                                          "’",
                                          "中",
                                          "😀",
                                          "a",
                                          "Z",
                                          "'s",
                                          "9",
                                          "Ð",
                                          "Ñ",
                                          "вЂ",
                                          "√",
                                          "∂",
                                          "ꙋ",
                                          "ç",
                                          "ﬃ",
                                          "Ａ",
                                          "<|endoftext|>"};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto left = random.below(30); left > 0; --left) text += parts[random.below(parts.size())];
    CAPTURE(shown(text));
    const std::string once = repair(text);
    REQUIRE(repair(once).size() <= once.size());
    for (const auto id : tokenizer.encode(text)) REQUIRE((id >= 0 && id < 49408));
  }
  // Long ones, of one word and of much to repair, take no more than a moment.
  std::string word(200'000, 'a'), latin, bad;
  for (int i = 0; i < 20'000; ++i) {
    latin += static_cast<char>('a' + random.below(26));
    bad += parts[random.below(6)];
  }
  REQUIRE(!tokenizer.ids(word).empty());
  REQUIRE(!tokenizer.ids(latin).empty());
  REQUIRE(!tokenizer.ids(bad).empty());
}

TEST_CASE("bytes changed anywhere in a folder end in an Error or in a tokenizer", "[fuzz]") {
  const TestFolder folder;
  write_small(folder);
  const auto good = folder.path / "good";
  RandomStream random(8, Stream::subset);
  const std::string names[] = {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"};
  std::string whole[4];
  for (int i = 0; i < 4; ++i) whole[i] = read_file(good / names[i]);
  int loaded = 0, refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const auto which = random.below(4);
    std::string bytes = whole[which];
    for (auto left = 1 + random.below(4); left > 0; --left) {
      const auto at = random.below(bytes.size() + 1);
      switch (random.below(4)) {
        case 0: bytes.resize(at); break;
        case 1: bytes.insert(at, 1, static_cast<char>(random.below(256))); break;
        case 2: bytes.erase(at, random.below(8)); break;
        default:
          if (at < bytes.size()) bytes[at] = "\"{}[],:0123 \n\\u<|\xff"[random.below(18)];
      }
    }
    folder.write("good/" + names[which], bytes);
    try {
      ClipTokenizer tokenizer(good);
      REQUIRE(tokenizer.encode("a painting, é").size() == tokenizer.length());
      ++loaded;
    } catch (const Error&) {
      ++refused;
    }
    folder.write("good/" + names[which], whole[which]);
  }
  REQUIRE(loaded > 0);
  REQUIRE(refused > 0);
}

TEST_CASE("transformers loads what is saved and tokenizes alike", "[python]") {
  const auto root = fixture("stable").parent_path().parent_path().parent_path();
  const auto python = root / ".venv-python/bin/python";
  if (!std::filesystem::exists(python)) {
    WARN("no .venv-python: make python");
    return;
  }
  const TestFolder folder;
  const json corpus = parse_json(unzipped("tokenizer.json.gz"));
  json texts = json::array();
  for (std::size_t i = 0; i < corpus["texts"].size(); i += 7) texts.push_back(corpus["texts"][i]);
  folder.write("texts.json", texts.dump());
  folder.write("run.py", R"(import json, sys
from transformers import CLIPTokenizer
tokenizer = CLIPTokenizer.from_pretrained(sys.argv[1] + "/tokenizer")
texts = json.load(open(sys.argv[1] + "/texts.json", encoding="utf-8"))
padded = [tokenizer(t, padding="max_length", truncation=True).input_ids for t in texts]
json.dump({"length": tokenizer.model_max_length, "ids": padded}, open(sys.argv[1] + "/ids.json", "w"))
)");
  for (const std::string_view list : {std::string_view(merges()), std::string_view()})
    for (const std::string_view pad : {"<|endoftext|>", "!"}) {
      const ClipTokenizer tokenizer = ClipTokenizer::from_merges(list, 60, pad);
      std::filesystem::remove_all(folder.path / "tokenizer");
      tokenizer.save(folder.path / "tokenizer");
      REQUIRE(std::system(
                  (python.string() + " " + (folder.path / "run.py").string() + " " + folder.path.string()).c_str()) ==
              0);
      const json answer = parse_json(read_file(folder.path / "ids.json"));
      REQUIRE(answer["length"] == 60);
      REQUIRE(answer["ids"].size() == texts.size());
      for (std::size_t i = 0; i < texts.size(); ++i) {
        CAPTURE(pad, shown(texts[i]));
        REQUIRE(tokenizer.encode(texts[i].get<std::string>()) == answer["ids"][i].get<Ids>());
      }
    }
}
