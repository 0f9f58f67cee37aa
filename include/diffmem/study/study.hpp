// SPDX-License-Identifier: MIT
// Study: a paper's figure or table as a program.  Question, source, what is held, what is varied, what is claimed; the rest
// (command line, profiles, run folders, resuming, report) is the same for all.
#pragma once
#include <diffmem/study/axis.hpp>
#include <diffmem/study/claim.hpp>
#include <diffmem/study/profile.hpp>
#include <diffmem/study/run.hpp>

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace diffmem {

/// What a study shows, and every run it is made of; runs are built when the command line has been read.
class StudyBase {
 public:
  /// Makes the run of one design.
  using MakeRun =
      std::function<std::unique_ptr<AnyRun>(const Setup&, const std::string& series, const std::string& cell)>;
  /// One design of a study.
  struct Variant {
    Listing at;  ///< (axis, label) of what the designs differ in: ("embedding", "fourier")
    MakeRun make;
    bool alone = false;  ///< it takes no part in the axes of numbers
  };
  /// One axis of numbers.
  struct Factor {
    std::string name, title;
    std::function<std::vector<AxisPoint>(const Setup& basic, Profile)> points;
  };

  explicit StudyBase(std::string name) : name(std::move(name)) {}

  /// Parses the command line, runs what is not done, writes report.html and results.csv, and prints the table.
  /// 0 all done; 1 a run failed (the others went on); 2 a wrong command line; 130 interrupted, everything saved.
  int run(int argc, char** argv) const;

  std::string name, about, from;  ///< of the program; its question and its source
  std::function<Setup(Profile)> setup;
  Values<std::int64_t> training_sizes;
  Values<int> training_seeds{.paper = {1}, .desktop = {3}, .smoke = {1}};
  std::vector<Variant> variants;
  std::vector<Factor> factors;
  Values<Where> left_out;             ///< cells of the grid that are not run
  Values<std::int64_t> spread_sizes;  ///< numbers of images for which the spread of the ratio is shown
  std::string x = "size";             ///< the axis under the figure
  std::vector<Claim> claimed;
  Menus menus;  ///< options of the command line
};

/// A policy, of whatever role.
template <class P>
concept RolePlayer = requires {
  { P::role } -> std::convertible_to<Role>;
};

/// A list of policies, such as masks made while compiling.
template <class... P>
struct Policies {};

/// A study whose basic designs are `Bases`: one, or several that every variation is applied to.  `Varied`: what it varies has
/// been said, and cannot be said again.
template <bool Varied, class... Bases>
class HeldStudy : public StudyBase {
 public:
  HeldStudy(StudyBase&& begun, std::tuple<Bases...> bases, std::vector<std::string> names)
      : StudyBase(std::move(begun)), bases_(std::move(bases)), names_(std::move(names)) {}

  /// One curve for the basic design and one for each of `policies` in place of the basic one of its role; all that the
  /// basic design says of its other policies holds.
  template <class First, class... Rest>
    requires(!Varied && RolePlayer<First>)
  HeldStudy<true, Bases...> vary(First first, Rest... rest) && {
    variants.clear();
    each_base([&]<class Base>(const Base& base, const Listing& at) {
      static_assert(differ_in_one_role<Base, with<Base, First>> && (differ_in_one_role<Base, with<Base, Rest>> && ...),
                    "vary<...>: each policy must differ from the held one of its role, and from no other role "
                    "(schedule, embedding, family, skip, condition, sampler)");
      static_assert(((First::role == Rest::role) && ...), "vary<...>: all policies must be of one role");
      add(base, at, First::role, std::string(name_of<First>(base)));
      add(replace(base, first), at, First::role, std::string(First::name));
      (add(replace(base, rest), at, Rest::role, std::string(Rest::name)), ...);
    });
    return varied();
  }
  /// The same, of policies with their default parameters.
  template <class First, class... Rest>
    requires(!Varied)
  HeldStudy<true, Bases...> vary() && {
    return std::move(*this).vary(First{}, Rest{}...);
  }
  template <class... P>
    requires(!Varied)
  HeldStudy<true, Bases...> vary(Policies<P...>) && {
    return std::move(*this).template vary<P...>();
  }
  /// One curve for each value of an axis.
  template <class T>
    requires(!Varied)
  HeldStudy<true, Bases...> vary(const Axis<T>& axis, std::type_identity_t<Values<T>> values) && {
    add_factor(axis, std::move(values));
    return varied();
  }
  /// A second factor: every combination with what is varied.
  template <class T>
    requires Varied
  HeldStudy&& across(const Axis<T>& axis, std::type_identity_t<Values<T>> values) && {
    add_factor(axis, std::move(values));
    return std::move(*this);
  }

  /// One design more, which stands beside the values of `axis` under a name of its own.
  template <class D>
    requires Varied
  HeldStudy&& beside(const std::string& axis, const std::string& label, D design = {}) && {
    static_assert((differ_in_one_role<Bases, D> && ...),
                  "beside<D>: D must differ from the held design in one role (schedule, embedding, family, skip, "
                  "condition, sampler)");
    add(design, {{axis, label}});
    variants.back().alone = true;
    return std::move(*this);
  }
  /// Leaves out the cells that any of `cells` selects.
  HeldStudy&& without(Values<Where> cells) && {
    left_out = std::move(cells);
    return std::move(*this);
  }
  HeldStudy&& without(std::vector<Where> cells) && { return std::move(*this).without(Values<Where>{.paper = cells}); }

  /// The training-set sizes |D|, nested.
  HeldStudy&& sizes(Values<std::int64_t> sizes) && {
    training_sizes = std::move(sizes);
    return std::move(*this);
  }
  template <std::convertible_to<std::int64_t>... Size>
    requires(sizeof...(Size) > 0)
  HeldStudy&& sizes(Size... sizes) && {
    return std::move(*this).sizes(Values<std::int64_t>{.paper = {sizes...}});
  }
  /// How many training seeds; by default three where they are affordable (desktop), else the paper's one.
  HeldStudy&& seeds(Values<int> seeds) && {
    training_seeds = std::move(seeds);
    return std::move(*this);
  }
  /// The axis under the figure, if it is not the size: "width", or a role such as "skip".
  HeldStudy&& against(std::string axis) && {
    x = std::move(axis);
    return std::move(*this);
  }
  /// Shows how the ratio spreads if n of a run's images are drawn, for each n (Fig. 6); claims name n as "images=n".
  HeldStudy&& spreads(Values<std::int64_t> sizes) && {
    spread_sizes = std::move(sizes);
    return std::move(*this);
  }
  HeldStudy&& claims(std::vector<Claim> claims) && {
    claimed = std::move(claims);
    return std::move(*this);
  }

 private:
  template <bool, class...>
  friend class HeldStudy;
  friend class Study;

  template <class Act>
  void each_base(Act&& act) {
    std::apply(
        [&](const Bases&... base) {
          std::size_t i = 0;
          ((act(base, names_.empty() ? Listing{} : Listing{{"network", names_[i]}}), ++i), ...);
        },
        bases_);
  }
  /// The held policy's name in the role that `P` fills.
  template <class P, class Base>
  static std::string_view name_of(const Base& base) {
    std::string_view name;
    Base::each(base, [&](std::string_view, const auto& policy) {
      if (std::remove_cvref_t<decltype(policy)>::role == P::role) name = policy.name;
    });
    return name;
  }
  template <class D>
  void add(const D& design, Listing at, Role role, const std::string& label) {
    at.emplace_back(word_of(role), label);
    add(design, std::move(at));
  }
  template <class D>
  void add(const D& design, Listing at) {
    variants.push_back({std::move(at), [design](const Setup& s, const std::string& series, const std::string& cell) {
                          return std::make_unique<RunOf<D>>(design, s, series, cell);
                        }});
  }
  template <class T>
  void add_factor(const Axis<T>& axis, Values<T> values) {
    factors.push_back({std::string(axis.name), std::string(axis.title),
                       [axis, values = std::move(values)](const Setup& basic, Profile profile) {
                         std::vector<AxisPoint> points;
                         for (const T& value : values.of(profile)) points.push_back(axis.point(basic, value));
                         return points;
                       }});
  }
  HeldStudy<true, Bases...> varied() { return {std::move(*this), std::move(bases_), std::move(names_)}; }

  std::tuple<Bases...> bases_;
  std::vector<std::string> names_;
};

/// Begins a study:
///
///     Study("skip_connections")
///         .question("Which skip connections let a network memorize?")
///         .source("Gu et al. 2023, Fig. 4")
///         .hold<Base>({.data = {.resolution = 32}, .train = {.batch = 512}})
///         .vary<Skips<"111 000 000">, Skips<"000 000 111">>()
///         .sizes(1000, 2000)
///         .claims({claim::more("high resolutions matter more", "skip=111000000", "skip=000000111")})
class Study : public StudyBase {
 public:
  using StudyBase::StudyBase;
  Study&& question(std::string text) && {
    about = std::move(text);
    return std::move(*this);
  }
  Study&& source(std::string text) && {
    from = std::move(text);
    return std::move(*this);
  }
  /// The same setup for every profile, and one training seed.
  template <class Base>
  HeldStudy<false, Base> hold(Setup held, Base base = {}) && {
    training_seeds = {.paper = {1}};
    return std::move(*this).template hold<Base>([held = std::move(held)](Profile) { return held; }, std::move(base));
  }
  /// A setup for each profile.
  template <class Base>
  HeldStudy<false, Base> hold(std::function<Setup(Profile)> held, Base base = {}) && {
    setup = std::move(held);
    return begin({}, std::tuple<Base>(std::move(base)));
  }
  /// Several designs, of networks called `names`, each with every variation.
  template <class... Bases>
  HeldStudy<false, Bases...> hold_each(std::function<Setup(Profile)> held,
                                       std::array<std::string, sizeof...(Bases)> names) && {
    setup = std::move(held);
    return begin({names.begin(), names.end()}, std::tuple<Bases...>());
  }

 private:
  template <class... Bases>
  HeldStudy<false, Bases...> begin(std::vector<std::string> names, std::tuple<Bases...> bases) {
    menus = menus_of(std::get<0>(bases));
    HeldStudy<false, Bases...> study(std::move(*this), std::move(bases), std::move(names));
    study.each_base([&](const auto& base, const Listing& at) { study.add(base, at); });
    return study;
  }
};

}  // namespace diffmem
