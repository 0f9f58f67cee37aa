// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/digest.hpp>
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

using namespace diffmem;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// While it lives no file may grow beyond `bytes`: a full disk without a disk.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("a file is replaced whole", "[core][file]") {
  const TestFolder scratch;
  const fs::path path = scratch.path / "a";
  const std::string bytes("one\0two\n", 8);
  write_file_atomically(path, bytes);
  REQUIRE(read_file(path) == bytes);
  write_file_atomically(path, "");
  REQUIRE(read_file(path).empty());
  REQUIRE(std::distance(fs::directory_iterator(scratch.path), fs::directory_iterator()) == 1);
}

TEST_CASE("a write that fails keeps the old file and leaves nothing beside it", "[core][file]") {
  const TestFolder scratch;
  const fs::path path = scratch.path / "a";
  write_file_atomically(path, "old");
  {
    const SmallDisk small(1000);
    REQUIRE_THROWS_WITH(write_file_atomically(path, std::string(5000, 'x')),
                        Contains("file: got") && Contains(path.string()) && Contains("5000 bytes"));
  }
  REQUIRE(read_file(path) == "old");
  REQUIRE(std::distance(fs::directory_iterator(scratch.path), fs::directory_iterator()) == 1);
  REQUIRE_THROWS_WITH(write_file_atomically(scratch.path / "no" / "folder", "x"), Contains("No such file"));
}

TEST_CASE("append_line adds lines, and complains when it cannot", "[core][file]") {
  const TestFolder scratch;
  const fs::path path = scratch.path / "lines";
  append_line(path, "one");
  append_line(path, "two");
  REQUIRE(read_file(path) == "one\ntwo\n");
  const SmallDisk small(8);
  REQUIRE_THROWS_WITH(append_line(path, "three"), Contains("appending to") && Contains(path.string()));
}

TEST_CASE("read_file says what it cannot read", "[core][file]") {
  const TestFolder scratch;
  REQUIRE_THROWS_WITH(read_file(scratch.path / "missing"), Contains("missing") && Contains("No such file"));
  REQUIRE_THROWS_WITH(read_file(scratch.path), Contains("not a regular file"));
  write_file_atomically(scratch.path / "long", std::string(100, 'x'));
  REQUIRE(read_file(scratch.path / "long", 100).size() == 100);
  REQUIRE_THROWS_WITH(read_file(scratch.path / "long", 99), Contains("100 bytes") && Contains("at most 99 bytes"));
  REQUIRE_THROWS_WITH(make_folder(scratch.path / "long" / "below"), Contains("creating folder"));
}

TEST_CASE("digest is XXH3-128", "[core][file]") {
  REQUIRE(digest("") == "99aa06d3014798d86001c324468d497f");  // the published value of the empty input
  REQUIRE(digest("a") != digest("b"));
  REQUIRE(digest(std::string("a\0b", 3)) != digest("a"));
  const std::string long_one(5000, 'x');
  Digest parts;
  parts.add(std::string_view(long_one).substr(0, 3)), parts.add(""), parts.add(std::string_view(long_one).substr(3));
  REQUIRE(parts.text() == digest(long_one));
}
