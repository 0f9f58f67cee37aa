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
#include <tuple>
#include <type_traits>
#include <utility>

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
  template <class... Q>
  using Of = Design<Q...>;  ///< the same of other policies

  S schedule{};
  E embedding{};
  F family{};
  K skip{};
  C condition{};
  P sampler{};

  /// References to the policies, in order.
  auto tied() const { return std::tie(schedule, embedding, family, skip, condition, sampler); }

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

/// Of the design D, whose policies are P....
template <class D, class Tied>
struct Parts;
template <class D, class... P>
struct Parts<D, std::tuple<const P&...>> {
  template <class New>
  using With = typename D::template Of<replaced<P, New>...>;
  template <class Other>
  struct Against;
  template <class... Q>
    requires(sizeof...(P) == sizeof...(Q))
  struct Against<std::tuple<const Q&...>> {
    static constexpr int differences = (0 + ... + (std::is_same_v<P, Q> ? 0 : 1));
  };
};
template <class D>
using Tied = decltype(std::declval<const D&>().tied());

}  // namespace detail

/// Design D with the policy of P's role replaced by P.
template <class D, class P>
using with = typename detail::Parts<D, detail::Tied<D>>::template With<P>;

/// `design` with its policy of P's role replaced by `policy`; the others keep their parameters.
template <class D, class P>
with<D, P> replace(const D& design, P policy) {
  const auto pick = [&]<class Held>(const Held& held) {
    if constexpr (Held::role == P::role)
      return policy;
    else
      return held;
  };
  return std::apply([&](const auto&... held) { return with<D, P>{pick(held)...}; }, design.tied());
}

/// Whether two designs differ in exactly one policy: what a comparison of one factor needs.
template <class A, class B>
inline constexpr bool differ_in_one_role =
    detail::Parts<A, detail::Tied<A>>::template Against<detail::Tied<B>>::differences == 1;

}  // namespace diffmem
