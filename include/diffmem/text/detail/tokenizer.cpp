// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/text/detail/unicode.hpp>
#include <diffmem/text/repair.hpp>
#include <diffmem/text/tokenizer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <queue>

namespace diffmem {
namespace {

using nlohmann::json;

constexpr std::string_view kWho = "ClipTokenizer", kStart = "<|startoftext|>", kEnd = "<|endoftext|>",
                           kEndsWord = "</w>";
constexpr std::size_t kMostMerges = 49152 - 256 - 2;  // what CLIP reads of a longer list
constexpr std::size_t kLongest = 1 << 16;             // tokens of a text
constexpr std::uint64_t kFileLimit = 64 << 20;
/// In the order of ClipTokenizer::special_.
constexpr std::array<const char*, 4> kSpecialNames = {"bos_token", "eos_token", "unk_token", "pad_token"};

/// The character that stands for each byte in vocabularies: itself where it can be seen, the next of U+0100... elsewhere.
const std::array<std::string, 256>& byte_characters() {
  static const auto all = [] {
    std::array<std::string, 256> made;
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool seen = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
      const char32_t c = seen ? byte : next++;
      made[byte] = unicode::utf8(std::u32string_view(&c, 1));
    }
    return made;
  }();
  return all;
}

[[noreturn]] void broken(const std::string& who, std::string_view got, std::string_view want) {
  throw Error(who, got, want, "fetch the folder tokenizer/ again, or write it by ClipTokenizer::save");
}

std::string shown(std::string_view piece) { return json(piece).dump(-1, ' ', false, json::error_handler_t::replace); }

std::string who_of(const std::filesystem::path& file) { return fmt::format("{} {}", kWho, file.string()); }

json object_in(const std::filesystem::path& file) {
  json value = parse_json(read_file(file, kFileLimit));
  if (!value.is_object()) broken(who_of(file), "a text that is no JSON object", "the JSON that transformers writes");
  return value;
}

std::vector<std::pair<std::string, std::string>> merges_in(std::string_view text, const std::string& who) {
  std::vector<std::pair<std::string, std::string>> merges;
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  text = first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(blank) + 1 - first);
  for (std::size_t line = 1; !text.empty() && merges.size() < kMostMerges; ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == 1) continue;  // "#version: 0.2"
    if (pair.ends_with('\r')) pair.remove_suffix(1);
    const std::size_t gap = pair.find(' ');
    if (gap == 0 || gap == pair.npos || gap + 1 == pair.size() || pair.find(' ', gap + 1) != pair.npos)
      broken(who, fmt::format("a line {} of {} bytes that is not two pieces", line, pair.size()),
             "\"left right\" in each line but the first");
    merges.emplace_back(pair.substr(0, gap), pair.substr(gap + 1));
  }
  return merges;
}

/// The text of a special token: a string, or an object as AddedToken is written.
std::string token_in(const json& value, std::string_view name, const std::string& who) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object() || !value.contains("content") || !value["content"].is_string())
    broken(who, fmt::format("a {} that is no text", name), "a string, or an object with \"content\"");
  for (const char* flag : {"lstrip", "rstrip", "single_word"})
    if (value.contains(flag) && value[flag] != false)
      throw Error(who, fmt::format("a {} with {}", name, flag), "false, as for all of CLIP's tokens",
                  "use a tokenizer of CLIP");
  return value["content"].get<std::string>();
}

/// `to` is what each special token that `config` names reads.
void read_special(const json& config, const std::string& who, std::array<std::string, 4>& to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    if (const auto found = config.find(kSpecialNames[i]); found != config.end() && !found->is_null())
      to[i] = token_in(*found, kSpecialNames[i], who);
}

std::uint64_t key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

