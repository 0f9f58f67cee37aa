// SPDX-License-Identifier: MIT
#include <diffmem/text/detail/tables.hpp>
#include <diffmem/text/detail/unicode.hpp>
#include <diffmem/text/repair.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace diffmem {
namespace {

using namespace text_tables;
using std::u32string;
using std::u32string_view;

constexpr char32_t kLost = 0xfffd;  // the character of what could not be read

/// The characters below 0x10000 that `value_of` tells of; 0 for others.
template <class Value>
class Lookup {
 public:
  Value operator[](char32_t c) const { return c < values_.size() ? values_[c] : Value{}; }
  Value& at(char32_t c) { return values_[c]; }

 private:
  std::vector<Value> values_ = std::vector<Value>(0x10000);
};

// ---- Does it look like UTF-8 read as something else?

// Kinds that need no table.
constexpr std::uint32_t kSmallLatin = 1u << 20, kGreatLatin = 1u << 21, kBlank = 1u << 22, kWord = 1u << 23,
                        kNoLatin = 1u << 24, kInLine = 1u << 25;

std::uint32_t kinds_of(char32_t c) {
  static const Lookup<std::uint16_t> table = [] {
    Lookup<std::uint16_t> made;
    for (const Run& run : kKinds)
      for (char32_t i = run.first; i <= run.last; ++i) made.at(i) = static_cast<std::uint16_t>(run.value);
    return made;
  }();
  const bool small = c >= 'a' && c <= 'z', great = c >= 'A' && c <= 'Z';
  return table[c] | (small ? kSmallLatin : 0) | (great ? kGreatLatin : 0) | (small || great ? 0 : kNoLatin) |
         (c == '\n' ? 0 : kInLine) | (unicode::is_blank(c) ? kBlank : 0) | (unicode::is_word(c) ? kWord : 0);
}

/// A character of one of these kinds, or one of these.
struct Place {
  Place(std::uint32_t of_kinds, u32string_view or_these = {}) : kinds(of_kinds), these(or_these) {}
  Place(const char32_t* one_of_these) : kinds(0), these(one_of_these) {}
  bool takes(char32_t c, std::uint32_t kinds_of_c) const {
    return (kinds & kinds_of_c) != 0 || these.find(c) != these.npos;
  }
  std::uint32_t kinds;
  u32string_view these;
};
using Sequence = std::vector<Place>;

/// Neighbours that people hardly write, and that UTF-8 in a wrong encoding is full of.
const std::vector<Sequence>& unlikely() {
  constexpr std::uint32_t accented = kLowerAccented | kUpperAccented, points = kOpening | kClosing;
  constexpr std::uint32_t strange = accented | kBox | points | kCurrency | kNumeric | kLaw;
  constexpr std::uint32_t after_arabic = kCommon | kCurrency | kBad | kNumeric | kOpening;
  constexpr std::uint32_t in_cyrillic = kC1 | kBad | points | kCurrency;
  static const std::vector<Sequence> all = {
      {kC1},
      {kBad | strange, kBad},
      {kBad, strange},
      {kSmallLatin | kGreatLatin, kLowerCommon | kUpperCommon, kBad},
      {kLowerAccented | kLowerCommon | kBox | kClosing | kCurrency | kNumeric, kUpperAccented},
      {kBox | kClosing | kCurrency | kNumeric, kLowerAccented},
      {kLowerAccented | kBox | kClosing, kCurrency},
      {kBlank, kUpperAccented, kCurrency},
      {kUpperAccented | kBox, kNumeric | kLaw},
      {accented | kBox | kCurrency | kClosing, kOpening, kNumeric},
      {accented | kCurrency | kNumeric | kBox | kLaw, kClosing, kOpening},
      {kCurrency | kNumeric | kBox, kOpening},
      {kSmallLatin, kUpperAccented, kOpening | kCurrency},
      {kBox, kKaomoji | kClosing},
      {accented | kCurrency | kNumeric | points | kLaw, kBox},
      {accented, points, kWord},
      {U"Œœ", kNoLatin},
      {kUpperAccented, U"°"},
      // Windows-1252
      {U"ÂÃÎÐ", {points, U"€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´"}},
      {U"×", U"²³"},
      {U"ØÙ", {after_arabic, U"ŸŠ®°µ»"}, U"ØÙ", {after_arabic, U"ŸŠ®°µ»"}},
      {U"à", U"²µ¹¼½¾"},
      {kSmallLatin, U"ÃÂ", U" "},
      {kSmallLatin, kBlank, U"ÃÂ", U" "},
      {{kSmallLatin | kClosing, U".,?!"}, U"Â", {points, U" "}},
      // MacRoman
      {U"√", U"±∂†≠®™´≤≥¥µø"},
      {U"≈", U"°¢"},
      {U"‚", U"Ä", U"ìîïòôúùû†°¢π"},
      {U"‚", U"âó", U"àä°ê"},
      // Windows-1251 and 1253
      {U"в", U"Ђ"},
      {U"ВГРС", {in_cyrillic, U"°µ"}, U"ВГРС"},
      {U"Г", U"ў", U"В", U"Ђ", U"В", kInLine, {kSmallLatin | kGreatLatin, U" "}},
      {U"β", U"€", U"™\u00a0Ά\u00ad®°"},
      {U"ΒΓΞΟ", {in_cyrillic, U"°"}, U"ΒΓΞΟ"},
  };
  return all;
}

bool is_bad(u32string_view text) {
  std::vector<std::uint32_t> kinds(text.size());
  std::transform(text.begin(), text.end(), kinds.begin(), kinds_of);
  if (text.size() >= 2 && (text[0] == U'Ã' || text[0] == U'Â') && text[1] == U' ') return true;
  const auto& sequences = unlikely();
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const Sequence& places : sequences) {
      if (places.size() > text.size() - at) continue;
      std::size_t held = 0;
      while (held < places.size() && places[held].takes(text[at + held], kinds[at + held])) ++held;
      if (held == places.size()) return true;
    }
  return false;
}

