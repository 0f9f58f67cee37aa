// SPDX-License-Identifier: MIT
// A program's work as one process of a world: the others hear why it failed.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/world/world.hpp>

#include <exception>

namespace diffmem {

/// What act() returns.  If it throws, so does this, once the others are told; of a broken world and of Interrupted they know.
template <class Act>
auto told_to_others(const World& world, Act&& act) {
  try {
    return act();
  } catch (const WorldBroken&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& e) {
    world.tell_failure(e.what());
    throw;
  }
}

}  // namespace diffmem
