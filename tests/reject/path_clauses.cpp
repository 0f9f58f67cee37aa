// SPDX-License-Identifier: MIT
// expect: the required expression 'path.sigma(v)' is invalid
// expect: the required expression 'path.sigma_dot(v)' is invalid
// expect: the required expression 'path.time(v)' is invalid
#include <diffmem/schedule/path.hpp>

using namespace diffmem;
struct WithoutSigma : LinearPath {
  double sigma(double) const = delete;
};
struct WithoutSigmaDot : LinearPath {
  double sigma_dot(double) const = delete;
};
struct WithoutTime : LinearPath {
  double time(double) const = delete;
};
static_assert(NoisePath<WithoutSigma>);
static_assert(NoisePath<WithoutSigmaDot>);
static_assert(NoisePath<WithoutTime>);
