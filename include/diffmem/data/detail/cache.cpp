// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/detail/cache.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

namespace diffmem {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A kept set: the checksum of all that follows, a line of JSON, the labels as int64, the captions and class names one
// after the other, whose lengths are in the line, and the pixels.

constexpr std::size_t kSumSize = 33;  // of the checksum and its '\n'

std::vector<std::size_t> lengths(const std::vector<std::string>& texts) {
  std::vector<std::size_t> all;
  for (const std::string& text : texts) all.push_back(text.size());
  return all;
}

std::string to_bytes(const ImageSet& set, const std::string& key) {
  const json head{{"key", key},
                  {"name", set.name},
                  {"count", set.count},
                  {"channels", set.channels},
                  {"height", set.height},
                  {"width", set.width},
                  {"classes", set.classes},
                  {"captions", lengths(set.captions)},
                  {"class_names", lengths(set.class_names)}};
  const std::string line = head.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';  // a name may be any bytes
  const std::size_t labels = set.labels.size() * sizeof(std::int64_t);
  std::string bytes(kSumSize, '\n');
  bytes.reserve(kSumSize + line.size() + labels + set.pixels.size());  // a large set leaves no room for a second copy
  bytes += line;
  bytes.append(reinterpret_cast<const char*>(set.labels.data()), labels);
  for (const auto* texts : {&set.captions, &set.class_names})
    for (const std::string& text : *texts) bytes += text;
  bytes.append(reinterpret_cast<const char*>(set.pixels.data()), set.pixels.size());
  return bytes.replace(0, kSumSize - 1, digest(std::string_view(bytes).substr(kSumSize)));
}

/// Cuts the first line off.
std::string_view line_of(std::string_view& bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
  return line;
}

/// Nothing if these are not the bytes of a sound set kept under this key.
std::optional<ImageSet> from_bytes(std::string_view bytes, const std::string& key) {
  if (const std::string_view sum = line_of(bytes); sum != digest(bytes)) return std::nullopt;
  const json head = json::parse(line_of(bytes));
  if (head.at("key") != key) return std::nullopt;
  ImageSet set{.name = head.at("name"),
               .count = head.at("count"),
               .channels = head.at("channels"),
               .height = head.at("height"),
               .width = head.at("width"),
               .pixels = {},
               .labels = {},
               .classes = head.at("classes")};
  if (set.classes > 0) set.labels.resize(static_cast<std::size_t>(set.count));
  std::memcpy(set.labels.data(), bytes.data(), set.labels.size() * sizeof(std::int64_t));
  bytes.remove_prefix(set.labels.size() * sizeof(std::int64_t));
  for (const auto& [key_of, texts] : {std::pair("captions", &set.captions), {"class_names", &set.class_names}})
    for (const std::size_t length : head.at(key_of)) {
      texts->emplace_back(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  set.pixels.assign(bytes.begin(), bytes.end());
  return set;
}

std::optional<ImageSet> read_kept(const fs::path& path, const std::string& key) try {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  return from_bytes(read_file(path), key);
} catch (const Error&) {  // unreadable: as good as none
  return std::nullopt;
}

}  // namespace

ImageSet kept_images(const std::string& name, const std::string& key, const std::function<ImageSet()>& make) {
  const fs::path folder = cache_folder();
  if (folder.empty()) return make();
  const fs::path path = folder / (name + ".images");
  const std::string key_digest = digest(key);
  if (auto set = read_kept(path, key_digest)) return *std::move(set);
  const ImageSet set = make();
  try {
    make_folder(folder);
    write_file_atomically(path, to_bytes(set, key_digest));
  } catch (const Error&) {  // read-only or full: it is made again next time
    return set;
  }
  return set;
}

std::string state_of(const fs::path& folder, const std::vector<std::string>& files) {
  std::string state = fs::canonical(folder).string();
  for (const std::string& file : files) {
    std::error_code gone;  // what cannot be looked at cannot be read either
    const auto size = fs::file_size(folder / file, gone);
    const auto time = fs::last_write_time(folder / file, gone).time_since_epoch().count();
    state += fmt::format("\n{}\t{}\t{}", file, size, time);
  }
  return state;
}

}  // namespace diffmem
