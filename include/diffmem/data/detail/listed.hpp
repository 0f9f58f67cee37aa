// SPDX-License-Identifier: MIT
// What the two lists that may lie beside image files say about each: dataset.json and metadata.jsonl.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diffmem {

inline constexpr std::array<std::string_view, 2> kLists{"dataset.json", "metadata.jsonl"};
inline constexpr std::uint64_t kLargestList = std::uint64_t{1} << 27;  // bytes

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

}  // namespace diffmem