/// Whether `text` goes on at `at` with `word`; a long s is an s, as regular expressions without case have it.
bool reads(std::u32string_view text, std::size_t at, std::string_view word) {
  if (word.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char32_t c = text[at + i] == U'ſ' ? U's' : text[at + i];
    if (c != static_cast<char32_t>(word[i])) return false;
  }
  return true;
}

enum class Class { Letter, Number, Other, None };

Class class_of(char32_t c) {
  // Without case U+0345 is a letter, an iota, and no letter: no expression takes it.
  if (unicode::is_space(c) || c == 0x345) return Class::None;
  return unicode::is_letter(c) ? Class::Letter : unicode::is_number(c) ? Class::Number : Class::Other;
}

/// The end of the word that begins at `at`; `at` itself where none does.
std::size_t word_end(std::u32string_view text, std::size_t at) {
  for (const std::string_view word : {kStart, kEnd})
    if (reads(text, at, word)) return at + word.size();
  for (const std::string_view word : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (reads(text, at, word)) return at + word.size();
  const Class kind = class_of(text[at]);
  if (kind == Class::None) return at;
  std::size_t end = at + 1;
  while (kind != Class::Number && end < text.size() && class_of(text[end]) == kind) ++end;
  return end;
}

}  // namespace

ClipTokenizer::ClipTokenizer(const std::filesystem::path& folder) {
  const auto vocab_file = folder / "vocab.json", config_file = folder / "tokenizer_config.json";
  const json vocab = object_in(vocab_file);
  std::vector<bool> taken(vocab.size());
  pieces_.resize(vocab.size());
  for (const auto& [piece, id] : vocab.items()) {
    const auto place = id.is_number_unsigned() ? id.get<std::uint64_t>() : vocab.size();
    if (place >= vocab.size() || taken[place])
      broken(who_of(vocab_file), fmt::format("the id {} of {}", id.dump(), shown(piece)),
             fmt::format("each of 0 to {} once, for {} pieces", static_cast<std::int64_t>(vocab.size()) - 1,
                         vocab.size()));
    taken[place] = true;
    pieces_[place] = piece;
  }
  merges_ = merges_in(read_file(folder / "merges.txt", kFileLimit), who_of(folder / "merges.txt"));

  const json config = object_in(config_file);
  const std::string who = who_of(config_file);
  read_special(config, who, special_);
  const auto length = config.find("model_max_length");
  if (length == config.end() || !length->is_number_unsigned() || *length < 2 || *length > kLongest)
    broken(who, length == config.end() ? "no model_max_length" : "a model_max_length of " + length->dump(),
           fmt::format("2 to {}, which is 77 for CLIP", kLongest));
  length_ = length->get<std::size_t>();
  if (config.value("split_special_tokens", json(false)) != false ||
      config.value("padding_side", json("right")) != "right")
    throw Error(who, "split_special_tokens or a padding_side of its own", "neither, as in CLIP", "take them out");
  const auto map_file = folder / "special_tokens_map.json";
  // Where the configuration lists added tokens, transformers does not read the map.
  const auto added = config.find("added_tokens_decoder");
  if (added == config.end() && std::filesystem::exists(map_file))
    read_special(object_in(map_file), who_of(map_file), special_);
  index(who_of(folder));
  if (std::filesystem::exists(folder / "added_tokens.json"))
    throw Error(who_of(folder / "added_tokens.json"), "tokens added to CLIP's", "none", "remove the file, or merge it");
  if (added == config.end()) return;
  if (!added->is_object()) broken(who, "an added_tokens_decoder that is no object", "{id: token}");
  for (const auto& [id, token] : added->items()) {
    const std::string content = token_in(token, "added token", who);
    if (std::find(special_.begin(), special_.end(), content) == special_.end() || std::to_string(id_of(content)) != id)
      throw Error(who, fmt::format("the added token {} as {}", shown(content), id),
                  "special tokens only, with their ids of vocab.json", "use a tokenizer of CLIP");
  }
}