// ---- Reading again.

/// The bytes of `text` in `encoding`, if it has all its characters.
std::optional<std::string> bytes_in(const Encoding& encoding, u32string_view text) {
  static const std::vector<std::vector<std::pair<char16_t, char>>> tables = [] {
    std::vector<std::vector<std::pair<char16_t, char>>> made;
    for (const Encoding& each : kEncodings) {
      auto& pairs = made.emplace_back();
      for (std::size_t i = 0; i < 128; ++i) pairs.emplace_back(each.upper[i], static_cast<char>(128 + i));
      std::sort(pairs.begin(), pairs.end());
    }
    return made;
  }();
  const auto& pairs = tables[static_cast<std::size_t>(&encoding - kEncodings.data())];
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) {
    const auto found = std::lower_bound(pairs.begin(), pairs.end(), c,
                                        [](const auto& pair, char32_t value) { return pair.first < value; });
    if (c < 0x80 && !(encoding.sloppy() && c == 0x1a))
      bytes += static_cast<char>(c);
    else if (encoding.sloppy() && c == kLost)
      bytes += '\x1a';
    else if (found != pairs.end() && found->first == c)
      bytes += found->second;
    else
      return std::nullopt;
  }
  return bytes;
}

/// A byte within one of the ranges, each of them two characters: first, last.
using Ranges = std::string_view;
bool within(char byte, Ranges ranges) {
  const auto value = [](char c) { return static_cast<unsigned char>(c); };
  for (std::size_t i = 0; i + 1 < ranges.size(); i += 2)
    if (value(byte) >= value(ranges[i]) && value(byte) <= value(ranges[i + 1])) return true;
  return false;
}
using Bytes = std::vector<Ranges>;

