// SPDX-License-Identifier: MIT
// The one way tests see Catch2: torch defines CHECK too, and its CHECK asserts nothing.  Tests use REQUIRE.
#pragma once
#include <diffmem/core/tensor.hpp>
#undef CHECK
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
