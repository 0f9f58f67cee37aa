// SPDX-License-Identifier: MIT
// Study: a paper's figure or table as a program.  Question, source, what is held, what is varied; the rest (command
// line, run folders, resuming, report) is the same for all.
#pragma once
#include <diffmem/study/run.hpp>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace diffmem {

/// What a study shows, and every run it is made of; runs are built when the command line has been read.
class StudyBase {
 public:
  explicit StudyBase(std::string name) : name_(std::move(name)) {}

  /// Parses the command line, runs what is not done, writes report.html and results.csv, and prints the table.
  /// 0 all done; 1 a run failed (the others went on); 2 a wrong command line; 130 interrupted, everything saved.
  int run(int argc, char** argv);

 protected:
  /// Makes the runs of one design for a setup whose data.size is set.
  using MakeRun = std::function<std::unique_ptr<AnyRun>(const Setup&, const std::string& cell)>;

  void add_maker(const std::string& series, MakeRun make);

  std::string name_, question_, source_;
  Setup setup_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::pair<std::string, MakeRun>> designs_;  ///< series name, maker
  std::vector<std::pair<std::string, std::vector<std::string_view>>>
      menus_;  ///< role, words: options of the command line

 private:
  int conduct(int argc, char** argv);
};

/// Study whose basic design is `Base`; made by Study::hold.
template <class Base>
class HeldStudy : public StudyBase {
 public:
  HeldStudy(StudyBase&& begun, Base base, Setup setup) : StudyBase(std::move(begun)), base_(std::move(base)) {
    setup_ = std::move(setup);
    Base::each(base_, [&]<class P>(std::string_view role, const P&) {
      if constexpr (ChosenByWord<P>) menus_.emplace_back(role, P::words());
    });
    add(base_, "");
  }

  /// The training-set sizes |D|, nested.
  HeldStudy& sizes(std::vector<std::int64_t> sizes) {
    sizes_ = std::move(sizes);
    return *this;
  }
  /// One curve for the basic design and one for each policy in place of the basic one of its role; all that the basic
  /// design says of its other policies holds.
  template <class... Policies>
  HeldStudy& vary() {
    static_assert((differ_in_one_role<Base, with<Base, Policies>> && ...),
                  "vary<...>: each policy must differ from the held one of its role, and from no other role (schedule, "
                  "embedding, family, skip, condition, sampler)");
    designs_.clear();
    add(base_, std::string(name_of<std::tuple_element_t<0, std::tuple<Policies...>>>()));
    (add(replace(base_, Policies{}), std::string(Policies::name)), ...);
    return *this;
  }

 private:
  /// The held policy's name in the role that `P` fills.
  template <class P>
  std::string_view name_of() const {
    std::string_view name;
    Base::each(base_, [&](std::string_view, const auto& policy) {
      using Held = std::remove_cvref_t<decltype(policy)>;
      if (Held::role == P::role) name = Held::name;
    });
    return name;
  }
  /// One more curve.
  template <class D>
  void add(const D& design, const std::string& series) {
    add_maker(series, [design, series](const Setup& setup, const std::string& cell) {
      return std::make_unique<Run<D>>(design, setup, series, cell);
    });
  }

  Base base_;
};

/// Begins a study:
///
///     return Study("skip_connections")
///         .question("Which skip connections let a network memorize?")
///         .source("Gu et al. 2023, Fig. 4")
///         .hold<Base>({.data = {.resolution = 32}, .train = {.batch = 512}})
///         .vary<Skips<"111 000 000">, Skips<"000 000 111">>()
///         .sizes({1000, 2000})
///         .run(argc, argv);
class Study : public StudyBase {
 public:
  using StudyBase::StudyBase;
  Study& question(std::string text) {
    question_ = std::move(text);
    return *this;
  }
  Study& source(std::string text) {
    source_ = std::move(text);
    return *this;
  }
  template <class Base>
  HeldStudy<Base> hold(Setup setup, Base base = {}) {
    return HeldStudy<Base>(std::move(*this), std::move(base), std::move(setup));
  }
};

}  // namespace diffmem
