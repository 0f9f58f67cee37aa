// SPDX-License-Identifier: MIT
// expect: 'HasFrequencies<E>' [with E = WithoutFrequencies]
// expect: 'HasUnit<E>' [with E = WithoutUnit]
#include <diffmem/embedding/positional.hpp>

using namespace diffmem;
struct WithoutFrequencies : Positional {
  Tensor frequencies(int, std::uint64_t) const = delete;
};
struct WithoutUnit : Positional {
 private:
  using Positional::unit;
};
static_assert(TimeEmbedding<WithoutFrequencies>);
static_assert(TimeEmbedding<WithoutUnit>);