/// How many bytes at `at` the first of `patterns` that fits takes; 0 if none does.
std::size_t taken(std::string_view bytes, std::size_t at, const std::vector<Bytes>& patterns) {
  for (const Bytes& pattern : patterns) {
    std::size_t i = 0;
    while (i < pattern.size() && at + i < bytes.size() && within(bytes[at + i], pattern[i])) ++i;
    if (i == pattern.size()) return i;
  }
  return 0;
}

constexpr Ranges kTail = "\x80\xbf", kSpace = "  ";

/// Somebody took byte A0 for a space and wrote one; where A0 gives a likely character it is put back.
std::string with_a0(std::string bytes) {
  constexpr Ranges tail = "\x80\x84\x86\x9f\xa1\xbf";
  static const std::vector<Bytes> spaced = {{"\xc2\xc3\xc5\xc5\xce\xce\xd0\xd0\xd9\xd9", kSpace},
                                            {"\xe2\xe3", kSpace, tail},
                                            {"\xe0\xe3", tail, kSpace},
                                            {"\xf0\xf0", kSpace, kTail, kTail},
                                            {"\xf0\xf0", kTail, kSpace, kTail},
                                            {"\xf0\xf0", kTail, kTail, kSpace}};
  bool any = false;
  for (std::size_t i = 0; i < bytes.size() && !any; ++i) any = taken(bytes, i, spaced) > 0;
  if (!any) return bytes;

  // The French word "à" alone keeps its space; Portuguese words that begin with it ("àquele", "às") have none.
  std::string words;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    words += bytes[i];
    if (bytes[i] != '\xc3' || i + 1 >= bytes.size() || bytes[i + 1] != ' ') continue;
    const std::string_view rest = std::string_view(bytes).substr(i + 2);
    if (rest.starts_with(' ') || rest.starts_with("quele") || rest.starts_with("quela") || rest.starts_with("quilo") ||
        rest.starts_with("s "))
      continue;
    words += "\xa0 ";
    ++i;
  }
  for (std::size_t i = 0; i < words.size();) {
    const std::size_t size = taken(words, i, spaced);
    std::replace(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i + size),
                 ' ', '\xa0');
    i += size > 0 ? size : 1;
  }
  return words;
}

/// A UTF-8 sequence of which bytes were lost (0x1a, or once '?') becomes U+FFFD's.
std::string without_lost(std::string_view bytes) {
  constexpr Ranges lost = "\x1a\x1a", asked = "\x1a\x1a\x3f\x3f", tail = "\x1a\x1a\x80\xbf",
                   both = "\x1a\x1a\x3f\x3f\x80\xbf";
  constexpr Ranges high = "\xa0\xaf", low = "\xb0\xbf", pair = "\xed\xed", three = "\xe0\xef", four = "\xf0\xf4";
  static const std::vector<Bytes> patterns = {{"\xc2\xdf", lost},
                                              {"\xc2\xc3", "\x3f\x3f"},
                                              {pair, high, asked, pair, low, both},
                                              {pair, high, both, pair, low, asked},
                                              {three, asked, tail},
                                              {three, tail, asked},
                                              {four, asked, tail, tail},
                                              {four, tail, asked, tail},
                                              {four, tail, tail, asked},
                                              {lost}};
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t size = taken(bytes, i, patterns);
    if (size > 0)
      out += "\xef\xbf\xbd";
    else
      out += bytes[i];
    i += size > 0 ? size : 1;
  }
  return out;
}

