// SPDX-License-Identifier: MIT
#pragma once
#include <diffmem/core/crew.hpp>
