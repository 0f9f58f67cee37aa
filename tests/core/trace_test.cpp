// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <diffmem/core/tensor.hpp>
#include <diffmem/core/trace.hpp>

#include <stdexcept>
#include <thread>

using namespace diffmem;

namespace {

void work(const char* layer) {
  const Span outer("block", layer);
  const Span inner("conv", {}, [] { return Work{.operations = 8, .bytes = 3}; });
}

}  // namespace

TEST_CASE("spans nest, and a layer left out is that around", "[core][trace]") {
  Trace trace;
  work("unseen");
  {
    const Trace::Recording recording(trace);
    work("a");
    work("b");
  }
  work("unseen");
  const auto& e = trace.events();
  REQUIRE(e.size() == 4);
  REQUIRE(e[0].operation == "block");
  REQUIRE(e[0].parent == Trace::kNone);
  REQUIRE(e[1].operation == "conv");
  REQUIRE(e[1].layer == "a");
  REQUIRE(e[1].parent == 0);
  REQUIRE(e[1].work.operations == 8);
  REQUIRE(e[1].work.bytes == 3);
  REQUIRE(e[3].layer == "b");
  REQUIRE(e[3].parent == 2);
  for (const auto& event : e) REQUIRE(event.ended >= event.begun);
  REQUIRE(e[1].begun >= e[0].begun);
  REQUIRE(e[1].ended <= e[0].ended);
}

TEST_CASE("a span that an exception leaves has ended, and what follows is not within it", "[core][trace]") {
  Trace trace;
  const Trace::Recording recording(trace);
  try {
    const Span span("fails");
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {}
  const Span span("next");
  REQUIRE(trace.events().at(1).parent == Trace::kNone);
}

TEST_CASE("what nobody records costs no count of work", "[core][trace]") {
  int counted = 0;
  const auto span = [&] { const Span s("conv", {}, [&] { return ++counted, Work{}; }); };
  span();
  REQUIRE(counted == 0);
  Trace trace;
  const Trace::Recording recording(trace);
  span();
  REQUIRE(counted == 1);
}

TEST_CASE("each thread has its own trace", "[core][trace]") {
  Trace here, there;
  const Trace::Recording recording(here);
  std::thread([] { work("of nobody"); }).join();
  std::thread([&] {
    const Trace::Recording other(there);
    for (int i = 0; i < 1000; ++i) work("there");
  }).join();
  for (int i = 0; i < 10; ++i) work("here");
  REQUIRE(here.events().size() == 20);
  REQUIRE(there.events().size() == 2000);
  for (const auto& event : there.events()) REQUIRE(event.layer == "there");
}

TEST_CASE("LibTorch's operations are recorded, the outermost of those that call one another", "[core][trace]") {
  const Tensor a = full({3, 3}, 1);
  Trace trace;
  {
    const Trace::Recording recording(trace);
    const Span span("part", "layer");
    a.softmax(1, std::nullopt);  // calls another
  }
  a + a;
  REQUIRE(trace.events().size() == 2);
  REQUIRE(trace.events()[1].operation == "aten::softmax");
  REQUIRE(trace.events()[1].layer == "layer");
  REQUIRE(trace.events()[1].parent == 0);
}