/// UTF-8, or with `variants` also CESU-8 (UTF-16 pairs, each half written as a character) and Java's U+0000 (C0 80).  As
/// ftfy's codec has it, a line feed that ends the bytes counts as their end, and may so be taken for a part.
std::optional<u32string> decoded(std::string_view bytes, bool variants) {
  u32string out;
  const auto plain = [&](std::string_view part) { return unicode::append_code_points(part, out) == part.npos; };
  std::size_t at = 0;
  for (std::size_t i = 0; variants && i < bytes.size(); ++i) {
    const std::string_view rest = bytes.substr(i);
    const auto over = [&](std::size_t k) { return k == rest.size() || (k + 1 == rest.size() && rest[k] == '\n'); };
    const auto has = [&](std::size_t k, Ranges ranges) { return k < rest.size() && within(rest[k], ranges); };
    const bool null = rest[0] == '\xc0' && (has(1, "\x80\x80") || over(1));
    const bool half = rest[0] == '\xed' && (over(1) || (has(1, "\xa0\xbf") && (over(2) || has(2, kTail))));
    if (!null && !half) continue;
    if (!plain(bytes.substr(at, i - at)) || rest.size() < (null ? 2u : 6u)) return std::nullopt;
    if (half) {
      if (!has(1, "\xa0\xaf") || !has(2, kTail) || !has(3, "\xed\xed") || !has(4, "\xb0\xbf") ||
          !(has(5, kTail) || over(5)))
        return std::nullopt;
      const auto bits = [&](std::size_t k, unsigned mask) { return static_cast<unsigned char>(rest[k]) & mask; };
      out += static_cast<char32_t>((bits(1, 0xf) << 16) + (bits(2, 0x3f) << 10) + (bits(4, 0xf) << 6) + bits(5, 0x3f) +
                                   0x10000u);
    } else {
      out += U'\0';
    }
    i += null ? 1 : 5;
    at = i + 1;
  }
  if (!plain(bytes.substr(at))) return std::nullopt;
  return out;
}

/// What a C1 control character was in Windows-1252, and each other by itself.
char32_t c1_fixed(char32_t c) {
  static const Encoding& windows = *std::find_if(kEncodings.begin(), kEncodings.end(),
                                                 [](const Encoding& e) { return e.name == "sloppy-windows-1252"; });
  return c >= 0x80 && c < 0xa0 ? windows.upper[c - 0x80] : c;
}

u32string with_good_encoding(u32string text);  // and pieces of it call each other

/// What bytes of UTF-8 look like when they are read as Latin-1 or one of Windows' encodings.
enum Look : std::uint8_t { kFirstOf2 = 1, kFirstOf3 = 2, kFirstOf4 = 4, kLater = 8, kSurelyLater = 16 };

const Lookup<std::uint8_t>& looks() {
  static const Lookup<std::uint8_t> table = [] {
    constexpr u32string_view punctuation = U"•…–—―‘’‚“”„";  // stands for itself too often
    Lookup<std::uint8_t> made;
    for (const Encoding& encoding : kEncodings) {
      if (encoding.name != "latin-1" && !encoding.sloppy()) continue;
      for (std::size_t byte = 128; byte < 256; ++byte) {
        const char32_t c = encoding.upper[byte - 128];
        const int look = byte < 0xc0   ? kLater | (punctuation.find(c) == punctuation.npos ? kSurelyLater : 0)
                         : byte < 0xc2 ? 0
                         : byte < 0xe0 ? kFirstOf2
                         : byte < 0xf0 ? kFirstOf3
                         : byte == 0xf0 || byte == 0xf3 ? kFirstOf4
                                                        : 0;  // no characters are there
        made.at(c) = static_cast<std::uint8_t>(made[c] | look);
      }
    }
    made.at(U' ') = kLater;  // may have been A0
    return made;
  }();
  return table;
}

/// Pieces of `text` that look like UTF-8 in a wrong encoding, each repaired by itself.
u32string with_good_pieces(const u32string& text) {
  const auto& look = looks();
  const auto later = [&](std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count; ++i)
      if (i >= text.size() || !(look[text[i]] & kLater)) return false;
    return true;
  };
  u32string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    if (at == 0 || !(look[text[at - 1]] & kSurelyLater))
      while (end < text.size()) {
        const auto first = look[text[end]];
        if ((first & kFirstOf2) && later(end + 1, 1))
          end += 2;
        else if ((first & kFirstOf3) && later(end + 1, 2))
          end += 3;
        else if ((first & kFirstOf4) && later(end + 1, 3))
          end += 4;
        else
          break;
      }
    if (end == at) {
      out += text[at++];
      continue;
    }
    u32string piece = text.substr(at, end - at);
    // A piece that is the whole text would come back here.
    out += piece.size() < text.size() && is_bad(piece) ? with_good_encoding(std::move(piece)) : piece;
    at = end;
  }
  return out;
}

