// SPDX-License-Identifier: MIT
// The posterior over a training set, given noisy images, and with it the closed-form optimum of denoising score
// matching (paper Eqs. 2, 26, 30, 31, 60): what a model that has learnt its objective perfectly would say.
#pragma once
#include <diffmem/core/tensor.hpp>
#include <diffmem/data/image_set.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace diffmem {

class World;
namespace detail {
struct Share;
}

/// What the posterior says of N noisy images z = alpha x + sigma eps.  The weight of training image n is
/// w_n = softmax_n(-|z - alpha x_n|^2 / 2 sigma^2); x_n is on [-1, 1]; d = C*H*W.  All float64 but nearest and top.
struct Optimum {
  Tensor denoised;     ///< D*(z) = sum_n w_n x_n, Eq. 30                                          [N,C,H,W]
  Tensor score;        ///< (alpha D* - z) / sigma^2, the gradient of log_density in z, Eq. 2     [N,C,H,W]
  Tensor noise;        ///< (z - alpha D*) / sigma = -sigma score, the optimal eps, Eq. 26        [N,C,H,W]
  Tensor log_sum;      ///< log sum_n exp(-|z - alpha x_n|^2 / 2 sigma^2): merges parts of a set  [N]
  Tensor log_density;  ///< log p(z) = log_sum - log count - d/2 log(2 pi sigma^2)                [N]
  Tensor entropy;      ///< -sum_n w_n log w_n; e to it is the effective number of images  [nats] [N]
  Tensor max_weight;   ///< largest w_n                                                           [N]
  Tensor spread;       ///< tr Cov_w = sum_n w_n |x_n - D*|^2                                     [N]
  Tensor nearest;      ///< int64: the image with that weight, the lowest index of equal ones     [N]
  Tensor top;          ///< int64: the images of the largest weights, falling                     [N,top]
  Tensor top_weight;   ///< their weights                                                         [N,top]
  Tensor error;        ///< proved bound on the total variation between the weights used and the true ones, float64's
                       ///< rounding of the logits included: it bounds the error of every value of denoised by twice
                       ///< itself, and of no other field                                           [N]
};

/// How a Posterior computes.
struct PosteriorOptions {
  /// Of Optimum::error.  Within it images are left out whose weights cannot matter, and products are sums of 8-bit
  /// digits; where that does not do, the scan is repeated with more digits, and then in float64.  0: float64 throughout.
  /// Where several images share the weight and float64 cannot reach it, error is above it: of 32x32x3 with z farther than
  /// some ten million sigma from them all (some thousand where LibTorch computes), or with sigma / alpha below some 1e-3
  /// and an alpha that is no power of two.
  double tolerance = 1e-6;
  std::int64_t top = 1;              ///< entries of Optimum::top, at most the number of images
  std::vector<double> weights = {};  ///< how often each image counts, above 0; empty: once
  int threads = 0;                   ///< 0: LibTorch's
  /// Where to compute, if not by our own engine on the CPU.  CUDA: our own kernels, and what they cannot prove to be within
  /// the tolerance by LibTorch's operations in float64; at once they take up to 1 GiB, 12 bytes an image and query.  Another
  /// device, a build without CUDA: those operations alone.
  std::optional<at::Device> device = {};
  /// Bytes that a PosteriorMemory may take: bounds and weights, 8 an image and query, of whole sixteens of queries (where
  /// that is more, it is not used), and known products, 4 or 8 an image and query each, as many as there is room for at 8,
  /// up to eight.
  std::int64_t memory = std::int64_t{1} << 30;
  /// Processes each of which holds some of the training set, numbered one after the other by rank (null: none but this),
  /// so that all of it may be more than one machine has memory for.  It must live as long as the Posterior.
  const World* world = nullptr;
};

/// What is known of the distances from one batch of images, of their products with the training images, and of these
/// images' weights, so that the next question about images near them, such as a sampler's next step, looks at few training
/// images or takes fewer products.  It changes no result beyond the tolerance.
class PosteriorMemory {
 public:
  PosteriorMemory();
  ~PosteriorMemory();
  PosteriorMemory(PosteriorMemory&&) noexcept;
  PosteriorMemory& operator=(PosteriorMemory&&) noexcept;

 private:
  friend class Posterior;
  struct State;
  std::unique_ptr<State> state_;
};

/// The posterior over a training set, in one pass over it: log-sum-exp runs online over tiles.  Memory: a few MB a
/// thread, 12 bytes an image (16 more with weights, 8 with labels), and numbers in the order of N d.
///
///     Posterior posterior(images);
///     Optimum optimum = posterior(z, sigma);   // optimum.denoised, optimum.score, ...
///
/// Over the processes of a world (PosteriorOptions::world) all of them make one, each of its images, none too, with the
/// same top, and ask as often, all the same or each its own.  What is answered is about all images, indices included;
/// where all ask the same, it is the same to the last bit.  8 bytes a value of z go from each process whose images have
/// weight there to all others.  error includes what merging adds, and may be above the tolerance by it where processes
/// share the weight: some 10^-14 of |z - alpha x|^2 / sigma^2.  On a CUDA device LibTorch's operations compute.
class Posterior {
 public:
  /// `labels` has one class an image, for the class-conditional optimum (Eq. 60), or is empty.  The pixels are copied.
  /// Error if there is no image, or a label or weight is missing or out of range.
  explicit Posterior(const ImageSet& images, const std::vector<std::int64_t>& labels = {},
                     PosteriorOptions options = {});
  /// The same over pixels [M,C,H,W] of `shape` [C,H,W] that stay where they are, such as a mapped file's, and must live as
  /// long as this.
  Posterior(std::span<const std::uint8_t> pixels, Shape shape, const std::vector<std::int64_t>& labels = {},
            PosteriorOptions options = {});

  /// z [N,C,H,W]; sigma [N], above 0; alpha [N], above 0, or undefined for 1; no value of |z / alpha| above 1e30, and
  /// sigma, alpha and sigma / alpha between 1e-30 and 1e30, where float64 is safe; classes int64 [N]: each sum runs
  /// over the images that carry that label, or undefined: over all.  `memory`, if any, is used and brought up to date;
  /// not with classes or weights.
  /// Error if a shape does not fit, a number is out of range, or a class carries no image: it has no optimum.
  Optimum operator()(const Tensor& z, const Tensor& sigma, const Tensor& alpha = {}, const Tensor& classes = {},
                     PosteriorMemory* memory = nullptr) const;

  /// The Jacobian of D* in z times v: (alpha/sigma^2) Cov_w v.  In float64, every image looked at.       -> [N,C,H,W]
  Tensor jacobian_product(const Tensor& z, const Tensor& sigma, const Tensor& v, const Tensor& alpha = {},
                          const Tensor& classes = {}) const;

  /// Training images.
  std::int64_t count() const;

 private:
  struct Data;
  struct Question;
  struct Asked;
  static Tensor error_of_division(const Question& question, const Optimum& optimum);
  Question question(const Tensor& z, const Tensor& sigma, const Tensor& alpha, const Tensor& classes) const;
  Asked ask_together(Question question) const;
  detail::Share look(const Question& question, PosteriorMemory* memory) const;
  Optimum look_together(const Question& question, PosteriorMemory* memory) const;
  std::shared_ptr<const Data> data_;
};

}  // namespace diffmem
