// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/params.hpp>
#include <diffmem/core/text.hpp>
#include <diffmem/data/open.hpp>
#include <diffmem/study/detail/cells.hpp>
#include <diffmem/study/printed.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

namespace diffmem {
namespace {

/// Sets what the designs of the runs and not the setup list.  Error naming all settings if nobody lists it.
void set_in_designs(const std::vector<Cell>& cells, const std::vector<Assignment>& assignments) {
  for (const auto& [path, text] : assignments) {
    bool found = false;
    for (const Cell& cell : cells) found |= cell.run->set(path, text);
    if (found) continue;
    const Cell& first = cells.front();
    std::vector<std::string> names, near;  // near: of the same last part, as train.lr for lr
    for (const auto& [name, value] : first.run->plan(first.set->images, first.set->digest).settings) {
      if (name == "design" || name == "data.digest") continue;  // what others decide
      names.push_back(name);
      if (("." + name).ends_with("." + path.substr(path.rfind('.') + 1))) near.push_back(name);
    }
    names = nearest_first(near.empty() ? names : near, path);
    throw Error("--set", fmt::format("no setting \"{}\"", path), fmt::format("one of {}", fmt::join(names, " ")),
                fmt::format("correct the name: {}?", names.front()));
  }
}

/// Error if one of `assignments` to the setup is overruled by grid, images or design.
void refuse_overruled(const Setup& setup, const std::vector<Assignment>& assignments, const RunPlan& plan) {
  const auto value_in = [](const Listing& listing, const std::string& path) {
    const auto at = std::ranges::find(listing, path, &Listing::value_type::first);
    return at == listing.end() ? std::string() : at->second;
  };
  const Listing asked = list_params(setup);
  for (const auto& [path, text] : assignments)
    if (const std::string used = value_in(plan.settings, path); used != value_in(asked, path))
      throw Error("--set " + path, text,
                  fmt::format("{}, which the images, the network family, the study or --sizes decide", used),
                  "leave it out");
}

/// One place on the grid of numbers: what it is called and what it sets.
struct GridPlace {
  Listing at;
  Listing sets;
};
/// Every combination of the factors' points; `data`, if given, is in place of all sources of images.
std::vector<GridPlace> places_of(const StudyBase& study, const Setup& basic, Profile profile, const std::string& data) {
  std::vector<GridPlace> places(1);
  for (const StudyBase::Factor& factor : study.factors) {
    std::vector<GridPlace> more;
    for (const GridPlace& place : places)
      for (const AxisPoint& point : factor.name == axis::source.name && !data.empty()
                                        ? std::vector<AxisPoint>{{"--data", {{"data.source", data}}}}
                                        : factor.points(basic, profile)) {
        GridPlace& next = more.emplace_back(place);
        next.at.emplace_back(factor.name, point.label);
        next.sets.insert(next.sets.end(), point.sets.begin(), point.sets.end());
      }
    places = std::move(more);
  }
  return places;
}

void note(std::vector<GridAxis>& axes, const Listing& at) {
  for (const auto& [axis, label] : at) {
    auto here = std::ranges::find(axes, axis, &GridAxis::name);
    if (here == axes.end()) here = axes.insert(here, {axis, {}});
    if (std::ranges::find(here->labels, label) == here->labels.end()) here->labels.push_back(label);
  }
}

/// Drops the cells whose images do not serve their design, and says why.  Error if none would be left.
void leave_unfit_out(std::vector<Cell>& cells) {
  std::vector<std::string> reasons;
  std::vector<Cell> fit;
  for (Cell& cell : cells) {
    const std::string reason = cell.run->unfit(cell.set->images);
    if (reason.empty())
      fit.push_back(std::move(cell));
    else if (std::ranges::find(reasons, reason) == reasons.end())
      reasons.push_back(reason);
  }
  if (fit.empty() && !reasons.empty()) throw UsageError(reasons.front());
  for (const std::string& reason : reasons) fmt::print(stderr, "left out: {}\n", reason);
  cells = std::move(fit);
}

/// The published shape of a data set.
struct Published {
  std::string_view word;
  std::int64_t count, channels, side, classes;
};
constexpr std::array<Published, 6> kPublished{{{"cifar10", 50'000, 3, 32, 10},
                                               {"fashion-mnist", 60'000, 1, 28, 10},
                                               {"mnist", 60'000, 1, 28, 10},
                                               {"ffhq", 70'000, 3, 64, 0},
                                               {"openclipart-crops", 50'000, 3, 32, 0},
                                               {"artbench", 1'000, 3, 256, 10}}};  // of 50,000: 10 GB would be black

/// Black images of the published shape of `word`, at `side` if that is not 0; the classes in turn.
std::optional<ImageSet> blank_images(std::string_view word, int side) {
  const auto known = std::ranges::find(kPublished, word, &Published::word);
  if (known == kPublished.end()) return std::nullopt;
  ImageSet set;
  set.name = fmt::format("{}, not there", word);
  set.count = known->count, set.channels = known->channels;
  set.height = set.width = side > 0 ? side : known->side;
  set.pixels.resize(static_cast<std::size_t>(set.count * set.image_size()));
  set.classes = known->classes;
  for (std::int64_t i = 0; known->classes > 0 && i < set.count; ++i) set.labels.push_back(i % known->classes);
  for (std::int64_t c = 0; c < known->classes; ++c) set.class_names.push_back(fmt::format("class {}", c));
  return set;
}

}  // namespace

std::string spell(const StudyBase& study, const Listing& at, std::string_view without) {
  std::vector<std::string> parts;
  for (const auto& [axis, label] : at) {
    if (axis == without) continue;
    const bool number = std::ranges::find(study.factors, axis, &StudyBase::Factor::name) != study.factors.end();
    parts.push_back(axis == "size" ? "|D| = " + label : number ? axis + " " + label : label);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

const ImageSet& TrainingSets::open(const DataParams& data) {
  const Listing key = {{data.source, fmt::format("{} {}", data.resolution,
                                                 words_of(data.shrink)[static_cast<std::size_t>(data.shrink)])}};
  if (const auto there = opened_.find(key); there != opened_.end()) return there->second;
  ImageSet set;
  try {
    set = open_images(data.source, Split::train, {.side = data.resolution, .shrink = data.shrink});
  } catch (const Error&) {
    std::optional<ImageSet> shape = blank_ ? blank_images(data.source, data.resolution) : std::nullopt;
    if (!shape) throw;
    set = std::move(*shape);
    note_absent(data.source);
  }
  return opened_.emplace(key, std::move(set)).first->second;
}

void TrainingSets::note_absent(const std::string& source) {
  if (std::ranges::find(absent_, source) == absent_.end()) absent_.push_back(source);
}

std::int64_t TrainingSets::classes_in(const DataParams& data) {
  try {
    return open(data).classes;
  } catch (const Error&) {
    return 0;
  }
}

const TrainingSet& TrainingSets::of(const DataParams& data) {
  const Listing key = list_params(data);
  if (const auto there = cut_.find(key); there != cut_.end()) return there->second;
  TrainingSet set;
  try {
    set.images = training_images(open(data), data);
  } catch (const Error&) {
    if (!blank_ || data.blend_source.empty()) throw;
    DataParams plain = data;  // as many images, none of the set that is not there
    plain.blend = 0;
    set.images = training_images(open(data), plain);
    note_absent(data.blend_source);
  }
  set.digest = set.images.digest();
  return cut_.emplace(key, std::move(set)).first->second;
}

StudyGrid grid_of(const StudyBase& study, const Options& options, TrainingSets& sets, const std::string& prefix) {
  StudyGrid grid{.study = &study};
  Setup basic = study.setup(options.profile);
  std::vector<Assignment> of_setup, of_designs;  // --set
  on_command_line([&] {
    if (!options.data.empty()) basic.data.source = options.data;
    if (options.seed) basic.train.seed = *options.seed;
    if (options.budget) basic.train.budget = *options.budget;
    if (options.precision) basic.train.precision = *options.precision;
    for (const Assignment& a : options.sets)
      (try_set_param(basic, a.first, a.second) ? of_setup : of_designs).push_back(a);
    basic.validate();
    grid.train = basic.train;
    const int seeds = options.seeds > 0 ? options.seeds : study.training_seeds.of(options.profile).front();
    const auto sizes = options.sizes.empty() ? study.training_sizes.of(options.profile) : options.sizes;
    const auto places = places_of(study, basic, options.profile, options.data);
    const std::vector<GridPlace> nowhere(1);
    for (const StudyBase::Variant& variant : study.variants)
      for (const GridPlace& place : variant.alone ? nowhere : places)
        for (const std::int64_t size : sizes)
          for (int s = 0; s < seeds; ++s) {
            Cell cell{.at = variant.at, .size = size, .seed = basic.train.seed + static_cast<std::uint64_t>(s)};
            cell.at.insert(cell.at.end(), place.at.begin(), place.at.end());
            cell.at.emplace_back("size", fmt::format("{}", size));
            if (std::ranges::any_of(study.left_out.of(options.profile),
                                    [&](const Where& where) { return where(cell.at); }))
              continue;
            Setup setup = basic;
            setup.data.size = size;
            setup.train.seed = cell.seed;
            Listing later;
            for (const auto& [path, text] : place.sets)
              if (!try_set_param(setup, path, text)) later.emplace_back(path, text);
            setup.validate();
            // All classes there are, by an axis: the run that studies have which say nothing of classes.
            if (setup.data.classes != basic.data.classes && setup.data.classes == sets.classes_in(setup.data))
              setup.data.classes = 0;
            const std::string series = spell(study, cell.at, study.x);
            cell.name = spell(study, cell.at, "");
            if (seeds > 1) cell.name += fmt::format(", seed {}", cell.seed);
            cell.run = variant.make(setup, series, prefix + cell.name);
            for (const auto& [role, word] : options.words) cell.run->set(role, word);
            for (const auto& [path, text] : later)
              if (!cell.run->set(path, text))
                throw Error(study.name, fmt::format("an axis that sets {}", path), "a setting of its design",
                            "correct the study");
            grid.cells.push_back(std::move(cell));
          }
  });
  if (options.profile == Profile::paper && options.sizes.empty())
    for (const PrintedRecord& printed : printed_of(study.name))
      if (const Where here(printed.at);
          std::ranges::none_of(grid.cells, [&](const Cell& cell) { return here(cell.at); }))
        throw Error("printed numbers", fmt::format("{} at {}", study.name, printed.at), "a cell of the paper's grid",
                    "correct the number's place, or the study's grid");
  for (Cell& cell : grid.cells) {
    sets.open(cell.run->data());  // what cannot be read is not the command line's fault, a size beyond it is
    on_command_line([&] { cell.set = &sets.of(cell.run->data()); });
  }
  leave_unfit_out(grid.cells);
  for (const Cell& cell : grid.cells) note(grid.axes, cell.at);
  on_command_line([&] {
    set_in_designs(grid.cells, of_designs);
    for (Cell& cell : grid.cells) cell.plan = cell.run->plan(cell.set->images, cell.set->digest);
    refuse_overruled(basic, of_setup, grid.cells.front().plan);
  });
  return grid;
}

}  // namespace diffmem
