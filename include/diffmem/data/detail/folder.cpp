// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/texts.hpp>
#include <diffmem/data/detail/decode.hpp>
#include <diffmem/data/detail/gather.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "folder reader";

std::string bytes_of(const fs::path& path) try {
  if (!fs::is_regular_file(path)) throw decode::Broken("not a regular file");
  return read_file(path, kLargestImageFile);
} catch (const Error& e) {
  throw decode::Broken(e.what());
} catch (const fs::filesystem_error& e) {
  throw decode::Broken(e.code().message());
}

void read_texts(const fs::path& folder, const std::vector<std::string>& files, ImageList& listed) {
  if (text_files(folder, files).empty()) return;
  for (const std::string& file : files) {
    const fs::path path = folder / text_beside(file);
    listed.captions[file] = caption_in(read_file(path, kLargestText), kWho, path.string());
  }
}

ImageList lists_in(const fs::path& folder, const std::vector<std::string>& files) {
  ImageList listed;
  for (const auto name : kLists)
    if (const fs::path path = folder / name; fs::exists(path))
      read_list(name, read_file(path, kLargestList), kWho, path.string(), files, listed);
  read_texts(folder, files, listed);
  return listed;
}

FolderImages gathered(const fs::path& folder, const std::vector<std::string>& files, const FolderOptions& options,
                      const ImageList& listed) {
  Gathering gathering(kWho, folder, static_cast<std::int64_t>(files.size()), options);
  for (const std::string& file : files) gathering.add(file, [&] { return bytes_of(folder / file); });
  return gathering.finish(fs::canonical(folder).filename().string(), listed);
}

}  // namespace

std::vector<std::string> image_files(const fs::path& folder) try {
  if (!fs::is_directory(folder))
    throw Error(kWho, fmt::format("no folder {}", folder.string()), "a folder of PNG or JPEG files", "check the path");
  std::vector<std::string> files;
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
    const fs::path& path = at->path();
    if (is_hidden(path.filename())) {
      at.disable_recursion_pending();
    } else if (has_image_name(path) && !at->is_directory()) {
      files.push_back(path.lexically_relative(folder).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
} catch (const fs::filesystem_error& e) {
  throw Error(kWho, fmt::format("\"{}\" in {}", e.code().message(), folder.string()), "a folder that can be read",
              "check the permissions of it and its subfolders");
}

std::vector<std::string> text_files(const fs::path& folder, const std::vector<std::string>& files) {
  return texts_beside(files, [&](const std::string& name) {
    std::error_code gone;
    return fs::is_regular_file(folder / name, gone);
  });
}

FolderImages read_folder(const fs::path& folder, const FolderOptions& options) {
  const std::vector<std::string> files = image_files(folder);
  const ImageList listed = lists_in(folder, files);
  const FolderReader& reader = options.reader;
  if (!reader.gather) return gathered(folder, files, options, listed);
  const std::vector<std::string> seen = reader.gather(digest(joined_texts(files)));
  for (std::size_t other = 1; other < seen.size(); ++other)
    if (seen[other] != seen[0])
      throw Error(kWho, fmt::format("other files in {} for process {} than for the first", folder.string(), other),
                  "the same folder for all", "name one that all machines share, and let nobody write to it meanwhile");
  const auto count = static_cast<std::int64_t>(files.size());
  const auto part = std::vector(files.begin() + count * reader.index / reader.of,
                                files.begin() + count * (reader.index + 1) / reader.of);
  return gathered(folder, part, options, listed);
}

FolderImages read_folder(const fs::path& folder, const std::vector<std::string>& files, const FolderOptions& options) {
  FolderOptions alone = options;
  alone.reader = {};
  ImageList listed;
  read_texts(folder, files, listed);
  return gathered(folder, files, alone, listed);
}

}  // namespace diffmem
