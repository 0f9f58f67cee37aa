// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/study/progress.hpp>

#include <pty.h>
#include <unistd.h>

#include <memory>
#include <string>

using namespace diffmem;
using namespace std::chrono_literals;

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// All that was written to `file`.
std::string text_of(std::FILE* file) {
  std::rewind(file);
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

/// Five of twenty steps, the first of them ten seconds ago: thirty seconds left.
ProgressBoard::Line quarter() {
  return {.step = 5,
          .total = 20,
          .epoch = 2,
          .loss = 1.5,
          .images_per_second = 64,
          .doing = "training",
          .since = std::chrono::steady_clock::now() - 10s};
}

}  // namespace

TEST_CASE("in a file, each run has a line at once and then one now and then", "[study][progress]") {
  const File file(std::tmpfile(), &std::fclose);
  ProgressBoard board(file.get(), 1h);
  board.say("begins");
  board.update("a", quarter());
  board.update("a", quarter());  // too early
  board.update("b", quarter());
  board.finish("a", "a: done");
  board.head("[1 of 3 runs] ");
  board.update("c", quarter());
  REQUIRE(text_of(file.get()) ==
          "begins\n"
          "a: step 5/20, epoch 2, loss 1.5, 64 images/s, 30 s left\n"
          "b: step 5/20, epoch 2, loss 1.5, 64 images/s, 30 s left\n"
          "a: done\n"
          "[1 of 3 runs] c: step 5/20, epoch 2, loss 1.5, 64 images/s, 30 s left\n");
}

TEST_CASE("in a file, a line comes again after its time", "[study][progress]") {
  const File file(std::tmpfile(), &std::fclose);
  ProgressBoard board(file.get(), 0ms);
  auto line = quarter();
  line.begun_at = 4;  // one step in ten seconds, by this process
  board.update("a", line);
  line.doing = "sampling 300/1000", line.begun_at = 5;  // none yet: nothing can be said of the time left
  board.update("a", line);
  REQUIRE(text_of(file.get()) ==
          "a: step 5/20, epoch 2, loss 1.5, 64 images/s, 2 min 30 s left\n"
          "a: step 5/20, epoch 2, sampling 300/1000\n");
}

TEST_CASE("on a terminal, one line for all runs redraws itself", "[study][progress]") {
  int ours = -1, theirs = -1;
  REQUIRE(::openpty(&ours, &theirs, nullptr, nullptr, nullptr) == 0);
  File terminal(::fdopen(theirs, "w"), &std::fclose);
  auto line = quarter();
  line.doing = "sampling 3/9", line.begun_at = line.step;
  ProgressBoard board(terminal.get(), 0ms), seldom(terminal.get(), 1h);
  board.update("a", line);
  board.update("b", line);
  board.finish("a", "a: done");
  seldom.update("c", line);
  seldom.update("d", line);  // too early for the one line
  terminal.reset();
  std::string text;
  for (char next; ::read(ours, &next, 1) == 1;) text += next;
  ::close(ours);
  const std::string clear = "\r\033[K", rest = ": step 5/20, epoch 2, sampling 3/9";
  REQUIRE(text == clear + "a" + rest + clear + "a" + rest + " | b" + rest + clear + "a: done\r\n" + clear + "c" + rest);
}
