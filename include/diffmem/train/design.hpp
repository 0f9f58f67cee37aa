// SPDX-License-Identifier: MIT
// Design: one type that names every policy of an experiment; `with` replaces one of them.
#pragma once
#include <diffmem/condition/concept.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/embedding/concept.hpp>
#include <diffmem/net/family.hpp>
#include <diffmem/sampler/denoiser.hpp>
#include <diffmem/schedule/concept.hpp>
#include <diffmem/skip/mask.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

namespace diffmem {

/// The policies of an experiment, as types with their parameters as values.
///
///     //                schedule    embedding   family  skips     labels         sampler
///     using Base = Design<VpSchedule, Positional, DdpmPp, AllSkips, Unconditional, Heun>;
///
/// Each slot is constrained by its concept, so a swapped order does not compile.
template <NoiseSchedule S, TimeEmbedding E, Family F, SkipPolicy K, Conditioning C, Sampler P>
struct Design {
  using Embedding = E;

  S schedule{};
  E embedding{};
  F family{};
  K skip{};
  C condition{};
  P sampler{};

  /// The policies' names, as folders and tables spell them: "vp-positional-ddpmpp-all-none-heun".
  std::string slug() const {
    return fmt::format("{}-{}-{}-{}-{}-{}", schedule.name, embedding.name, family.name, skip.name, condition.name,
                       sampler.name);
  }

  /// (role, name) of each policy.
  Listing words() const {
    Listing list;
    each(*this, [&](std::string_view role, const auto& policy) { list.emplace_back(role, policy.name); });
    return list;
  }

  /// Error naming the policy's parameter that is out of range, where a policy looks after that: in validate(), or, for a
  /// sampler, when it plans its steps.
  void validate() const {
    each(*this, []<class Policy>(std::string_view, const Policy& policy) {
      if constexpr (requires { policy.validate(); }) policy.validate();
    });
    if constexpr (requires { sampler.plan(SigmaRange{}); }) sampler.plan({schedule.sigma_min(), schedule.sigma_max()});
  }

  /// Visits (role, policy) in order; the policies list their own parameters.
  template <class Self, class Visit>
  static void each(Self& d, Visit&& visit) {
    visit("schedule", d.schedule), visit("embedding", d.embedding), visit("family", d.family), visit("skip", d.skip);
    visit("condition", d.condition), visit("sampler", d.sampler);
  }
};

namespace detail {

template <class Old, class New>
using replaced = std::conditional_t<Old::role == New::role, New, Old>;

template <class D, class New>
struct With;
template <class S, class E, class F, class K, class C, class P, class New>
struct With<Design<S, E, F, K, C, P>, New> {
  using type = Design<replaced<S, New>, replaced<E, New>, replaced<F, New>, replaced<K, New>, replaced<C, New>,
                      replaced<P, New>>;
};

template <class A, class B>
struct Differences;
template <class... A, class... B>
  requires(sizeof...(A) == sizeof...(B))
struct Differences<Design<A...>, Design<B...>> {
  static constexpr int count = (0 + ... + (std::is_same_v<A, B> ? 0 : 1));
};

}  // namespace detail

/// Design D with the policy of P's role replaced by P.
template <class D, class P>
using with = typename detail::With<D, P>::type;

/// `design` with its policy of P's role replaced by `policy`; the others keep their parameters.
template <class D, class P>
with<D, P> replace(const D& design, P policy) {
  const auto pick = [&]<class Held>(const Held& held) {
    if constexpr (Held::role == P::role)
      return policy;
    else
      return held;
  };
  return {pick(design.schedule), pick(design.embedding), pick(design.family),
          pick(design.skip),     pick(design.condition), pick(design.sampler)};
}

/// Whether two designs differ in exactly one policy: what a comparison of one factor needs.
template <class A, class B>
inline constexpr bool differ_in_one_role = detail::Differences<A, B>::count == 1;

}  // namespace diffmem
