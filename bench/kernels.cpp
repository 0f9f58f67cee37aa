// SPDX-License-Identifier: MIT
// Single kernels beside LibTorch's operations: group norm with SiLU on images of 33 MB, and the optimiser's step on the
// paper's 35 million parameters, each verified before it is timed, as seconds and as bytes moved against a copy's.
#include "bench.hpp"

#include <diffmem/core/crew.hpp>
#include <diffmem/core/random.hpp>
#include <diffmem/kernels/adam.hpp>
#include <diffmem/kernels/group_norm.hpp>
#include <diffmem/net/unet.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/_foreach_lerp_ops.h>
#include <ATen/ops/_fused_adam_ops.h>
#include <ATen/ops/group_norm_ops.h>

using namespace diffmem;

namespace {

constexpr std::string_view kUsage =
    "kernels [name=value...]\n"
    "  threads=0       0: one per core\n"
    "  repeat=15       timed times of each, in turns\n"
    "  json=FILE       the figures";

struct Settings {
  int threads = 0, repeat = 15;
  std::string json;
  template <class Self, class Visit>
  static void each(Self& s, Visit&& visit) {
    visit("threads", s.threads), visit("repeat", s.repeat), visit("json", s.json);
  }
};

/// Something to time.
struct Way {
  std::string name;
  std::function<void()> act;
  double bytes = 0;  ///< that it must move
  std::vector<double> seconds = {};
};

Tensor normal(at::IntArrayRef shape, std::uint64_t index) {
  Tensor t = empty(shape);
  RandomStream(1, Stream::init, index)
      .fill_normal(std::span(t.mutable_data_ptr<float>(), static_cast<std::size_t>(t.numel())));
  return t;
}

double apart(const Tensor& got, const Tensor& want) { return ((got - want).norm() / want.norm()).item().toDouble(); }
void verify(std::string_view what, double off, double bound) {
  if (!(off <= bound))
    throw Error("kernels", fmt::format("{}: {:.2g} from the plain one", what, off),
                fmt::format("{:.0e} at most", bound), "mend the kernel");
}

constexpr int kGroups = 32;

/// Group norm and SiLU by our kernel, forward and with the gradient.
struct Ours {
  Tensor x, weight, bias, moments, grad_x, grad_weight, grad_bias;
  kernels::NormLaw law;
  std::ptrdiff_t pixels;

  Ours(const Tensor& images, const Tensor& w, const Tensor& b)
      : x(images),
        weight(w),
        bias(b),
        moments(empty({x.size(0), kGroups, 2})),
        law{.channels = static_cast<int>(x.size(1)),
            .groups = kGroups,
            .silu = true,
            .weight = w.const_data_ptr<float>(),
            .bias = b.const_data_ptr<float>()},
        pixels(x.size(2) * x.size(3)) {}

  kernels::Pieces<const float> image(std::int64_t n) const {
    return {{x.const_data_ptr<float>() + n * pixels * law.channels, nullptr}, {law.channels, 0}};
  }
  float* moments_of(std::int64_t n) { return moments.mutable_data_ptr<float>() + 2 * n * kGroups; }