/// One step of reading `text` again; `text` itself where none is seen.
u32string reread(const u32string& text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; }) || !is_bad(text)) return text;

  for (const Encoding& encoding : kEncodings) {
    std::optional<std::string> bytes = bytes_in(encoding, text);
    if (!bytes) continue;
    if (encoding.name != "macroman") bytes = with_a0(std::move(*bytes));  // where an A0 is a dagger, and C3 a root
    if (encoding.sloppy()) bytes = without_lost(*bytes);
    if (auto read = decoded(*bytes, bytes->find_first_of("\xed\xc0") != bytes->npos)) return std::move(*read);
  }
  if (u32string better = with_good_pieces(text); better != text) return better;

  // C1 control characters, if any, were Windows-1252.
  u32string fixed = text;
  std::transform(fixed.begin(), fixed.end(), fixed.begin(), c1_fixed);
  return fixed;
}

u32string with_good_encoding(u32string text) {
  for (;;) {
    u32string next = reread(text);
    if (next == text) return text;
    text = std::move(next);
  }
}

// ---- Characters.

/// The text of a numeric reference such as "#233" or "#xe9"; nothing if it is none.
std::optional<u32string> referred(u32string_view name) {
  const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  const u32string_view digits = name.substr(hex ? 2 : 1);
  if (digits.empty()) return std::nullopt;
  constexpr std::uint32_t beyond = 0x110000;
  std::uint32_t value = 0;
  for (const char32_t c : digits) {
    const std::uint32_t lower = c | 0x20u;
    const bool letter = hex && lower >= 'a' && lower <= 'f';
    if (!letter && !(c >= '0' && c <= '9')) return std::nullopt;
    value = std::min(beyond,
                     value * (hex ? 16u : 10u) + (letter ? lower - 'a' + 10u : static_cast<std::uint32_t>(c - '0')));
  }
  if (value == ';') return std::nullopt;
  if (value == 0 || value >= beyond || (value >= 0xd800 && value < 0xe000)) return u32string(1, kLost);
  if (value >= 0x80 && value < 0xa0) return u32string(1, c1_fixed(value));  // HTML reads Windows-1252
  const bool none = value < 9 || value == 0xb || (value >= 0xe && value < 0x20) || value == 0x7f ||
                    (value >= 0xfdd0 && value <= 0xfdef) || (value & 0xfffe) == 0xfffe;
  return none ? u32string() : u32string(1, value);
}

/// "&eacute;" and "&#233;" as "é".  Names in capitals are read too, where they mean nothing else.
u32string unescaped(const u32string& text) {
  constexpr std::size_t longest = 24;
  const auto named = [](char32_t c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at + 1;
    std::size_t end = begin + (begin < text.size() && text[begin] == '#' ? 1 : 0);
    const std::size_t word = end;
    while (text[at] == '&' && end < text.size() && end - word < longest && named(text[end])) ++end;
    if (text[at] != '&' || end == word || end >= text.size() || text[end] != ';') {
      out += text[at++];
      continue;
    }
    if (word > begin) {
      const auto value = referred(u32string_view(text).substr(begin, end - begin));
      out += value ? *value : text.substr(at, end + 1 - at);
    } else {
      const std::string name = unicode::utf8(u32string_view(text).substr(begin, end - begin));
      const auto found =
          std::lower_bound(kEntities.begin(), kEntities.end(), name,
                           [](const Entity& entity, const std::string& value) { return entity.name < value; });
      if (found != kEntities.end() && found->name == name)
        unicode::append_code_points(found->text, out);
      else
        out.append(text, at, end + 1 - at);
    }
    at = end + 1;
  }
  return out;
}

