// SPDX-License-Identifier: MIT
#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/round_up.hpp>
#include <diffmem/kernels/logit_error.hpp>
#include <diffmem/optimum/detail/cuda_scan.hpp>
#include <diffmem/optimum/detail/scan.hpp>
#include <diffmem/optimum/detail/share.hpp>
#include <diffmem/optimum/detail/tally.hpp>
#include <diffmem/optimum/detail/vector.hpp>
#include <diffmem/optimum/posterior.hpp>
#include <diffmem/world/world.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/cdist_ops.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <ranges>
#include <string>

namespace diffmem {
namespace {

[[noreturn]] void complain(const std::string& got, std::string_view want, std::string_view todo) {
  throw Error("posterior", got, want, todo);
}

std::int64_t size_of(const Shape& shape) {
  std::int64_t size = 1;
  for (const std::int64_t side : shape) size *= side;
  return size;
}

constexpr double kLeast = 1e-30, kLargest = 1e30;  // |y|^2 / sigma^2 stays a float64, and |y| a float

void expect_safe(const Tensor& numbers, std::string_view name) {
  for (const double x : values_of<double>(numbers))
    if (!(x >= kLeast && x <= kLargest))
      complain(fmt::format("{} {}", name, x), fmt::format("{} > 0, {} to {}", name, kLeast, kLargest),
               "give each image one in that range");
}

}  // namespace

struct PosteriorMemory::State {
  detail::Bounds bounds;
};
PosteriorMemory::PosteriorMemory() : state_(std::make_unique<State>()) {}
PosteriorMemory::~PosteriorMemory() = default;
PosteriorMemory::PosteriorMemory(PosteriorMemory&&) noexcept = default;
PosteriorMemory& PosteriorMemory::operator=(PosteriorMemory&&) noexcept = default;

struct Posterior::Data {
  PosteriorOptions options;
  Shape shape;                                                // [C,H,W]
  std::vector<std::uint8_t> pixels;                           // where they are ours
  std::map<std::int64_t, std::vector<std::int64_t>> members;  // by class: its images
  std::optional<detail::Points> points;
  Tensor images, log_weights;  // on the options' device
  std::optional<detail::CudaScan> device_scan;
  std::map<std::int64_t, double> weights;  // by class and of all (-1): the images, each as often as it counts
  std::int64_t count = 0;                  // here
  std::int64_t first = 0, whole = 0;       // the index of the first one here among all; how many there are

  /// Images as x on [-1, 1], float64 [ids,d].
  Tensor on_unit(const std::vector<std::int64_t>& ids) const {
    Tensor levels;
    if (points) {
      std::vector<std::uint8_t> values;
      for (const std::int64_t i : ids) {
        const std::uint8_t* from = (*points)[static_cast<std::size_t>(i)];
        values.insert(values.end(), from, from + points->size);
      }
      levels = tensor_of(std::span<const std::uint8_t>(values),
                         {static_cast<std::int64_t>(ids.size()), static_cast<std::int64_t>(points->size)});
    } else {
      levels = images.index_select(0, tensor_of(ids).to(images.device()));
    }
    return levels.to(kFloat64) / 127.5 - 1.0;
  }
  int threads() const { return options.threads > 0 ? options.threads : at::get_num_threads(); }

  const World& world() const { return options.world ? *options.world : World::alone(); }

  void begin(std::span<const std::uint8_t> from, const std::vector<std::int64_t>& labels) {
    const std::int64_t size = size_of(shape);
    if (size < 1 || static_cast<std::int64_t>(from.size()) % size != 0 || (from.empty() && world().is_alone()))
      complain(fmt::format("{} pixels for images [{}]", from.size(), fmt::join(shape, ",")),
               "one image or more, each whole", "check shape and pixels");
    count = static_cast<std::int64_t>(from.size()) / size;
    if (!(options.tolerance >= 0 && options.tolerance < 1))
      complain(fmt::format("tolerance {}", options.tolerance), "0 <= tolerance < 1", "leave it as it is");
    if (!options.weights.empty() && static_cast<std::int64_t>(options.weights.size()) != count)
      complain(fmt::format("{} weights for {} images", options.weights.size(), count), "one an image, or none",
               "pass how often each image counts");
    for (const double w : options.weights)
      if (!(w > 0 && std::isfinite(w)))
        complain(fmt::format("weight {}", w), "weights above 0", "leave out what counts 0");
    if (!labels.empty()) sort_by_class(labels);
    meet_others();
    if (options.top < 1 || options.top > whole)
      complain(fmt::format("top {}", options.top), fmt::format("1 to {}, the images", whole), "ask for fewer");
    if (options.device) {
      images = tensor_of(from, {count, size}).to(*options.device);
      // What our kernels say of a part of a set, others cannot be merged with.
      device_scan.emplace(images, options.weights, world().is_alone() ? options.tolerance : 0);
      if (!options.weights.empty()) log_weights = tensor_of(options.weights).log().to(*options.device);
    } else {
      points.emplace(from.data(), static_cast<std::size_t>(count), static_cast<std::size_t>(size), options.weights,
                     threads());
    }
  }

