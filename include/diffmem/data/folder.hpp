// SPDX-License-Identifier: MIT
// A folder of PNG and JPEG files as an image set: one file decoded at a time, only the shrunk images kept.
#pragma once
#include <diffmem/data/image_set.hpp>
#include <diffmem/data/resize.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace diffmem {

/// What a file that cannot be used does.
enum class Broken {
  stop,  ///< an Error that names it
  skip,  ///< it is left out and listed
};
inline constexpr std::array<std::string_view, 2> kBrokenWords{"stop", "skip"};
constexpr const auto& words_of(Broken) { return kBrokenWords; }

/// One of several processes that read a folder together, each its part of the files, one after the other.
struct FolderReader {
  std::int64_t index = 0, of = 1;
  /// Everyone's bytes, by index; all call it, as often as each other.  World::gather(), say.  Unset: one reads alone.
  std::function<std::vector<std::string>(std::string_view bytes)> gather = {};
};

/// How read_folder() reads.
struct FolderOptions {
  int side = 0;                  ///< images are cropped to a square and shrunk to this side  [pixels]; 0: as they are
  Shrink shrink = Shrink::area;  ///< by this filter
  bool padded = false;           ///< a square is made by a white border, not by cropping
  Broken broken = Broken::stop;
  std::function<void(std::int64_t done, std::int64_t files)> progress{};  ///< called after each file; may throw
  FolderReader reader{};  ///< of read_folder(folder, options) alone: of the files, those that this process is to read
};

/// What read_folder() finds.
struct FolderImages {
  struct Skipped {
    std::string file, reason;
  };
  ImageSet set;
  std::vector<std::string> files;  ///< [N] of each image, below the folder
  std::vector<Skipped> skipped;    ///< files that could not be used, with the reason
};

/// The files below `folder`, at any depth, whose names end in .png, .jpg or .jpeg (in any case), as paths below it in the
/// order of their bytes.  Names that begin with '.' are passed over, and links to folders are not entered.  Error if
/// `folder` is none or cannot be read.
std::vector<std::string> image_files(const std::filesystem::path& folder);

/// Reads image_files(folder), whatever is in them: PNG of every kind, JPEG of grey, colour or CMYK.  16 bits a value
/// become 8 by rounding; what is transparent shows white; gamma, colour profiles and the camera's orientation are left
/// aside.  If all images kept are grey (red, green and blue equal in every pixel), the set has one channel, else three.
/// If every image lies in a subfolder, its label is the place of the first folder's name in their sorted list.
/// A list in the folder knows better: `dataset.json`, {"labels": [["a/1.png", 3], ...]} or null for none, gives labels
/// of 0 to 2^20 - 1; `metadata.jsonl`, {"file_name": "a/1.png", "text": "..."} in each line, gives captions.  Without it
/// the first line of `a/1.txt` is the caption of `a/1.png`, if every image has such a file.
/// Memory: one decoded image and side*side*C bytes an image.
/// With a `reader`, what is found is this process's part, none if need be, as the whole would be read: its channels, labels
/// and classes are those that all files together give.
///
/// A file cannot be used if it cannot be read, is cut short or damaged, is neither PNG nor JPEG, has more than 32,768
/// pixels a side, 2^26 in all (the border included) or 2^28 bytes, or fewer pixels a side than `side`.  Error if one such file is met and
/// `broken` is stop, if no image is left, if `side` is 0 and two images differ in size, if the images that are kept have
/// more than 2^36 bytes, if a list is damaged, names a file that is not there or does not name one that is, or if a
/// text file is larger than 2^20 bytes or its first line no UTF-8.
FolderImages read_folder(const std::filesystem::path& folder, const FolderOptions& options = {});
/// The same of these `files` below it alone; text files are heeded, but no list.
FolderImages read_folder(const std::filesystem::path& folder, const std::vector<std::string>& files,
                         const FolderOptions& options);

}  // namespace diffmem
