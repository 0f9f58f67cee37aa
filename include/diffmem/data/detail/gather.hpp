// SPDX-License-Identifier: MIT
// Image files, one after the other, to an image set: what a folder and an archive have in common.
#pragma once
#include <diffmem/data/detail/listed.hpp>
#include <diffmem/data/folder.hpp>

#include <functional>

namespace diffmem {

inline constexpr std::uint64_t kLargestImageFile = std::uint64_t{1} << 28;  // bytes

/// Whether a name ends in .png, .jpg or .jpeg.
bool has_image_name(const std::filesystem::path& name);
/// texts_beside() the images `files` in a folder.
std::vector<std::string> text_files(const std::filesystem::path& folder, const std::vector<std::string>& files);
/// Whether a file or folder of the path begins with '.'.
bool is_hidden(const std::filesystem::path& path);
/// What was done to the images of `name`: "name 32x32 lanczos".
std::string resized_name(std::string name, const FolderOptions& options);
/// The same for keys: "32-lanczos", "32-area-padded".
std::string how_read(const FolderOptions& options);

class Gathering {
 public:
  /// `from`: the folder or archive; `files`: how many will come.
  Gathering(std::string_view who, std::filesystem::path from, std::int64_t files, const FolderOptions& options);
  /// Keeps the image in the bytes that `read` gives, or does what options.broken says if that throws decode::Broken.
  void add(const std::string& file, const std::function<std::string()>& read);
  /// What was kept, in the order of its names' bytes, with its labels and captions.
  FolderImages finish(const std::string& name, const ImageList& listed);

 private:
  void keep(const std::string& file, ImageSet image);
  std::vector<std::string> agree();

  std::string_view who_;
  std::filesystem::path from_;
  std::int64_t files_, done_ = 0;
  std::int64_t fits_ = 0;  // the largest side of the images that are too small
  const FolderOptions& options_;
  FolderImages found_;
};

}  // namespace diffmem
