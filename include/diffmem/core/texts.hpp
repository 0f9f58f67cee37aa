// SPDX-License-Identifier: MIT
// Lists of texts as bytes, for processes that tell each other.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// Texts without '\0' as one, each with a '\0' behind it: what several lists become, one after the other, is their whole's.
inline std::string joined_texts(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + '\0';
  return all;
}
/// And back.
inline std::vector<std::string> split_texts(std::string_view joined) {
  std::vector<std::string> texts;
  for (std::size_t at = 0, end; at < joined.size(); at = end + 1) {
    end = joined.find('\0', at);
    texts.emplace_back(joined.substr(at, end - at));
  }
  return texts;
}

}  // namespace diffmem
