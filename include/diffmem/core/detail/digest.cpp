// SPDX-License-Identifier: MIT
#include <diffmem/core/digest.hpp>
#include <diffmem/core/file.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace diffmem {
namespace {

std::string text_of(const XXH128_hash_t& hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

}  // namespace

struct Digest::State {
  XXH3_state_t* of = XXH3_createState();
  State() { XXH3_128bits_reset(of); }
  ~State() { XXH3_freeState(of); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Digest::Digest() : state_(std::make_unique<State>()) {}
Digest::~Digest() = default;
void Digest::add(std::string_view bytes) { XXH3_128bits_update(state_->of, bytes.data(), bytes.size()); }
std::string Digest::text() const { return text_of(XXH3_128bits_digest(state_->of)); }

std::string digest(std::string_view bytes) { return text_of(XXH3_128bits(bytes.data(), bytes.size())); }

}  // namespace diffmem
