// SPDX-License-Identifier: MIT
// The posterior over a training set, given noisy images, and with it the closed-form optimum of denoising score
// matching (paper Eqs. 2, 26, 30, 31, 60): what a model that has learnt its objective perfectly would say.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/data/image_set.hpp>

#include <cstdint>
#include <vector>

namespace diffmem {

/// What the posterior says of N noisy images z = alpha x + sigma eps.  The weight of training image n is
/// w_n = softmax_n(-|z - alpha x_n|^2 / 2 sigma^2); x_n is on [-1, 1]; d = C*H*W.
struct Optimum {
  Tensor denoised;     ///< D*(z) = sum_n w_n x_n, Eq. 30                                          [N,C,H,W]
  Tensor score;        ///< (alpha D* - z) / sigma^2, the gradient of log_density in z, Eq. 2     [N,C,H,W]
  Tensor log_sum;      ///< log sum_n exp(-|z - alpha x_n|^2 / 2 sigma^2): merges parts of a set  [N]
  Tensor log_density;  ///< log p(z) = log_sum - log count - d/2 log(2 pi sigma^2)                [N]
  Tensor entropy;      ///< -sum_n w_n log w_n                          [nats]                    [N]
  Tensor max_weight;   ///< largest w_n                                                           [N]
  Tensor nearest;      ///< int64: the image with that weight, the lowest index of equal ones     [N]
};

/// How a Posterior computes; the results do not depend on `tile` but for rounding.
struct PosteriorOptions {
  /// float64, or float32 at half the time.  In float32 -|z - alpha x|^2 / 2 sigma^2 is off by 1e-6 of itself, which
  /// moves the weights once it exceeds 1e4: with 3072 values and two close images, below sigma = 0.2.
  at::ScalarType dtype = kFloat64;
  std::int64_t tile = 1024;      ///< training images in float at a time
  at::Device device = at::kCPU;  ///< where the images lie and the work is done
};

/// The posterior over a training set.  Exact: every image enters every sum, distances are sums of squared differences
/// (never |a|^2 + |b|^2 - 2ab), and log-sum-exp runs online over tiles.  Memory: the images as uint8, and numbers in the
/// order of (N + tile) d + N tile.
///
///     Posterior posterior(images);
///     Optimum optimum = posterior(z, sigma);   // optimum.denoised, optimum.score, ...
class Posterior {
 public:
  /// `labels` has one class an image, for the class-conditional optimum (Eq. 60), or is empty.
  /// Error if there is no image, or a label is missing or negative.
  explicit Posterior(const ImageSet& images, std::vector<std::int64_t> labels = {}, PosteriorOptions options = {});

  /// z [N,C,H,W]; sigma [N], above 0; alpha [N], above 0, or undefined for 1; classes int64 [N]: each sum runs over the
  /// images that carry that label, or undefined: over all.  The results have the options' dtype, on its device.
  /// Error if a shape does not fit, a sigma or alpha is not above 0, or a class carries no image: it has no optimum.
  Optimum operator()(const Tensor& z, const Tensor& sigma, const Tensor& alpha = {}, const Tensor& classes = {}) const;

  /// Training images.
  std::int64_t count() const { return images_.size(0); }

 private:
  PosteriorOptions options_;
  Shape shape_;                  // [C,H,W]
  Tensor images_;                // uint8 [M,d]
  std::vector<Tensor> members_;  // by class: int64 indices of its images
};

}  // namespace diffmem