ClipTokenizer ClipTokenizer::from_merges(std::string_view merges, std::size_t length, std::string_view pad) {
  if (length < 2 || length > kLongest)
    throw Error(kWho, fmt::format("a length of {}", length), fmt::format("2 to {}", kLongest), "CLIP has 77");
  ClipTokenizer made;
  made.merges_ = merges_in(merges, std::string(kWho));
  made.length_ = length;
  made.special_[3] = pad;
  // Bytes that can be seen come first.
  const auto& characters = byte_characters();
  for (const bool seen : {true, false})
    for (std::size_t byte = 0; byte < 256; ++byte)
      if ((characters[byte].size() == 1 || static_cast<unsigned char>(characters[byte][0]) < 0xc4) == seen)
        made.pieces_.push_back(characters[byte]);
  for (std::size_t i = 0; i < 256; ++i) made.pieces_.push_back(made.pieces_[i] + std::string(kEndsWord));
  for (const auto& [left, right] : made.merges_) made.pieces_.push_back(left + right);
  made.pieces_.emplace_back(kStart);
  made.pieces_.emplace_back(kEnd);
  made.index(std::string(kWho));
  return made;
}

void ClipTokenizer::index(const std::string& who) {
  for (std::size_t i = 0; i < pieces_.size(); ++i)
    if (!ids_.emplace(pieces_[i], static_cast<Id>(i)).second)
      broken(who, fmt::format("the piece {} twice", shown(pieces_[i])), "each piece once");
  const auto known = [&](const std::string& piece, std::string_view what) {
    const Id id = id_of(piece);
    if (id == kNone)
      broken(who, fmt::format("the {} {}", what, shown(piece)),
             fmt::format("one of the {} pieces of the vocabulary", pieces_.size()));
    return id;
  };
  for (std::size_t i = 0; i < merges_.size(); ++i) {
    const auto& [left, right] = merges_[i];
    const Id first = known(left, "merge of"), second = known(right, "merge with");
    merged_.insert_or_assign(key(first, second), Merge{static_cast<std::int32_t>(i), known(left + right, "merge to")});
  }
  const auto& characters = byte_characters();
  for (std::size_t byte = 0; byte < 256; ++byte) {
    byte_[byte] = id_of(characters[byte]);
    last_byte_[byte] = id_of(characters[byte] + std::string(kEndsWord));
  }
  Id* const places[] = {&start_, &end_, &unknown_, &pad_};
  for (std::size_t i = 0; i < special_.size(); ++i) {
    if (special_[i].empty()) broken(who, fmt::format("an empty {}", kSpecialNames[i]), "a piece of the vocabulary");
    *places[i] = known(special_[i], kSpecialNames[i]);
  }
}

ClipTokenizer::Id ClipTokenizer::id_of(std::string_view piece) const {
  const auto found = ids_.find(std::string(piece));
  return found == ids_.end() ? kNone : found->second;
}

void ClipTokenizer::save(const std::filesystem::path& folder) const {
  json vocab = json::object();
  for (std::size_t i = 0; i < pieces_.size(); ++i) vocab[pieces_[i]] = i;
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : merges_) merges.append(left).append(" ").append(right).append("\n");
  json special = json::object();
  for (std::size_t i = 0; i < special_.size(); ++i)
    special[kSpecialNames[i]] = {
        {"content", special_[i]}, {"lstrip", false}, {"normalized", true}, {"rstrip", false}, {"single_word", false}};
  special["pad_token"] = special_[3];
  json config = special;
  for (const char* name : {"bos_token", "eos_token", "unk_token"}) config[name]["__type"] = "AddedToken";
  config.update({{"add_prefix_space", false},
                 {"do_lower_case", true},
                 {"errors", "replace"},
                 {"model_max_length", length_},
                 {"tokenizer_class", "CLIPTokenizer"}});
  make_folder(folder);
  write_file_atomically(folder / "vocab.json", vocab.dump());
  write_file_atomically(folder / "merges.txt", merges);
  write_file_atomically(folder / "special_tokens_map.json", special.dump(2) + "\n");
  write_file_atomically(folder / "tokenizer_config.json", config.dump(2) + "\n");
}

