// SPDX-License-Identifier: MIT
// Rates over training (learning rate, the four EMA modes), the order of the images, and random labels.
#include "parity.hpp"

#include <diffmem/condition/random_labels.hpp>
#include <diffmem/train/order.hpp>
#include <diffmem/train/params.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

namespace diffmem::parity {
namespace {

/// The number behind the last `before` in `text`.
double number_after(const std::string& text, const std::string& before) {
  const auto at = text.rfind(before);
  if (at == text.npos)
    throw Error("parity", "\"" + text + "\"", "\"" + before + "\" and a number", "check the fixture's header");
  return std::stod(text.substr(at + before.size()));
}

/// The reference's order of images in one process: NumPy's RandomState(seed) (MT19937) shuffles once from the end; the
/// list is then cycled, and after each position the image there changes places with one of the `window` at and before
/// it (fewer than 2: none does).  A number below n is a word masked to the bits of n - 1, until it is below n.
std::vector<std::int64_t> reference_order(std::uint32_t seed, std::int64_t size, std::int64_t window,
                                          std::size_t count) {
  std::mt19937 random(seed);
  const auto below = [&](std::int64_t n) {
    const std::uint64_t mask = std::bit_ceil(static_cast<std::uint64_t>(n)) - 1;
    std::int64_t r = 0;
    do r = n == 1 ? 0 : static_cast<std::int64_t>(random() & mask);
    while (r >= n);
    return r;
  };
  std::vector<std::int64_t> list(static_cast<std::size_t>(size)), order;
  const auto at = [&](std::int64_t i) -> std::int64_t& { return list[static_cast<std::size_t>((i + size) % size)]; };
  for (std::int64_t i = 0; i < size; ++i) at(i) = i;
  for (std::int64_t i = size - 1; i > 0; --i) std::swap(at(i), at(below(i + 1)));
  for (std::int64_t i = 0; order.size() < count; i = (i + 1) % size) {
    order.push_back(at(i));
    if (window >= 2) std::swap(at(i), at(i - below(window)));
  }
  return order;
}

/// Whether b is a with its values renamed one to one.
bool same_but_for_names(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> forth(b.size(), -1), back(b.size(), -1);
  bool same = a.size() == b.size();
  for (std::size_t i = 0; same && i < a.size(); ++i) {
    auto &to = forth[static_cast<std::size_t>(a[i])], &from = back[static_cast<std::size_t>(b[i])];
    if (to < 0 && from < 0) to = b[i], from = a[i];
    same = to == b[i] && from == a[i];
  }
  return same;
}

void check_rates(const Fixture& f, Checks& checks) {
  const auto columns = f.meta("columns").get<std::vector<std::string>>();
  // [rows, columns]: N, batch, cur_nimg, lr, half-life, EMA rates.  The reference's warm-up and half-life are cut down to
  // whole thousands of images; ours are so many epochs, the same where N is a multiple of 100.
  const Tensor sizes = f.file.at("table").select(1, 0), whole = sizes.remainder(100.0).eq(0.0);
  const Tensor table = f.file.at("table").index_select(0, whole.nonzero().flatten());
  if (table.size(0) < sizes.size(0))
    checks.not_built("rows of other N than multiples of 100", "the reference's cutting");
  for (std::size_t column = 3; column < columns.size(); ++column) {
    const std::string& name = columns[column];
    std::vector<double> mine;
    for (std::int64_t row = 0; row < table.size(0); ++row) {
      const auto cell = values_of<double>(table.select(0, row));
      TrainParams p;
      p.batch = static_cast<int>(cell[1]);
      const auto size = std::llround(cell[0]), step = std::llround(cell[2]) / p.batch;
      if (name.starts_with("lr ")) {
        p.lr = number_after(name, "base ") * p.batch / 512;
        mine.push_back(p.lr_at(step, size));
      } else if (name == "halflife_nimg") {
        mine.push_back(10 * cell[0] * p.ramp(step, size));  // ten epochs when warm
      } else {
        const int mode = static_cast<int>(number_after(name, "mode"));
        p.ema_rule = std::array{EmaRule::epochs, EmaRule::steps, EmaRule::constant, EmaRule::sweep}.at(
            static_cast<std::size_t>(mode - 1));
        if (mode == 3) p.ema = std::exp2(-p.batch / 500'000.0);
        if (mode == 4) p.ema = number_after(name, "final ");
        mine.push_back(p.ema_at(step, size));
      }
    }
    checks.close(name, tensor_of(mine), table.select(1, static_cast<std::int64_t>(column)), 1e-10);
  }
}

}  // namespace

void check_orders(const Fixture& f, Checks& checks) {
  check_rates(f, checks);
  const std::string& source = f.file.metadata.at("source");
  const auto seed = static_cast<std::uint32_t>(number_after(source, "seed "));
  const auto size = static_cast<std::int64_t>(number_after(source, "N="));
  for (const auto& [name, want] : f.file.tensors) {
    const std::string what = name.substr(0, name.find('.'));
    if (what == "random_labels") {
      const RandomLabels labels{.classes = std::stoi(name.substr(name.find('.') + 1)), .draw = LabelDraw::python};
      ImageSet images;
      images.count = want.size(0);
      const auto label_seed = static_cast<std::uint64_t>(number_after(source, "random.seed("));
      checks.same(name, tensor_of(labels.training_labels(images, label_seed)), want);
    } else if (what == "order") {
      const double window = number_after(name, "window");
      const auto theirs = values_of<std::int64_t>(want);
      const auto rebuilt = reference_order(seed, size, std::llrint(window * static_cast<double>(size)), theirs.size());
      checks.same(name, tensor_of(rebuilt), want);
      if (window != 0) continue;  // the paper's runs have none: ours is that order with images renamed
      DataOrder order(Order::cycled, size, seed);
      std::vector<std::int64_t> mine;
      for (std::int64_t i = 0; i < want.numel(); ++i) mine.push_back(order(i));
      checks.require(name + " as DataOrder", same_but_for_names(theirs, mine), "one renaming of the images");
    }
  }
}

}  // namespace diffmem::parity
