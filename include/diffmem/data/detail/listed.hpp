// SPDX-License-Identifier: MIT
// What lies beside image files and speaks of them: dataset.json, metadata.jsonl, and a text file an image.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diffmem {

inline constexpr std::array<std::string_view, 2> kLists{"dataset.json", "metadata.jsonl"};
inline constexpr std::uint64_t kLargestList = std::uint64_t{1} << 27, kLargestText = std::uint64_t{1} << 20;  // bytes

/// By file, below the folder or archive.
struct ImageList {
  std::optional<std::unordered_map<std::string, std::int64_t>>
      labels;                                             ///< if there is a dataset.json; empty: no labels
  std::unordered_map<std::string, std::string> captions;  ///< empty: none
};

/// Reads one of the two lists:
///
///     dataset.json      {"labels": [["00000/img00000000.png", 3], ...]}, or null for no labels
///     metadata.jsonl    {"file_name": "0001.png", "text": "a caption"} in each line; other keys are passed over
///
/// `files`: the images there are, sorted; a list must name each once and nothing else.  Error in the name of `who`
/// about `where` otherwise, if a label is no integer of 0 to 2^20 - 1, or if the JSON is more than 64 levels deep.
void read_list(std::string_view name, std::string_view bytes, std::string_view who, const std::string& where,
               const std::vector<std::string>& files, ImageList& listed);

/// Where the caption of an image lies: "a/1.txt" for "a/1.png".
std::string text_beside(const std::string& file);
/// The text files beside `files`, each once; none if an image has none (`there` says), or there is a metadata.jsonl.
std::vector<std::string> texts_beside(const std::vector<std::string>& files,
                                      const std::function<bool(const std::string&)>& there);
/// The caption in the bytes of a text file: its first line.  Error in the name of `who` about `where` if it is no UTF-8.
std::string caption_in(std::string_view bytes, std::string_view who, const std::string& where);

}  // namespace diffmem