  /// Learns where the images here stand among all, and what those weigh.
  void meet_others() {
    struct Weight {
      std::int64_t label;
      double images;
    };
    const auto sum_of = [&](auto&& ids, std::int64_t images) {
      if (options.weights.empty()) return static_cast<double>(images);
      double sum = 0;
      for (const std::int64_t i : ids) sum += options.weights[static_cast<std::size_t>(i)];
      return sum;
    };
    std::vector<Weight> mine{{-1, sum_of(std::views::iota(std::int64_t{0}, count), count)}};
    for (const auto& [label, ids] : members)
      mine.push_back({label, sum_of(ids, static_cast<std::int64_t>(ids.size()))});
    for (const Weight& w : world().gather(mine)) weights[w.label] += w.images;
    std::vector<std::int64_t> facts{count, members.empty() ? 0 : 1, options.top};
    facts.insert(facts.end(), shape.begin(), shape.end());
    const std::size_t each = facts.size();
    const std::vector<std::int64_t> all = world().gather(facts);
    std::int64_t labelled = 0;
    for (std::size_t rank = 0; rank < all.size() / each; ++rank) {
      const std::int64_t* of = &all[rank * each];
      if (!std::equal(of + 2, of + each, &all[2]))
        complain(fmt::format("top and shape {} on rank {} and {} on rank 0", fmt::join(of + 2, of + each, ","), rank,
                             fmt::join(&all[2], &all[each], ",")),
                 "the same everywhere", "give all processes the same options");
      if (static_cast<int>(rank) < world().rank()) first += of[0];
      whole += of[0];
      if (of[1] != 0) labelled += of[0];
    }
    if (whole == 0) complain("no image on any process", "one image or more", "check what the processes read");
    if (labelled != 0 && labelled != whole)
      complain(fmt::format("labels of {} of {} images", labelled, whole), "one an image everywhere, or none",
               "pass the labels the model was trained with");
  }

  void sort_by_class(const std::vector<std::int64_t>& labels) {
    if (static_cast<std::int64_t>(labels.size()) != count)
      complain(fmt::format("{} labels for {} images", labels.size(), count), "one an image, or none",
               "pass the labels the model was trained with");
    for (std::size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(static_cast<std::int64_t>(i));
    if (const std::int64_t low = members.begin()->first; low < 0)
      complain(fmt::format("label {}", low), "labels of 0 or more", "number the classes from 0");
  }
  /// The images of a class that are here.
  const std::vector<std::int64_t>& members_of(std::int64_t label) const {
    static const std::vector<std::int64_t> none;
    const auto found = members.find(label);
    return found == members.end() ? none : found->second;
  }
  /// How many images here may answer for a class (-1: all).
  std::int64_t here(std::int64_t label) const {
    return label < 0 ? count : static_cast<std::int64_t>(members_of(label).size());
  }
};

/// A question in the units of the images: |z - alpha x|^2 / 2 sigma^2 is |z/alpha - x|^2 / 2 (sigma/alpha)^2.
struct Posterior::Question {
  Tensor z, noise, signal;                                     // float64: [n,d], [n], [n]
  std::vector<std::int64_t> classes;                           // [n]; -1: all images
  Tensor direction = {};                                       // [n,d] or undefined: what a Jacobian is asked for
  Tensor y = {}, s = {};                                       // z / alpha, sigma / alpha
  std::map<std::int64_t, std::vector<std::size_t>> rows = {};  // by class

  /// Works out the rest from the first.
  void divide() {
    y = (z / signal.unsqueeze(1)).contiguous(), s = (noise / signal).contiguous();
    for (std::size_t i = 0; i < classes.size(); ++i) rows[classes[i]].push_back(i);
  }
};

/// What the processes ask together, and which rows of it are this one's: all, where all ask the same.
struct Posterior::Asked {
  Question question;
  std::int64_t first, count;

