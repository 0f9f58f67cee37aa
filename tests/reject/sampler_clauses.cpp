// SPDX-License-Identifier: MIT
// expect: 'MakesImages<S>' [with S = WithoutCall]
// expect: 'CountsEvaluations<S>' [with S = WithoutEvaluations]
#include <diffmem/sampler/heun.hpp>

using namespace diffmem;
struct WithoutCall : Heun {
 private:
  using Heun::operator();
};
struct WithoutEvaluations : Heun {
  int evaluations() const = delete;
};
static_assert(Sampler<WithoutCall>);
static_assert(Sampler<WithoutEvaluations>);
