// SPDX-License-Identifier: MIT
// The design whose every policy is chosen at run time.
#pragma once
#include <diffmem/condition/menu.hpp>
#include <diffmem/embedding/menu.hpp>
#include <diffmem/net/menu.hpp>
#include <diffmem/sampler/menu.hpp>
#include <diffmem/schedule/menu.hpp>
#include <diffmem/skip/menu.hpp>
#include <diffmem/train/design.hpp>

namespace diffmem {

using AnyDesign = Design<AnySchedule, AnyEmbedding, AnyFamily, AnySkip, AnyCondition, AnySampler>;

}  // namespace diffmem
