// SPDX-License-Identifier: MIT
// A cache folder for tests.
#pragma once
#include "complaint.hpp"

#include <cstdlib>
#include <string>

/// An empty cache folder of one test.
class CacheFolder {
 public:
  CacheFolder() {
    if (const char* before = std::getenv("XDG_CACHE_HOME")) before_ = before;
    ::setenv("XDG_CACHE_HOME", folder.path.c_str(), 1);
  }
  ~CacheFolder() { before_.empty() ? ::unsetenv("XDG_CACHE_HOME") : ::setenv("XDG_CACHE_HOME", before_.c_str(), 1); }
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

  TestFolder folder;

 private:
  std::string before_;
};
