// SPDX-License-Identifier: MIT
// What programs with a command line share: options, an option for each menu of a design, --set, --device, exit codes.
#pragma once
#include <diffmem/core/menu.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/tensor.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffmem {

/// A wrong command line.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a program ends with: what `act` returns; 1 if it throws, 2 for a UsageError, 130 for Interrupted, with the message
/// on stderr.
int exit_code_of(const std::function<int()>& act);

/// act(), where a bad value is the command line's fault.
template <class Act>
void on_command_line(Act&& act) {
  try {
    act();
  } catch (const Error& e) {
    throw UsageError(e.what());
  }
}

/// The most threads that --threads takes.
inline constexpr int kMostThreads = 1024;

using Assignment = std::pair<std::string, std::string>;  ///< name, text
/// Items NAME=VALUE of --set.
std::vector<Assignment> parse_sets(const std::vector<std::string>& items);

/// cpu or cuda.  Error if there is no such device.
at::Device parse_device(const std::string& word);

/// Chooses the policy of `role` by its word; false if the design has no menu of that role.
template <class D>
bool choose_by_word(D& design, std::string_view role, std::string_view word) {
  bool chosen = false;
  D::each(design, [&]<class P>(std::string_view name, P& policy) {
    if constexpr (ChosenByWord<P>)
      if (name == role) policy.choose(word), chosen = true;
  });
  return chosen;
}

/// Role and words of each policy of a design that is chosen by a word.
using Menus = std::vector<std::pair<std::string, std::vector<std::string_view>>>;
template <class D>
Menus menus_of(const D& design) {
  Menus menus;
  D::each(design, [&]<class P>(std::string_view role, const P&) {
    if constexpr (ChosenByWord<P>) menus.emplace_back(role, P::words());
  });
  return menus;
}

/// The options of a program.
///
///     int seed = 3;
///     CommandLine line("roll", "Throws a die.");
///     line.option("seed", seed, "of the throw");
///     if (!line.read(argc, argv)) return 0;     // --help or --version
class CommandLine {
 public:
  /// `after`: what --help says below the options.
  CommandLine(std::string program, std::string about, std::string after = "");
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// --name VALUE, a value of the type of `value`, which holds the default.
  template <class T>
  void option(const std::string& name, T& value, const std::string& meaning) {
    add(name, to_text(value), meaning, [name, &value](const std::string& text) {
      if (!from_text(text, value))
        throw Error("--" + name, fmt::format("\"{}\"", text), expected(value), "correct the value");
    });
  }
  /// --name
  void flag(const std::string& name, bool& value, const std::string& meaning);
  /// --name VALUE, any number of times.
  void list(const std::string& name, std::vector<std::string>& values, const std::string& meaning);

  /// Sets the values.  False if --help or --version was answered; UsageError if a word is wrong.
  bool read(int argc, char** argv);

  /// The words that read() was given, but for those of the options `names`.
  std::vector<std::string> words_without(const std::vector<std::string>& names) const;

 private:
  using Set = std::function<void(const std::string& text)>;
  void add(const std::string& name, const std::string& preset, const std::string& meaning, Set set);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace diffmem