/// Two letters in one character, as types have them; those that languages use (æ) are left alone.
constexpr std::array<std::pair<char32_t, u32string_view>, 22> kLigatures{{
    {U'Ĳ', U"IJ"},  {U'ĳ', U"ij"},  {U'ŉ', U"ʼn"}, {U'Ǆ', U"DŽ"}, {U'ǅ', U"Dž"}, {U'ǆ', U"dž"},
    {U'Ǉ', U"LJ"},  {U'ǈ', U"Lj"},  {U'ǉ', U"lj"}, {U'Ǌ', U"NJ"}, {U'ǋ', U"Nj"}, {U'ǌ', U"nj"},
    {U'Ǳ', U"DZ"},  {U'ǲ', U"Dz"},  {U'ǳ', U"dz"}, {U'ﬀ', U"ff"}, {U'ﬁ', U"fi"}, {U'ﬂ', U"fl"},
    {U'ﬃ', U"ffi"}, {U'ﬄ', U"ffl"}, {U'ﬅ', U"ſt"}, {U'ﬆ', U"st"},
}};

/// Single characters made plain: C1 controls, then ligatures, widths, quotes and line breaks.
u32string plain(const u32string& text) {
  u32string out;
  out.reserve(text.size());
  const auto put = [&](char32_t c) {
    if (c == 0x2bc || (c >= 0x2018 && c <= 0x201b))
      out += U'\'';
    else if (c >= 0x201c && c <= 0x201f)
      out += U'"';
    else
      out += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = c1_fixed(text[i]);
    const auto ligature = std::lower_bound(kLigatures.begin(), kLigatures.end(), c,
                                           [](const auto& pair, char32_t value) { return pair.first < value; });
    if (c < 0x80 && c != '\r') {
      out += c;
    } else if (ligature != kLigatures.end() && ligature->first == c) {
      for (const char32_t letter : ligature->second) put(letter);
    } else if (c == 0x3000) {
      out += U' ';
    } else if (c > 0xff00 && c < 0xfff0) {
      for (const char32_t letter : unicode::compatible(c)) put(letter);
    } else if (c == '\r' || c == 0x2028 || c == 0x2029) {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += U'\n';
    } else {
      put(c);
    }
  }
  return out;
}

/// Without what moves cursors or colours a terminal, and without characters that are no text.
u32string without_controls(const u32string& text) {
  u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == 0x1b && i + 1 < text.size() && text[i + 1] == '[') {
      std::size_t end = i + 2;
      while (end < text.size() && (text[end] == ';' || unicode::is_digit(text[end]))) ++end;
      const char32_t last = end < text.size() ? text[end] | 0x20 : 0;
      if (last >= 'a' && last <= 'z') {
        i = end;
        continue;
      }
    }
    const bool control = c < 9 || c == 0xb || (c >= 0xe && c < 0x20) || c == 0x7f || (c >= 0x206a && c < 0x2070) ||
                         c == 0xfeff || (c >= 0xfff9 && c < 0xfffd);
    if (!control) out += c;
  }
  return out;
}

u32string repaired(u32string text, bool html) {
  for (;;) {
    u32string next = with_good_encoding(html ? unescaped(text) : text);
    next = unicode::composed(without_controls(plain(next)));
    if (next == text) return text;
    text = std::move(next);
  }
}

}  // namespace

std::string repair(std::string_view text) {
  constexpr std::size_t longest = 1'000'000;  // characters of a line that are looked at together
  const u32string all = unicode::code_points(text, "repair");
  std::string out;
  out.reserve(text.size());
  bool html = true;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t feed = std::min(all.find(U'\n', at), all.size() - 1);
    u32string line = all.substr(at, std::min(feed + 1 - at, longest));
    at += line.size();
    html = html && line.find(U'<') == line.npos;
    out += unicode::utf8(repaired(std::move(line), html));
  }
  return out;
}

}  // namespace diffmem
