// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/json.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/data/detail/listed.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace diffmem {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostClasses = std::int64_t{1} << 20;

/// One list: its complaints, and which files it may name.
struct List {
  std::string_view who;
  const std::string& where;
  const std::vector<std::string>& files;
  std::string_view shape;  ///< of an entry

  [[noreturn]] void complain(const std::string& got, std::string_view want, std::string_view todo) const {
    throw Error(who, fmt::format("{} in {}", got, where), want, todo);
  }
  json parse(std::string_view text, const std::string& place) const {
    json value = parse_json(text);
    if (value.is_discarded())
      complain(fmt::format("no sound JSON of at most {} levels{}", kDeepestJson, place), shape,
               "repair, remove or rename the list");
    return value;
  }
  void expect_file(const std::string& file) const {
    if (!std::binary_search(files.begin(), files.end(), file))
      complain(fmt::format("the file \"{}\", which is not there,", file), "the PNG and JPEG files that are there",
               "remove its entry, or bring the file");
  }
  /// Keeps `value` for `file`, which must be there and come once.
  template <class Map, class Value>
  void keep(Map& map, const std::string& file, Value&& value) const {
    expect_file(file);
    if (!map.emplace(file, std::forward<Value>(value)).second)
      complain(fmt::format("the file \"{}\" twice", file), "each file once", "remove one of the entries");
  }
  template <class Map>
  void expect_all(const Map& map) const {
    for (const std::string& file : files)
      if (!map.contains(file))
        complain(fmt::format("no entry for \"{}\"", file), "one for every image", "add it, or remove the image");
  }
};

void read_labels(std::string_view text, const List& list, ImageList& listed) {
  const json whole = list.parse(text, "");
  listed.labels.emplace();
  if (!whole.is_object()) list.complain("no JSON object", list.shape, "repair, remove or rename the list");
  const auto labels = whole.find("labels");
  if (labels == whole.end() || labels->is_null()) return;
  if (!labels->is_array()) list.complain("\"labels\" that are no list", list.shape, "repair the list");
  std::size_t number = 0;
  for (const json& entry : *labels) {
    const std::string place = fmt::format("entry {} of {}", ++number, labels->size());
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string())
      list.complain(place + ", which is of another form,", "[\"file\", label]", "repair the list");
    const auto& file = entry[0].get_ref<const std::string&>();
    if (!entry[1].is_number_integer() || entry[1] < 0 || entry[1] >= kMostClasses)
      list.complain(fmt::format("the label of \"{}\", {},", file, place),
                    fmt::format("an integer of 0 to {}", kMostClasses - 1), "number the classes from 0");
    list.keep(*listed.labels, file, entry[1].get<std::int64_t>());
  }
  list.expect_all(*listed.labels);
}

void read_captions(std::string_view text, const List& list, ImageList& listed) {
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const std::string place = fmt::format(" in line {}", number);
    const json entry = list.parse(line, place);
    for (const auto* key : {"file_name", "text"})
      if (!entry.is_object() || !entry.contains(key) || !entry[key].is_string())
        list.complain(fmt::format("no \"{}\"{}", key, place), list.shape, "repair, remove or rename the list");
    list.keep(listed.captions, entry["file_name"].get_ref<const std::string&>(), entry["text"].get<std::string>());
  }
  list.expect_all(listed.captions);
}

}  // namespace

void read_list(std::string_view name, std::string_view bytes, std::string_view who, const std::string& where,
               const std::vector<std::string>& files, ImageList& listed) {
  if (name == kLists[0])
    read_labels(bytes, {who, where, files, R"({"labels": [["00000/img00000000.png", 3], ...]} or {"labels": null})"},
                listed);
  else
    read_captions(bytes, {who, where, files, R"({"file_name": "0001.png", "text": "a caption"} in each line)"}, listed);
}

std::string text_beside(const std::string& file) {
  return std::filesystem::path(file).replace_extension(".txt").generic_string();
}

std::vector<std::string> texts_beside(const std::vector<std::string>& files,
                                      const std::function<bool(const std::string&)>& there) {
  if (there(std::string(kLists[1]))) return {};
  std::vector<std::string> texts;
  for (const std::string& file : files) {
    texts.push_back(text_beside(file));
    if (!there(texts.back())) return {};
  }
  std::sort(texts.begin(), texts.end());  // a.jpg and a.png share one
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

std::string caption_in(std::string_view bytes, std::string_view who, const std::string& where) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);  // the byte order mark that some editors write
  std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!is_utf8(line))
    throw Error(who, fmt::format("a first line in {} that is no UTF-8", where), "the caption of the image beside it",
                "write it as UTF-8, or keep such text files elsewhere");
  return std::string(line);
}

}  // namespace diffmem
