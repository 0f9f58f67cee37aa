// SPDX-License-Identifier: MIT
// XXH3-128 of bytes that are not all there at once.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace diffmem {

/// digest() (file.hpp) of bytes that come one part after the other.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::string_view bytes);
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace diffmem
