// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "mappings.hpp"

#include <diffmem/core/file.hpp>
#include <diffmem/core/mapped_file.hpp>

#include <optional>
#include <type_traits>
#include <utility>

using namespace diffmem;
namespace fs = std::filesystem;

static_assert(!std::is_copy_constructible_v<MappedFile> && !std::is_copy_assignable_v<MappedFile>);
static_assert(std::is_nothrow_move_constructible_v<MappedFile> && std::is_nothrow_move_assignable_v<MappedFile>);

TEST_CASE("a mapped file is its bytes, in parts that stay inside it", "[core][mapped]") {
  const TestFolder scratch;
  MappedFile file(scratch.write("a", "0123456789"));
  REQUIRE(file.size() == 10);
  REQUIRE(file.bytes() == "0123456789");
  REQUIRE(reinterpret_cast<std::uintptr_t>(file.bytes().data()) % 4096 == 0);
  const auto part = file.part(3, 4);
  REQUIRE(reinterpret_cast<const char*>(part.data()) == file.bytes().data() + 3);
  REQUIRE(part.size() == 4);
  REQUIRE(file.part(10, 0).empty());
  REQUIRE(file.part(0, 10).size() == 10);
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  for (const auto& [offset, count] : {std::pair<std::uint64_t, std::uint64_t>{0, 11},
                                      {10, 1},
                                      {11, 0},
                                      {3, 8},
                                      {kMost, 1},
                                      {1, kMost},
                                      {kMost, kMost}}) {
    INFO(offset << " " << count);
    REQUIRE(says(complaint([&] { file.part(offset, count); }), "file", {"/a", "inside its 10"}));
  }
}

TEST_CASE("what cannot be mapped is named; an empty file can", "[core][mapped]") {
  const TestFolder scratch;
  REQUIRE(says(complaint([&] { MappedFile(scratch.path / "nought"); }), "file", {"No such file", "nought"}));
  REQUIRE(says(complaint([&] { MappedFile file(scratch.path); }), "file", {"not a regular file"}));
  MappedFile empty(scratch.write("empty", ""));
  REQUIRE(empty.size() == 0);
  REQUIRE(empty.bytes().empty());
  REQUIRE(empty.part(0, 0).empty());
  REQUIRE(says(complaint([&] { empty.part(0, 1); }), "file", {"inside its 0"}));
}

TEST_CASE("a mapping has one owner and ends with it", "[core][mapped]") {
  const TestFolder scratch;
  const fs::path a = scratch.write("a", "aaaa"), b = scratch.write("b", "bb");
  {
    std::optional<MappedFile> first(a);
    const char* data = first->bytes().data();
    MappedFile second(std::move(*first));
    first.reset();
    REQUIRE(second.bytes().data() == data);
    REQUIRE(mappings_of(a) == 1);
    second = MappedFile(b);
    REQUIRE(second.bytes() == "bb");
    REQUIRE(mappings_of(a) == 0);
    REQUIRE(mappings_of(b) == 1);
  }
  REQUIRE(mappings_of(b) == 0);
}

TEST_CASE("a write stays in the mapping; a file replaced by rename stays as it was", "[core][mapped]") {
  const TestFolder scratch;
  const fs::path path = scratch.write("a", "old");
  fs::permissions(path, fs::perms::owner_read);
  MappedFile file(path);
  file.part(0, 1)[0] = std::byte{'c'};
  REQUIRE(file.bytes() == "cld");
  REQUIRE(read_file(path) == "old");
  REQUIRE(MappedFile(path).bytes() == "old");
  write_file_atomically(path, "newer");
  REQUIRE(file.bytes() == "cld");
  REQUIRE(MappedFile(path).bytes() == "newer");
  fs::remove(path);
  REQUIRE(file.bytes() == "cld");
}
