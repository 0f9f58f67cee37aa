// SPDX-License-Identifier: MIT
// Error: the one exception of the library; it says who complains, what it got, what it wants and what to do.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace diffmem {

/// Thrown for every bad input or state.  Its text reads "who: got GOT; want WANT; DO".
///
///     throw Error("idx reader", "magic 0x00000801 in train-images", "0x00000803 (images)", "swap the two paths");
class Error : public std::runtime_error {
 public:
  Error(std::string_view who, std::string_view got, std::string_view want, std::string_view todo)
      : std::runtime_error(std::string(who) + ": got " + std::string(got) + "; want " + std::string(want) + "; " +
                           std::string(todo)) {}

 protected:
  explicit Error(const std::string& whole) : std::runtime_error(whole) {}
};

/// The Error of a place for files that is full, gone or broken: what else is to be written there will fail, too.
class StorageGone : public Error {
  using Error::Error;
};

/// The Error of a setting of `who` that is out of its range, unless `holds`.
void need(bool holds, std::string_view who, std::string_view field, double got, std::string_view want);

/// Thrown when Ctrl-C or SIGTERM asked a long work to stop after it saved its state; mains exit with 130.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace diffmem
