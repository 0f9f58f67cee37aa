// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/data/detail/archive.hpp>
#include <diffmem/data/detail/decode.hpp>
#include <diffmem/data/detail/gather.hpp>
#include <diffmem/data/zip.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <unordered_map>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "zip reader";
constexpr std::size_t kMostEntries = std::size_t{1} << 24;
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 28, kMostTimes = 100;

/// One pass over the entries that count: files whose names do not begin with '.'.
class Pass {
 public:
  explicit Pass(const fs::path& path) : path_(path), zip_(path, Archive::Kind::zip) {}

  bool next() {
    while (zip_.next()) {
      if (++entries_ > kMostEntries)
        complain(fmt::format("more than {} entries", kMostEntries), "fewer", "use a folder, or split the data");
      name_ = zip_.name();
      expect_tame();
      name_ = fs::path(name_).lexically_normal().generic_string();  // some begin with "./"
      if (!name_.ends_with('/') && !is_hidden(name_)) return true;
    }
    return false;
  }
  const std::string& name() const { return name_; }
  std::string read(std::uint64_t limit) {
    if (zip_.is_encrypted())
      complain(fmt::format("the encrypted file \"{}\"", name_), "a zip without a password",
               "unpack it, and name the folder");
    if (!zip_.is_file()) throw Archive::Broken("not a regular file");
    std::string bytes = zip_.read(limit);
    unpacked_ += bytes.size();
    if (unpacked_ > kPlenty && unpacked_ / kMostTimes > fs::file_size(path_))
      complain(fmt::format("{} bytes unpacked of {}", unpacked_, fs::file_size(path_)),
               fmt::format("at most {} times as many", kMostTimes),
               "name the folder of the images, if this is no fraud");
    return bytes;
  }
  [[noreturn]] void complain(const std::string& got, std::string_view want, std::string_view todo) const {
    throw Error(kWho, fmt::format("{} in {}", got, path_.string()), want, todo);
  }

 private:
  void expect_tame() const {
    const fs::path path(name_);
    const bool up = std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
    if (name_.empty() || path.is_absolute() || up || name_.find('\0') != name_.npos)
      complain(fmt::format("an entry named \"{}\"", name_), "names below the archive", "pack the images again");
  }

  const fs::path& path_;
  Archive zip_;
  std::string name_;
  std::size_t entries_ = 0;
  std::uint64_t unpacked_ = 0;
};

/// What lies in a zip, by its list alone.
struct Content {
  std::string root;                ///< the one folder that everything lies below, with its '/', or nothing
  std::vector<std::string> files;  ///< the images below it, sorted
  std::vector<std::string> texts;  ///< texts_beside() them
};

Content content_of(const fs::path& path) {
  std::vector<std::string> all;
  Pass pass(path);
  while (pass.next()) all.push_back(pass.name());
  Content content;
  if (!all.empty()) content.root = all.front().substr(0, all.front().find('/') + 1);
  if (!std::all_of(all.begin(), all.end(), [&](const auto& name) { return name.starts_with(content.root); }))
    content.root.clear();
  for (const std::string& name : all)
    if (has_image_name(name)) content.files.push_back(name.substr(content.root.size()));
  std::sort(content.files.begin(), content.files.end());
  const auto twice = std::adjacent_find(content.files.begin(), content.files.end());
  if (twice != content.files.end())
    pass.complain(fmt::format("\"{}\" twice", *twice), "each file once", "pack the images again");
  std::sort(all.begin(), all.end());
  content.texts = texts_beside(content.files, [&](const std::string& name) {
    return std::binary_search(all.begin(), all.end(), content.root + name);
  });
  return content;
}

ImageList lists_of(const fs::path& path, const Content& content) {
  ImageList listed;
  std::unordered_map<std::string, std::string> texts;
  const auto place = [&](std::string_view name) { return fmt::format("{} of {}", name, path.string()); };
  for (Pass pass(path); pass.next();) {
    const std::string name = pass.name().substr(content.root.size());
    if (std::find(kLists.begin(), kLists.end(), name) != kLists.end())
      read_list(name, pass.read(kLargestList), kWho, place(name), content.files, listed);
    else if (std::binary_search(content.texts.begin(), content.texts.end(), name))
      texts[name] = caption_in(pass.read(kLargestText), kWho, place(name));
  }
  if (!texts.empty())
    for (const std::string& file : content.files) listed.captions[file] = texts.at(text_beside(file));
  return listed;
}

}  // namespace

bool is_zip(const fs::path& path) {
  std::array<char, 4> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  const std::string_view magic(begin.data(), begin.size());
  return magic == "PK\3\4" || magic == "PK\5\6";  // a file, or the end of an empty one
}

FolderImages read_zip(const fs::path& path, const FolderOptions& options) try {
  if (!fs::is_regular_file(path))
    throw Error(kWho, fmt::format("no file {}", path.string()), "a zip of PNG or JPEG files", "check the path");
  const Content content = content_of(path);
  Gathering gathering(kWho, path, static_cast<std::int64_t>(content.files.size()), options);
  const ImageList listed = lists_of(path, content);
  for (Pass pass(path); pass.next();)
    if (has_image_name(pass.name()))
      gathering.add(pass.name().substr(content.root.size()), [&] {
        try {
          return pass.read(kLargestImageFile);
        } catch (const Archive::Broken& e) {
          throw decode::Broken(e.what());
        }
      });
  return gathering.finish(path.stem().string(), listed);
} catch (const Archive::Broken& e) {
  throw Error(kWho, fmt::format("{} in {}", e.what(), path.string()), "a sound zip, whole to its end",
              "download or copy the file again");
}

}  // namespace diffmem
