// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/report/detail/gnuplot.hpp>
#include <diffmem/report/detail/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

extern char** environ;

namespace diffmem {
namespace {

namespace fs = std::filesystem;

/// A private folder that goes away with its content.
struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "diffmem-plot-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw Error("plot", fmt::format("\"{}\" while creating {}", std::strerror(errno), name),
                  "a writable folder for temporary files", "set TMPDIR to one");
    path = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

/// Runs `gnuplot -d script` and returns its wait status.  Error when it cannot be started.
int wait_for_gnuplot(const fs::path& script, const fs::path& out, const fs::path& err) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::string program = "gnuplot", defaults = "-d", file = script.string();
  char* const arguments[] = {program.data(), defaults.data(), file.data(), nullptr};
  pid_t child = 0;
  const int code = ::posix_spawnp(&child, program.c_str(), &files, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (code != 0)
    throw Error("plot", fmt::format("\"{}\" while starting gnuplot", std::strerror(code)),
                "gnuplot 5.4 or newer in PATH", "install it: apt-get install gnuplot-nox");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw Error("plot", std::strerror(errno), "gnuplot to end", "run the same command again");
  return status;
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  const TemporaryFolder folder;
  const fs::path file = folder.path / "script", out = folder.path / "out", err = folder.path / "err";
  write_file_atomically(file, script);
  const int status = wait_for_gnuplot(file, out, err);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error("plot", "from gnuplot: " + report_text::one_line(read_file(err).substr(0, 400)), "a drawing",
                "check that gnuplot is 5.4 or newer (Debian package gnuplot-nox)");
  return read_file(out);
}

std::string gnuplot_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : report_text::one_line(text)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

}  // namespace diffmem