  Tensor forward() {
    Tensor y = empty_images(x.sizes());
    float* out = y.mutable_data_ptr<float>();
    detail::share(at::get_num_threads(), static_cast<std::size_t>(x.size(0)), [&](std::size_t i) {
      const auto n = static_cast<std::int64_t>(i);
      kernels::group_moments<float>(law, image(n), pixels, moments_of(n));
      kernels::norm_forward<float>(law, moments_of(n), image(n), nullptr, 1, pixels, out + n * pixels * law.channels, 0,
                                   law.channels);
    });
    return y;
  }
  /// `grad` is used up.
  void backward(const Tensor& grad) {
    const std::int64_t images = x.size(0), c = law.channels;
    grad_x = empty_images(x.sizes());
    const Tensor weights = empty({images, c}), biases = empty({images, c});
    float *g = grad.mutable_data_ptr<float>(), *gx = grad_x.mutable_data_ptr<float>(),
          *gw = weights.mutable_data_ptr<float>(), *gb = biases.mutable_data_ptr<float>();
    detail::share(at::get_num_threads(), static_cast<std::size_t>(images), [&](std::size_t i) {
      const auto n = static_cast<std::int64_t>(i);
      kernels::norm_backward<float>(law, moments_of(n), image(n), nullptr, pixels, g + n * pixels * c,
                                    {{gx + n * pixels * c, nullptr}, {law.channels, 0}}, gw + n * c, gb + n * c);
    });
    grad_weight = weights.sum({0}), grad_bias = biases.sum({0});
  }
};

Tensor two_calls(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return silu(at::_ops::group_norm::call(x, kGroups, weight, bias, 1e-6, true));
}

void time_all(std::vector<Way>& ways, int repeat) {
  for (Way& way : ways) way.act();
  for (int r = 0; r < repeat; ++r)
    for (Way& way : ways) way.seconds.push_back(bench::seconds_of(way.act));
}

nlohmann::ordered_json told(const std::vector<Way>& ways, double copy) {
  nlohmann::ordered_json json;
  for (const Way& way : ways) {
    const double median = bench::median_of(way.seconds);
    fmt::print("{:44} {:8.2f} ms", way.name, 1e3 * median);
    json[way.name] = {{"median_s", median}, {"seconds", way.seconds}};
    if (way.bytes > 0) {
      fmt::print("  {:6.1f} GB/s, {:3.0f} % of a copy's", 1e-9 * way.bytes / median, 100 * way.bytes / median / copy);
      json[way.name]["bytes_per_s"] = way.bytes / median, json[way.name]["of_copy"] = way.bytes / median / copy;
    }
    fmt::print("\n");
  }
  return json;
}

int run(const Settings& s) {
  if (s.threads > 0)
    at::set_num_threads(s.threads);
  else
    at::set_num_threads(available_cores());
  nlohmann::ordered_json json;
  const Shape shape = {64, 128, 32, 32};
  const Tensor x = normal(shape, 1), last = x.contiguous(at::MemoryFormat::ChannelsLast), weight = normal({128}, 2),
               bias = normal({128}, 3), seed = normal(shape, 4).contiguous(at::MemoryFormat::ChannelsLast);
  Ours ours(last, weight, bias);
  const double bytes = 4.0 * static_cast<double>(x.numel());

  // Under the default allocator first: set_up_runtime() cannot be taken back.
  std::vector<Way> before{{"two calls, glibc as it is", [&] { two_calls(x, weight, bias); }},
                          {"ours, glibc as it is", [&] { ours.forward(); }}};
  {
    const at::NoGradGuard no_grad;
    verify("group norm and SiLU", apart(ours.forward(), two_calls(x, weight, bias)), 1e-6);
    time_all(before, s.repeat);
  }
  set_up_runtime({.threads = s.threads});
  const int threads = at::get_num_threads();
  json = bench::facts(threads);
  fmt::print("{} threads, {}\n", threads, cpu_name());

  const Tensor copied = diffmem::empty(shape);
  const auto copy_pass = [&] { copied.copy_(x); };
  std::vector<Way> forward{{"copy", copy_pass},
                           {"two calls, NCHW", [&] { two_calls(x, weight, bias); }},
                           {"two calls, channels_last", [&] { two_calls(last, weight, bias); }},
                           {"ours", [&] { ours.forward(); }, 2 * bytes}};
  {
    const at::NoGradGuard no_grad;
    time_all(forward, s.repeat);
  }
  const double copy = 2 * bytes / bench::median_of(forward.front().seconds);

  const Tensor leaf = last.clone().requires_grad_(true), w = weight.clone().requires_grad_(true),
               b = bias.clone().requires_grad_(true), used = seed.clone();
  const auto peer_both = [&] {
    for (const Tensor* t : {&leaf, &w, &b}) t->mutable_grad() = Tensor();
    two_calls(leaf, w, b).backward(seed);
  };
  const auto our_both = [&] {
    const at::NoGradGuard no_grad;
    used.copy_(seed);  // it is used up
    ours.forward();
    ours.backward(used);
  };
  peer_both(), our_both();
  verify("gradient of x", apart(ours.grad_x, leaf.grad()), 2e-6);
  verify("gradient of the weight", apart(ours.grad_weight, w.grad()), 2e-5);
  verify("gradient of the bias", apart(ours.grad_bias, b.grad()), 2e-5);
  std::vector<Way> both{{"two calls, channels_last, with the gradient", peer_both},
                        {"ours, with the gradient", our_both, 8 * bytes}};
  time_all(both, s.repeat);

  // The optimiser's step on the paper's network.
  const at::NoGradGuard no_grad;
  Tensors params[2][5];  // of ours and of theirs: weights, gradients, both moments, average
  const UNet paper({}, SkipMask::all(), at::kMeta);
  std::uint64_t index = 10;
  for (const auto& [name, at_meta] : paper.parameters())
    for (int k = 0; k < 5; ++k) {
      const Tensor t = k == 3 ? normal(at_meta.sizes(), index++).square() : normal(at_meta.sizes(), index++);
      params[0][k].push_back(t), params[1][k].push_back(t.clone());
    }
  Tensors steps;
  for (std::size_t i = 0; i < params[0][0].size(); ++i) steps.push_back(zeros({}));
  std::int64_t count = 0;
  const auto ours_step = [&](Tensors(&p)[5]) {
    if (!kernels::all_finite(p[1])) throw Error("kernels", "a gradient that is not finite", "finite ones", "");
    adam_ema(p[0], p[1], p[2], p[3], p[4], {.lr = 1e-4, .count = ++count, .ema = 0.999});
  };
  const auto theirs_step = [&](Tensors(&p)[5]) {
    at::_ops::_fused_adam_::call(p[0], p[1], p[2], p[3], {}, steps, 1e-4, 0.9, 0.999, 0, 1e-8, false, false,
                                 std::nullopt, std::nullopt);
    at::_ops::_foreach_lerp__Scalar::call(p[4], p[0], 1e-3);
  };
  for (Tensor& step : steps) step.fill_(1);
  ours_step(params[0]), theirs_step(params[1]);
  double off = 0;
  for (const int k : {0, 4})
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (const double each = apart(params[0][k][i], params[1][k][i]); !(each <= off)) off = each;
  verify("Adam and the average", off, 1e-6);
  const double all = 4.0 * static_cast<double>(paper.parameter_count());
  std::vector<Way> adam{{"fused Adam and foreach average", [&] { theirs_step(params[1]); }},
                        {"ours, with the gradients' check", [&] { ours_step(params[0]); }, 10 * all}};
  time_all(adam, s.repeat);

  json["group_norm_silu_default_allocator"] = told(before, copy);
  json["group_norm_silu"] = told(forward, copy);
  json["group_norm_silu_gradient"] = told(both, copy);
  json["adam"] = told(adam, copy);
  json["copy_bytes_per_s"] = copy;
  const auto ratio = [](const Way& theirs, const Way& mine) {
    return bench::median_of(theirs.seconds) / bench::median_of(mine.seconds);
  };
  fmt::print(
      "group norm and SiLU: {:.2f} times as fast under glibc as it is, {:.2f} with large blocks kept (NCHW), {:.2f} "
      "with the gradient (channels_last); Adam and average: {:.2f} times\n",
      ratio(before[0], before[1]), ratio(forward[1], forward[3]), ratio(both[0], both[1]), ratio(adam[0], adam[1]));
  if (!s.json.empty()) write_file_atomically(s.json, json.dump(1) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::main_of<Settings>("kernels", kUsage, 0, argc, argv,
                                  [](const auto&, const Settings& settings) { return run(settings); });
}
