// SPDX-License-Identifier: MIT
// expect: 'Named<P>' [with P = WithoutName]
// expect: 'Listed<P>' [with P = WithoutEach]
// expect: 'FillsRole<P, R>' [with P = WithoutRole; R = diffmem::Role::skip]
// expect: 'FillsRole<P, R>' [with P = OfAnotherRole; R = diffmem::Role::skip]
// expect: 'default_initializable<P>' [with P = WithoutDefault]
// expect: 'copyable<P>' [with P = WithoutCopy]
#include <diffmem/core/policy.hpp>

using namespace diffmem;
struct Whole {
  static constexpr Role role = Role::skip;
  static constexpr std::string_view name = "whole";
  template <class Self, class Visit>
  static void each(Self&, Visit&&) {}
};
struct WithoutName : Whole {
 private:
  using Whole::name;
};
struct WithoutEach : Whole {
 private:
  using Whole::each;
};
struct WithoutRole : Whole {
 private:
  using Whole::role;
};
struct OfAnotherRole : Whole {
  static constexpr Role role = Role::sampler;
};
struct WithoutDefault : Whole {
  explicit WithoutDefault(int) {}
};
struct WithoutCopy : Whole {
  WithoutCopy() = default;
  WithoutCopy(const WithoutCopy&) = delete;
};
static_assert(Policy<WithoutName, Role::skip>);
static_assert(Policy<WithoutEach, Role::skip>);
static_assert(Policy<WithoutRole, Role::skip>);
static_assert(Policy<OfAnotherRole, Role::skip>);
static_assert(Policy<WithoutDefault, Role::skip>);
static_assert(Policy<WithoutCopy, Role::skip>);