  Tensor mine(const Tensor& t) const { return t.defined() ? t.narrow(0, first, count) : t; }
};

/// What rounding y = z / alpha does to the weights: a logit's term y.x / s^2 is off by half an ulp of |y| |x| / s^2, but
/// by nothing if alpha is a power of two.
Tensor Posterior::error_of_division(const Question& q, const Optimum& o) {
  const auto square = values_of<double>(q.y.square().sum({1})), s = values_of<double>(q.s),
             most = values_of<double>(o.max_weight), error = values_of<double>(o.error),
             signal = values_of<double>(q.signal);
  std::vector<double> more;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const double longest = std::sqrt(static_cast<double>(q.y.size(1)));
    const double off = kernels::kHalfUlp * std::sqrt(square[i]) * longest / (s[i] * s[i]);
    int power = 0;
    more.push_back(std::frexp(signal[i], &power) == 0.5 ? 0
                                                        : kernels::weights_error(off, 1 - most[i] + error[i], 1, 0));
  }
  return tensor_of(more).to(q.z.device());
}

Posterior::Posterior(const ImageSet& images, const std::vector<std::int64_t>& labels, PosteriorOptions options) {
  if (!options.world || images.count > 0) images.validate("posterior");
  auto data = std::make_shared<Data>();
  data->options = std::move(options), data->shape = {images.channels, images.height, images.width};
  data->pixels = images.pixels;
  data->begin(data->pixels, labels);
  data_ = std::move(data);
}

Posterior::Posterior(std::span<const std::uint8_t> pixels, Shape shape, const std::vector<std::int64_t>& labels,
                     PosteriorOptions options) {
  auto data = std::make_shared<Data>();
  data->options = std::move(options), data->shape = std::move(shape);
  data->begin(pixels, labels);
  data_ = std::move(data);
}

std::int64_t Posterior::count() const { return data_->whole; }

Posterior::Question Posterior::question(const Tensor& z, const Tensor& sigma, const Tensor& alpha,
                                        const Tensor& classes) const {
  const Data& data = *data_;
  const std::int64_t n = z.dim() == 4 ? z.size(0) : -1;
  if (n < 1 || z.sizes().slice(1) != at::IntArrayRef(data.shape))
    complain(fmt::format("images [{}]", fmt::join(z.sizes(), ",")), fmt::format("[N,{}]", fmt::join(data.shape, ",")),
             "pass images of the training set's shape");
  const at::Device device = data.options.device.value_or(at::kCPU);
  const auto per_image = [&](const Tensor& t, std::string_view name) {
    if (t.dim() != 1 || t.size(0) != n)
      complain(fmt::format("{} [{}] for {} images", name, fmt::join(t.sizes(), ","), n), "one number an image",
               "pass a tensor [N]");
    const Tensor numbers = t.to(device, kFloat64);
    expect_safe(numbers, name);
    return numbers;
  };
  Question q{.z = z.detach().to(device, kFloat64).flatten(1).contiguous(),
             .noise = per_image(sigma, "sigma"),
             .signal = alpha.defined() ? per_image(alpha, "alpha") : full({n}, 1, kFloat64, device),
             .classes = std::vector<std::int64_t>(static_cast<std::size_t>(n), -1)};
  if (!q.z.isfinite().all().item().toBool())
    complain("an image with a value that is not finite", "finite images", "look at what made it");
  if (classes.defined()) {
    if (classes.dim() != 1 || classes.size(0) != n)
      complain(fmt::format("classes [{}] for {} images", fmt::join(classes.sizes(), ","), n), "one class an image",
               "pass an int64 tensor [N]");
    q.classes = values_of<std::int64_t>(classes);
    for (const std::int64_t label : q.classes)
      if (label < 0 || !data.weights.contains(label))
        complain(fmt::format("class {}, which no training image carries", label), "a class of the training set",
                 "an empty class has no optimum: leave it out");
  }
  q.divide();
  expect_safe(q.s, "sigma / alpha");
  if (const double most = q.y.abs().max().item().toDouble(); !(most <= kLargest))
    complain(fmt::format("a value of {} in z / alpha", most), fmt::format("at most {}", kLargest),
             "look at what made it");
  return q;
}

Posterior::Asked Posterior::ask_together(Question q) const {
  const World& world = data_->world();
  const std::int64_t n = q.z.size(0), d = q.z.size(1);
  if (world.is_alone()) return {std::move(q), 0, n};
  std::vector<double> numbers;
  const auto add = [&](const Tensor& t) {
    const auto values = values_of<double>(t);
    numbers.insert(numbers.end(), values.begin(), values.end());
  };
  add(q.noise), add(q.signal), add(q.z);
  if (q.direction.defined()) add(q.direction);
  const std::string text(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(double));
  const std::string labels(reinterpret_cast<const char*>(q.classes.data()), q.classes.size() * sizeof(std::int64_t));
  const std::vector<std::string> digests = world.gather(digest(text) + digest(labels));
  if (std::ranges::all_of(digests, [&](const auto& other) { return other == digests[0]; })) return {std::move(q), 0, n};

  const auto rank = static_cast<std::size_t>(world.rank());
  const std::vector<std::int64_t> counts = world.gather(std::vector{n});
  const at::Device device = q.z.device();
  const auto all = [&](const Tensor& t, at::IntArrayRef shape) {
    return tensor_of(world.gather(values_of<double>(t))).reshape(shape).to(device);
  };
  Question together{.z = all(q.z, {-1, d}),
                    .noise = all(q.noise, {-1}),
                    .signal = all(q.signal, {-1}),
                    .classes = world.gather(q.classes)};
  if (q.direction.defined()) together.direction = all(q.direction, {-1, d});
  together.divide();
  std::int64_t first = 0;
  for (std::size_t r = 0; r < rank; ++r) first += counts[r];
  return {std::move(together), first, n};
}

/// What the images here say of a question, as if they were all: LibTorch's operations on a device, else our engine.
detail::Share Posterior::look(const Question& q, PosteriorMemory* memory) const {
  const Data& data = *data_;
  const std::int64_t n = q.z.size(0), d = q.z.size(1), top = data.options.top;
  detail::Share share;
  Optimum& o = share.optimum;
  if (data.points) {
    const auto rows = static_cast<std::size_t>(n), size = static_cast<std::size_t>(d);
    o.denoised = zeros({n, d}, kFloat64);
    auto* mean = static_cast<double*>(o.denoised.mutable_data_ptr());
    const auto *y = q.y.const_data_ptr<double>(), *s = q.s.const_data_ptr<double>();
    std::vector<detail::Answer> answers(rows);
    for (std::size_t i = 0; i < rows; ++i) answers[i].mean = mean + i * size, answers[i].log_sum = detail::kNothing;
    // As many rows as the scan keeps: whole lanes.
    const auto kept = static_cast<std::int64_t>(round_up(rows, detail::kLanes));
    const std::int64_t bounds = kept * data.count * static_cast<std::int64_t>(sizeof(float) + sizeof(std::int32_t));
    const bool remembers = memory && q.rows.size() == 1 && q.rows.begin()->first < 0 && data.options.weights.empty() &&
                           bounds <= data.options.memory;
    if (remembers) {
      const std::int64_t known = kept * (data.count + d) * static_cast<std::int64_t>(sizeof(double));
      memory->state_->bounds.known_most =
          static_cast<std::size_t>(std::min<std::int64_t>((data.options.memory - bounds) / known, detail::kMostKnown));
    }
    for (const auto& [label, some] : q.rows) {
      if (data.here(label) == 0) continue;
      std::vector<detail::Query> queries;
      std::vector<detail::Answer> parts;
      for (const std::size_t i : some) {
        queries.push_back({y + i * size, s[i]});
        parts.push_back(answers[i]);
      }
      std::span<const std::int64_t> members;
      if (label >= 0) members = data.members_of(label);
      detail::scan(*data.points, members, queries, parts,
                   {.tolerance = data.options.tolerance,
                    .top = static_cast<std::size_t>(std::min(top, data.here(label))),
                    .threads = data.threads()},
                   remembers ? &memory->state_->bounds : nullptr);
      for (std::size_t k = 0; k < some.size(); ++k) {
        answers[some[k]] = std::move(parts[k]);
      }
    }
    const auto gather = [&](double detail::Answer::* field) {
      std::vector<double> values;
      for (const auto& a : answers) values.push_back(a.*field);
      return tensor_of(values);
    };
    o.log_sum = gather(&detail::Answer::log_sum), o.entropy = gather(&detail::Answer::entropy);
    o.max_weight = gather(&detail::Answer::max_weight), o.spread = gather(&detail::Answer::spread);
    o.error = gather(&detail::Answer::error), share.log_sum_error = gather(&detail::Answer::log_sum_error);
    // A class with fewer images than `top` repeats its last one with weight 0.
    std::vector<std::int64_t> tops;
    std::vector<double> weights, logits;
    for (auto& a : answers) {
      a.top.resize(static_cast<std::size_t>(top), a.top.empty() ? 0 : a.top.back());
      a.top_weight.resize(a.top.size(), 0), a.top_logit.resize(a.top.size(), detail::kNothing);
      tops.insert(tops.end(), a.top.begin(), a.top.end());
      weights.insert(weights.end(), a.top_weight.begin(), a.top_weight.end());
      logits.insert(logits.end(), a.top_logit.begin(), a.top_logit.end());
    }
    o.top = tensor_of(tops).reshape({n, -1}), o.top_weight = tensor_of(weights).reshape({n, -1});
    share.top_logit = tensor_of(logits).reshape({n, -1});
    o.nearest = o.top.select(1, 0);
    return share;
  }
  const at::Device device = q.z.device();
  std::vector<std::int64_t> order;
  std::vector<detail::Share> parts;
  for (const auto& [label, some] : q.rows) {
    const std::vector<std::int64_t> places(some.begin(), some.end());
    order.insert(order.end(), places.begin(), places.end());
    const auto rows = static_cast<std::int64_t>(places.size());
    if (data.here(label) == 0) {
      const auto nothing = [&](double number = 0) { return full({rows}, number, kFloat64, device); };
      parts.push_back({.optimum = {.denoised = zeros({rows, d}, kFloat64, device),
                                   .score = {},
                                   .noise = {},
                                   .log_sum = nothing(detail::kNothing),
                                   .log_density = {},
                                   .entropy = nothing(),
                                   .max_weight = nothing(),
                                   .spread = nothing(),
                                   .nearest = zeros({rows}, kInt64, device),
                                   .top = zeros({rows, top}, kInt64, device),
                                   .top_weight = zeros({rows, top}, kFloat64, device),
                                   .error = nothing()},
                       .top_logit = full({rows, top}, detail::kNothing, kFloat64, device),
                       .log_sum_error = nothing()});
      continue;
    }
    const Tensor here = tensor_of(places).to(device);
    const Tensor members = label >= 0 ? tensor_of(data.members_of(label)).to(device) : Tensor();
    parts.push_back(
        (*data.device_scan)(members, data.log_weights, q.y.index_select(0, here), q.s.index_select(0, here), top));
    Optimum& part = parts.back().optimum;
    if (const std::int64_t missing = top - part.top.size(1); missing > 0) {
      const Tensor last = part.top.narrow(1, part.top.size(1) - 1, 1);
      part.top = cat({part.top, last.expand({rows, missing})}, 1);
      part.top_weight = cat({part.top_weight, zeros({rows, missing}, kFloat64, device)}, 1);
      if (Tensor& logit = parts.back().top_logit; logit.defined())
        logit = cat({logit, full({rows, missing}, detail::kNothing, kFloat64, device)}, 1);
    }
  }
  const Tensor back = tensor_of(order).argsort().to(device);  // from the classes' order to z's
  const auto join = [&](auto&& field) {
    Tensors pieces;
    for (const detail::Share& part : parts)
      if (field(part).defined()) pieces.push_back(field(part));
    return pieces.empty() ? Tensor() : cat(pieces).index_select(0, back);
  };
  for (const auto field : {&Optimum::denoised, &Optimum::log_sum, &Optimum::entropy, &Optimum::max_weight,
                           &Optimum::spread, &Optimum::nearest, &Optimum::top, &Optimum::top_weight, &Optimum::error})
    o.*field = join([&](const detail::Share& part) { return part.optimum.*field; });
  share.top_logit = join([](const detail::Share& part) { return part.top_logit; });
  share.log_sum_error = join([](const detail::Share& part) { return part.log_sum_error; });
  return share;
}

Optimum Posterior::look_together(const Question& q, PosteriorMemory* memory) const {
  const detail::Share share = look(q, memory);
  return data_->world().is_alone() ? share.optimum : detail::merged(share, data_->first, data_->world());
}

Optimum Posterior::operator()(const Tensor& z, const Tensor& sigma, const Tensor& alpha, const Tensor& classes,
                              PosteriorMemory* memory) const {
  const at::NoGradGuard no_grad;
  const Data& data = *data_;
  const Question q = question(z, sigma, alpha, classes);
  const Asked asked = ask_together(q);
  Optimum o = look_together(asked.question, memory);
  for (const auto field : {&Optimum::denoised, &Optimum::log_sum, &Optimum::entropy, &Optimum::max_weight,
                           &Optimum::spread, &Optimum::nearest, &Optimum::top, &Optimum::top_weight, &Optimum::error})
    o.*field = asked.mine(o.*field);
  if (alpha.defined()) o.error = o.error + error_of_division(q, o);
  const Tensor left = q.z - o.denoised * q.signal.unsqueeze(1);
  o.noise = (left / q.noise.unsqueeze(1)).reshape(z.sizes());
  o.score = (-left / q.noise.square().unsqueeze(1)).reshape(z.sizes());
  o.denoised = o.denoised.reshape(z.sizes());
  std::vector<double> counts;  // images, each as often as it counts
  for (const std::int64_t label : q.classes) counts.push_back(data.weights.at(label));
  o.log_density = o.log_sum - tensor_of(counts).log().to(q.z.device()) -
                  (q.noise.square() * (2 * std::numbers::pi)).log() * (0.5 * static_cast<double>(q.z.size(1)));
  return o;
}

Tensor Posterior::jacobian_product(const Tensor& z, const Tensor& sigma, const Tensor& v, const Tensor& alpha,
                                   const Tensor& classes) const {
  constexpr std::int64_t kTile = 1024;
  const at::NoGradGuard no_grad;
  const Data& data = *data_;
  if (v.sizes() != z.sizes())
    complain(fmt::format("v [{}] for images [{}]", fmt::join(v.sizes(), ","), fmt::join(z.sizes(), ",")),
             "one direction an image", "pass a tensor of z's shape");
  Question mine = question(z, sigma, alpha, classes);
  mine.direction = v.to(mine.z.device(), kFloat64).flatten(1);
  const Asked asked = ask_together(std::move(mine));
  const Question& q = asked.question;
  const Optimum o = look_together(q, nullptr);
  const Tensor mean = o.denoised;
  Tensor product = zeros_like(mean), weights = zeros_like(q.s);  // of w t x and w t, t = (x - mean).v
  for (const auto& [label, some] : q.rows) {
    const Tensor here = tensor_of(std::vector<std::int64_t>(some.begin(), some.end())).to(q.z.device());
    const auto rows = [&](const Tensor& t) { return t.index_select(0, here); };
    const Tensor y = rows(q.y), rate = rows(q.s).square().mul(-2.0).reciprocal().unsqueeze(1);
    const Tensor along = (rows(mean) * rows(q.direction)).sum({1}, true), total = rows(o.log_sum).unsqueeze(1);
    const std::int64_t members = data.here(label);
    Tensor sum = zeros_like(y), weight = zeros_like(along);
    for (std::int64_t first = 0; first < members; first += kTile) {
      const std::int64_t size = std::min(kTile, members - first);
      std::vector<std::int64_t> ids(static_cast<std::size_t>(size));
      for (std::int64_t i = 0; i < size; ++i)
        ids[static_cast<std::size_t>(i)] =
            label < 0 ? first + i : data.members_of(label)[static_cast<std::size_t>(first + i)];
      const Tensor x = data.on_unit(ids);  // [t,d]
      Tensor logit = at::_ops::cdist::call(y, x, 2.0, 2).square() * rate - total;
      if (!data.options.weights.empty()) {
        std::vector<double> logs;
        for (const std::int64_t i : ids) logs.push_back(std::log(data.options.weights[static_cast<std::size_t>(i)]));
        logit = logit + tensor_of(logs).to(q.z.device()).unsqueeze(0);
      }
      const Tensor t = logit.exp() * (rows(q.direction).matmul(x.t()) - along);  // [rows,t]
      sum = sum + t.matmul(x), weight = weight + t.sum({1}, true);
    }
    product.index_copy_(0, here, sum), weights.index_copy_(0, here, weight.flatten());
  }
  const World& world = data.world();
  const auto of_all = [&](const Tensor& t) {
    if (world.is_alone()) return t;
    const Tensor all = tensor_of(world.gather(values_of<double>(t))).reshape({world.size(), -1});
    return all.sum({0}).reshape(t.sizes()).to(t.device());
  };
  product = (of_all(product) - of_all(weights).unsqueeze(1) * mean) * (q.signal / q.noise.square()).unsqueeze(1);
  return asked.mine(product).reshape(z.sizes());
}

}  // namespace diffmem
