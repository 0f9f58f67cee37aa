// SPDX-License-Identifier: MIT
#include <diffmem/core/crew.hpp>
#include <diffmem/kernels/adam.hpp>
#include <diffmem/kernels/clones.hpp>

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <vector>

namespace diffmem {
namespace kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 14;  // values a thread takes at a time

/// Values begin ... end-1 of a leaf.
struct Part {
  std::size_t leaf;
  std::int64_t begin, end;
};
/// visit(part) for all leaves' values, by all threads at once: many leaves are small.
template <class Visit>
void in_parts(const Tensors& leaves, Visit&& visit) {
  std::vector<Part> parts;
  double values = 0;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::int64_t size = leaves[i].numel();
    values += static_cast<double>(size);
    for (std::int64_t begin = 0; begin < size; begin += kGrain)
      parts.push_back({i, begin, std::min(begin + kGrain, size)});
  }
  detail::share(detail::worthwhile(at::get_num_threads(), 20 * values), parts.size(),
                [&](std::size_t i) { visit(parts[i]); });
}

// No two of the five may overlap.  What g++ 12 needs to vectorise it:
// `ivdep`, for five arrays could overlap in too many ways, and a square root that is not a function of <cmath>, in a file
// compiled with -fno-math-errno (CMakeLists.txt): as an attribute that does not reach the root.
DIFFMEM_CLONES_ALIKE void update(float* w, const float* g, float* m, float* v, float* average, std::int64_t n,
                                 const AdamRates r) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] + r.l2 * w[i];
    m[i] = r.keep1 * m[i] + r.take1 * gradient;
    v[i] = r.keep2 * v[i] + r.take2 * gradient * gradient;
    w[i] = r.keep_w * w[i] - r.step_size * m[i] / (__builtin_sqrtf(v[i]) * r.root + r.eps);
    average[i] = r.keep_ema * average[i] + r.take_ema * w[i];
  }
}

// All exponent bits set: infinite or NaN.
DIFFMEM_CLONES bool finite(const float* x, std::int64_t n) {
  std::uint32_t bad = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    bad |= (bits & 0x7F800000u) == 0x7F800000u;
  }
  return bad == 0;
}

}  // namespace

void adam_ema_plain(const Tensors& weights, const Tensors& gradients, const Tensors& m, const Tensors& v,
                    const Tensors& average, const AdamStep& s) {
  const at::NoGradGuard no_grad;
  const double correct1 = 1 - std::pow(s.beta1, double(s.count)), correct2 = 1 - std::pow(s.beta2, double(s.count));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Tensor g = s.l2 == 0 ? gradients[i] : gradients[i].add(weights[i], s.l2);
    m[i].mul_(s.beta1).add_(g, 1 - s.beta1);
    v[i].mul_(s.beta2).addcmul_(g, g, 1 - s.beta2);
    weights[i]
        .mul_(1 - s.lr * s.decay)
        .addcdiv_(m[i], v[i].sqrt().div(std::sqrt(correct2)).add(s.eps), -s.lr / correct1);
    average[i].mul_(s.ema).add_(weights[i], 1 - s.ema);
  }
}

void adam_ema_cpu(const Tensors& weights, const Tensors& gradients, const Tensors& m, const Tensors& v,
                  const Tensors& average, const AdamStep& step) {
  const auto rates = AdamRates::of(step);
  in_parts(weights, [&](const Part& p) {
    const auto at = [&](const Tensors& list) { return list[p.leaf].mutable_data_ptr<float>() + p.begin; };
    update(at(weights), gradients[p.leaf].const_data_ptr<float>() + p.begin, at(m), at(v), at(average), p.end - p.begin,
           rates);
  });
  // Written behind LibTorch's back; what was packed from them is made again.
  for (const Tensors* list : {&weights, &average})
    for (const Tensor& t : *list) t.unsafeGetTensorImpl()->bump_version();
}

bool all_finite(const Tensors& tensors) {
  Tensors ours;  // the others by LibTorch
  for (const Tensor& t : tensors) {
    if (t.is_cpu() && t.scalar_type() == kFloat32 && t.is_contiguous())
      ours.push_back(t);
    else if (!t.isfinite().all().item().toBool())
      return false;
  }
  std::atomic<bool> all{true};
  in_parts(ours, [&](const Part& p) {
    if (!finite(ours[p.leaf].const_data_ptr<float>() + p.begin, p.end - p.begin)) all = false;
  });
  return all;
}

}  // namespace kernels

void adam_ema(const Tensors& weights, const Tensors& gradients, const Tensors& m, const Tensors& v,
              const Tensors& average, const AdamStep& step) {
  const auto fits = [&](const Tensors& list) {
    for (std::size_t i = 0; i < list.size(); ++i)
      if (const Tensor& t = list[i];
          !t.is_cpu() || t.scalar_type() != kFloat32 || !t.is_contiguous() || t.numel() != weights[i].numel())
        return false;
    return list.size() == weights.size();
  };
  const bool fast = fits(weights) && fits(gradients) && fits(m) && fits(v) && fits(average);
  (fast ? kernels::adam_ema_cpu : kernels::adam_ema_plain)(weights, gradients, m, v, average, step);
}

}  // namespace diffmem
