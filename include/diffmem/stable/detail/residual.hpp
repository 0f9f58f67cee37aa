// SPDX-License-Identifier: MIT
// What the U-Net and the autoencoder are both made of.
#pragma once
#include <diffmem/stable/layers.hpp>

#include <string>

namespace diffmem::stable {

/// Operations and values of one image, as layers add them.
struct Cost {
  double operations = 0, values = 0;

  void add(const Conv& conv, double pixels) {
    if (!conv.weight.defined()) return;
    operations += 2 * static_cast<double>(conv.weight.numel()) * pixels;
    values += static_cast<double>(conv.weight.size(0)) * pixels;
  }
  void add(const Linear& linear, double rows) {
    if (!linear.weight.defined()) return;
    operations += 2 * static_cast<double>(linear.weight.numel()) * rows;
    values += static_cast<double>(linear.weight.size(0)) * rows;
  }
};

/// Norm and activation before each convolution.
struct Normed {
  int groups = 32;
  double eps = 1e-6;
  std::string act = "silu";
};

/// h = conv1(act(norm1 x)) [+ time_emb_proj(act emb)];  (conv2(act(norm2 h)) + shortcut x) / scale.
struct Residual {
  GroupNorm norm1, norm2;
  Conv conv1, conv2, shortcut;
  Linear time;  ///< undefined without an embedding
  std::string act;
  double scale = 1;

  /// `embedding`: width of emb; 0: none.
  Residual(Leaves& leaves, const std::string& name, int in, int out, int embedding, const Normed& normed,
           double scale = 1)
      : act(normed.act), scale(scale) {
    norm1 = GroupNorm(leaves, name + ".norm1", in, normed.groups, normed.eps);
    conv1 = Conv(leaves, name + ".conv1", in, out, 3, 1, 1);
    if (embedding > 0) time = Linear(leaves, name + ".time_emb_proj", embedding, out);
    norm2 = GroupNorm(leaves, name + ".norm2", out, normed.groups, normed.eps);
    conv2 = Conv(leaves, name + ".conv2", out, out, 3, 1, 1);
    if (in != out) shortcut = Conv(leaves, name + ".conv_shortcut", in, out, 1, 1, 0);
  }

  /// x [B,in,H,W]; emb [B,embedding], activated.                                                        -> [B,out,H,W]
  Tensor operator()(const Tensor& x, const Tensor& emb = {}) const {
    Tensor h = conv1(activation(act, norm1(x)));
    if (time.weight.defined()) h = h + time(emb).unsqueeze(-1).unsqueeze(-1);
    h = conv2(activation(act, norm2(h)));
    const Tensor sum = (shortcut.weight.defined() ? shortcut(x) : x) + h;
    return scale == 1 ? sum : sum / scale;
  }
  void count(Cost& cost, double pixels) const {
    cost.add(conv1, pixels), cost.add(conv2, pixels), cost.add(shortcut, pixels), cost.add(time, 1);
  }
};

}  // namespace diffmem::stable
