// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/data/cifar.hpp>
#include <diffmem/data/detail/archive.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace diffmem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWho = "cifar10 reader";
constexpr std::size_t kRecord = 1 + 3 * 32 * 32;
constexpr std::size_t kLargest = std::size_t{1} << 28;  // of one batch, unpacked; the real ones have 30,730,000 bytes
constexpr int kClasses = 10;

using Batches = std::map<std::string, std::string>;  // bytes by file name

std::vector<std::string> wanted(Split split) {
  if (split == Split::test) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}

Batches read_folder(fs::path folder, const std::vector<std::string>& names) {
  if (fs::is_directory(folder / "cifar-10-batches-bin")) folder /= "cifar-10-batches-bin";
  Batches batches;
  for (const auto& name : names)
    if (fs::exists(folder / name)) batches[name] = read_file(folder / name, kLargest);
  return batches;
}

Batches read_archive(const fs::path& path, const std::vector<std::string>& names) try {
  Batches batches;
  for (Archive tar(path, Archive::Kind::tar_gz); tar.next();) {
    const std::string name = fs::path(tar.name()).filename().string();
    if (std::find(names.begin(), names.end(), name) != names.end()) batches[name] = tar.read(kLargest);
  }
  return batches;
} catch (const Archive::Broken& e) {
  throw Error(kWho, fmt::format("{} in {}", e.what(), path.string()),
              "a sound cifar-10-binary.tar.gz (IDX files are opened by their folder)",
              "download or copy the file again");
}

}  // namespace

ImageSet read_cifar10(const fs::path& path, Split split) {
  const auto names = wanted(split);
  if (!fs::exists(path))
    throw Error(kWho, fmt::format("no {}", path.string()),
                "a folder with data_batch_1.bin ..., or cifar-10-binary.tar.gz",
                "check the path (docs/data.md says where to get CIFAR-10)");
  const Batches batches = fs::is_directory(path) ? read_folder(path, names) : read_archive(path, names);
  std::string all, missing;
  for (const auto& name : names) {
    all += (all.empty() ? "" : ", ") + name;
    if (!batches.contains(name)) missing += (missing.empty() ? "" : ", ") + name;
  }
  if (!missing.empty())
    throw Error(kWho, fmt::format("{} without {}", path.string(), missing), all,
                "take the binary version of CIFAR-10, not the Python or Matlab one, and copy the missing files");
  ImageSet set{.name = "cifar10",
               .count = 0,
               .channels = 3,
               .height = 32,
               .width = 32,
               .pixels = {},
               .labels = {},
               .classes = kClasses};
  for (const auto& name : names) {
    const std::string_view bytes = batches.at(name);
    if (bytes.empty() || bytes.size() % kRecord != 0)
      throw Error(kWho, fmt::format("{} bytes in {} of {}", bytes.size(), name, path.string()),
                  fmt::format("a multiple of {} (1 label + 3072 pixels)", kRecord), "download or copy the file again");
    for (std::size_t at = 0; at < bytes.size(); at += kRecord) {
      const auto label = static_cast<std::uint8_t>(bytes[at]);
      if (label >= kClasses)
        throw Error(kWho, fmt::format("label {} in record {} of {} of {}", label, at / kRecord, name, path.string()),
                    "labels 0 to 9", "take the binary version of CIFAR-10 (not CIFAR-100), or download it again");
      set.labels.push_back(label);
      set.pixels.insert(set.pixels.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        bytes.begin() + static_cast<std::ptrdiff_t>(at + kRecord));
    }
  }
  set.count = static_cast<std::int64_t>(set.labels.size());
  return set;
}

}  // namespace diffmem
