// SPDX-License-Identifier: MIT
// Worlds of threads, for tests of what processes do together.
#pragma once
#include <diffmem/world/world.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <functional>
#include <thread>

namespace diffmem::worlds {

/// A port that nobody listens at.
inline int free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET, here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  const bool bound = ::bind(s, address, size) == 0 && ::getsockname(s, address, &size) == 0;
  ::close(s);
  if (!bound) throw Error("tests", "no port", "a free one on 127.0.0.1", "look who takes them all");
  return ntohs(here.sin_port);
}

/// act(world) in `size` threads, each with its place in one world.  Throws what the first rank that fails throws.
/// Assertions are for the caller: Catch2's are not for threads.
inline void in_worlds(int size, const std::function<void(const World&)>& act) {
  // c10d's record of what was called is one for all groups of a process, and threads break it.
  static const int kept_out = ::setenv("TORCH_FR_BUFFER_SIZE", "0", 1);
  static_cast<void>(kept_out);
  const int port = free_port();
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      try {
        const World world({.rank = rank, .size = size, .local_rank = rank, .local_size = size, .port = port}, at::kCPU,
                          60);
        try {
          act(world);
        } catch (const std::exception& e) {
          thrown[static_cast<std::size_t>(rank)] = std::current_exception();
          world.tell_failure(e.what());
        }
      } catch (const std::exception&) {
        thrown[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& one : thrown)
    if (one) std::rethrow_exception(one);
}

/// What make(world) gives on each rank, by rank.
template <class Make>
auto on_each(int size, Make&& make) {
  std::vector<decltype(make(World::alone()))> all(static_cast<std::size_t>(size));
  in_worlds(size, [&](const World& world) { all[static_cast<std::size_t>(world.rank())] = make(world); });
  return all;
}

}  // namespace diffmem::worlds
