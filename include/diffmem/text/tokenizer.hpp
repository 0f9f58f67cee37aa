// SPDX-License-Identifier: MIT
// CLIP's tokenizer: a caption as the numbers that a text encoder reads.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace diffmem {

/// Byte-pair encoding as transformers' CLIPTokenizer has it (4.57.3, the class in Python, with ftfy): special tokens are
/// cut out, the rest is repaired (text/repair.hpp), put in lower case and split into words, digits and other characters,
/// whose bytes are merged, the earliest merge first.
///
///     const ClipTokenizer tokenizer("stable-diffusion-v1-5/tokenizer");
///     tokenizer.encode("a realism painting");  // 49406 320 23470 3086 49407 49407 ... : 77 numbers
class ClipTokenizer {
 public:
  /// A diffusers folder `tokenizer/`: vocab.json, merges.txt, tokenizer_config.json, and special_tokens_map.json if it is
  /// there.  Error that names the file if one is missing or is not what transformers writes.
  explicit ClipTokenizer(const std::filesystem::path& folder);

  /// `merges` as merges.txt or OpenAI's bpe_simple_vocab_16e6.txt: a first line that is not read, then "left right" a line,
  /// of which the first 48,894 count.  The vocabulary is 256 bytes, 256 bytes that end a word, a piece a merge,
  /// <|startoftext|> and <|endoftext|>.  Without merges it is one of bytes, for small models.  `length`: tokens of a text, 2 or more;
  /// `pad` is a token of the vocabulary.
  static ClipTokenizer from_merges(std::string_view merges, std::size_t length = 77,
                                   std::string_view pad = "<|endoftext|>");

  /// Writes the four files; transformers and the constructor load them.
  void save(const std::filesystem::path& folder) const;

  /// The tokens of `text`, UTF-8, without start and end.  Error that says where, if it is not UTF-8.
  std::vector<std::int64_t> ids(std::string_view text) const;

  /// `length()` tokens: start, those of `text` as far as there is room, end, and padding.
  std::vector<std::int64_t> encode(std::string_view text) const;

  std::size_t length() const { return length_; }
  std::size_t vocabulary() const { return pieces_.size(); }
  std::int64_t start() const { return start_; }
  std::int64_t end() const { return end_; }
  std::int64_t pad() const { return pad_; }

 private:
  using Id = std::int32_t;
  static constexpr Id kNone = -1;
  struct Merge {
    std::int32_t rank;
    Id piece;
  };

  ClipTokenizer() = default;
  /// Makes the look-ups, once pieces, merges, special tokens and length are there; `who` complains.
  void index(const std::string& who);
  Id id_of(std::string_view piece) const;
  /// Tokens of a text without special ones, of one word, and of what its bytes become.
  void add_plain(std::string_view text, std::vector<std::int64_t>& to) const;
  void add_word(std::string_view bytes, std::vector<std::int64_t>& to) const;
  void merge(std::vector<Id>& word) const;

  std::vector<std::string> pieces_;  // by id
  std::vector<std::pair<std::string, std::string>> merges_;
  std::array<std::string, 4> special_ = {"<|startoftext|>", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>"};
  std::size_t length_ = 77;

  std::unordered_map<std::string, Id> ids_;
  std::unordered_map<std::uint64_t, Merge> merged_;  // by two ids
  std::array<Id, 256> byte_{}, last_byte_{};
  Id start_ = 0, end_ = 0, unknown_ = 0, pad_ = 0;
};

}  // namespace diffmem