std::vector<std::int64_t> ClipTokenizer::ids(std::string_view text) const {
  unicode::code_points(text, kWho);  // says where in the whole text
  std::vector<std::int64_t> out;
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string* longest = nullptr;
    for (const std::string& token : special_)
      if (text.substr(at).starts_with(token) && (!longest || token.size() > longest->size())) longest = &token;
    if (!longest) {
      ++at;
      continue;
    }
    add_plain(text.substr(plain, at - plain), out);
    out.push_back(id_of(*longest));
    plain = at += longest->size();
  }
  add_plain(text.substr(plain), out);
  return out;
}

std::vector<std::int64_t> ClipTokenizer::encode(std::string_view text) const {
  std::vector<std::int64_t> out = ids(text);
  out.resize(std::min(out.size(), length_ - 2));
  out.insert(out.begin(), start_);
  out.push_back(end_);
  out.resize(length_, pad_);
  return out;
}

void ClipTokenizer::add_plain(std::string_view text, std::vector<std::int64_t>& to) const {
  const std::u32string all = unicode::lower(unicode::code_points(repair(text), kWho));
  const std::u32string_view whole = all;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = word_end(whole, at);
    if (end == at) {
      ++at;
      continue;
    }
    add_word(unicode::utf8(whole.substr(at, end - at)), to);
    at = end;
  }
}

void ClipTokenizer::add_word(std::string_view bytes, std::vector<std::int64_t>& to) const {
  const auto put = [&](Id id) { to.push_back(id == kNone ? unknown_ : id); };
  if (bytes == kStart || bytes == kEnd) return put(id_of(bytes));  // repaired to one, or written in capitals
  std::vector<Id> word(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    word[i] = (i + 1 < bytes.size() ? byte_ : last_byte_)[static_cast<unsigned char>(bytes[i])];
  merge(word);
  for (const Id id : word) put(id);
}

/// All places of the earliest merge are merged, from left to right, before what came of them is looked at.
void ClipTokenizer::merge(std::vector<Id>& word) const {
  struct Candidate {
    std::int32_t rank;
    std::size_t at;
    Id left, right, piece;
    bool operator>(const Candidate& o) const { return std::pair(rank, at) > std::pair(o.rank, o.at); }
  };
  const std::size_t size = word.size();
  std::vector<std::size_t> next(size), before(size);  // of the pieces that are left
  for (std::size_t i = 0; i < size; ++i) {
    next[i] = i + 1;
    before[i] = i - 1;
  }
  std::vector<bool> gone(size);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto add = [&](std::size_t at) {
    if (at >= size || next[at] >= size) return;
    const auto found = merged_.find(key(word[at], word[next[at]]));
    if (found != merged_.end())
      candidates.push({found->second.rank, at, word[at], word[next[at]], found->second.piece});
  };
  for (std::size_t i = 0; i < size; ++i) add(i);
  std::vector<std::size_t> changed;
  while (!candidates.empty()) {
    const std::int32_t rank = candidates.top().rank;
    changed.clear();
    for (; !candidates.empty() && candidates.top().rank == rank; candidates.pop()) {
      const auto& [_, at, left, right, piece] = candidates.top();
      if (gone[at] || word[at] != left || next[at] >= size || word[next[at]] != right) continue;
      word[at] = piece;
      gone[next[at]] = true;
      next[at] = next[next[at]];
      if (next[at] < size) before[next[at]] = at;
      changed.push_back(at);
    }
    for (const std::size_t at : changed) {
      add(at);
      if (before[at] < size) add(before[at]);
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size; i = next[i]) word[kept++] = word[i];
  word.resize(kept);
}

}  // namespace diffmem
