// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/data/cifar.hpp>

#include <archive.h>
#include <archive_entry.h>

using namespace diffmem;

namespace {

/// One record: the label, then 3072 values that count up from `first`.
std::string record(int label, int first) {
  std::string bytes(1, static_cast<char>(label));
  for (int i = 0; i < 3072; ++i) bytes += static_cast<char>(first + i);
  return bytes;
}

using Files = std::vector<std::pair<std::string, std::string>>;

/// A data set of 6 training images (two in batch 1) and one test image.
Files files() {
  Files all{{"batches.meta.txt", "airplane\n"}, {"data_batch_1.bin", record(9, 0) + record(8, 1)}};
  for (int b = 2; b <= 5; ++b) all.emplace_back("data_batch_" + std::to_string(b) + ".bin", record(b, 10 * b));
  all.emplace_back("test_batch.bin", record(0, 100));
  return all;
}

void pack(const std::filesystem::path& path, const Files& all) {
  archive* tar = archive_write_new();
  archive_write_add_filter_gzip(tar);
  archive_write_set_format_ustar(tar);
  archive_write_open_filename(tar, path.c_str());
  for (const auto& [name, bytes] : all) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, ("cifar-10-batches-bin/" + name).c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(tar, entry);
    archive_write_data(tar, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(tar);
  archive_write_free(tar);
}

std::string about(const Files& all) {
  const TestFolder folder;
  for (const auto& [name, bytes] : all) folder.write(name, bytes);
  return complaint([&] { read_cifar10(folder.path); });
}

}  // namespace

TEST_CASE("CIFAR-10 is the same from a folder, its parent and the archive", "[data]") {
  const TestFolder folder;
  for (const auto& [name, bytes] : files()) folder.write("cifar-10-batches-bin/" + name, bytes);
  pack(folder.path / "cifar-10-binary.tar.gz", files());
  for (const auto* place : {"cifar-10-batches-bin", ".", "cifar-10-binary.tar.gz"}) {
    const ImageSet set = read_cifar10(folder.path / place);
    set.validate();
    REQUIRE(set.count == 6);
    REQUIRE(set.channels == 3);
    REQUIRE(set.height == 32);
    REQUIRE(set.width == 32);
    REQUIRE(set.classes == 10);
    REQUIRE(set.labels == std::vector<std::int64_t>{9, 8, 2, 3, 4, 5});
    REQUIRE(set.image(1)[0] == 1);
    REQUIRE(set.image(5)[3071] == (50 + 3071) % 256);
    const ImageSet test = read_cifar10(folder.path / place, Split::test);
    REQUIRE(test.count == 1);
    REQUIRE(test.image(0)[0] == 100);
  }
}

TEST_CASE("wrong CIFAR-10 files are refused with the reason", "[data][bad]") {
  REQUIRE(about(files()).empty());
  Files some = files();
  some.erase(some.begin() + 4);
  some.erase(some.begin() + 1);
  REQUIRE(says(about(some), "cifar10 reader", {"without data_batch_1.bin, data_batch_4.bin;", "binary version"}));
  Files cut = files();
  cut[2].second.pop_back();
  REQUIRE(says(about(cut), "cifar10 reader", {"3072 bytes in data_batch_2.bin", "multiple of 3073", "again"}));
  Files empty = files();
  empty[2].second.clear();
  REQUIRE(says(about(empty), "cifar10 reader", {"0 bytes in data_batch_2.bin"}));
  Files label = files();
  label[1].second[3073] = 10;
  REQUIRE(says(about(label), "cifar10 reader", {"label 10 in record 1 of data_batch_1.bin", "0 to 9"}));
  REQUIRE(
      says(complaint([] { read_cifar10("/nowhere/cifar"); }), "cifar10 reader", {"no /nowhere/cifar", "docs/data.md"}));
}

TEST_CASE("a damaged CIFAR-10 archive is refused", "[data][bad]") {
  const TestFolder folder;
  pack(folder.path / "whole.tar.gz", files());
  const std::string bytes = read_file(folder.path / "whole.tar.gz");
  for (const std::size_t length : {bytes.size() / 4, bytes.size() / 2, bytes.size() * 3 / 4}) {
    const auto cut = folder.write("cut.tar.gz", bytes.substr(0, length));
    REQUIRE(says(complaint([&] { read_cifar10(cut); }), "cifar10 reader", {"cut.tar.gz", "again"}));
  }
  const auto text = folder.write("text.tar.gz", "this is no archive");
  REQUIRE(
      says(complaint([&] { read_cifar10(text); }), "cifar10 reader", {"Unrecognized archive format", "text.tar.gz"}));
  pack(folder.path / "few.tar.gz", {files()[1]});
  REQUIRE(says(complaint([&] { read_cifar10(folder.path / "few.tar.gz"); }), "cifar10 reader",
               {"without data_batch_2.bin, data_batch_3.bin"}));
}
