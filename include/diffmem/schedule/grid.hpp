// SPDX-License-Identifier: MIT
// Sampling grids: the noise levels at which a sampler stops (Karras et al. 2022, Table 1, "time steps").
#pragma once
#include <vector>

namespace diffmem {

// Each returns n levels that fall strictly from sigma_max to sigma_min, then 0: n+1 values.  Error unless n is 1 to 1e6 and
// 0 < sigma_min < sigma_max < infinity.  One level (n = 1) is sigma_max.

/// sigma_i = (sigma_max^(1/rho) + i/(n-1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho, rho > 0 (EDM).
std::vector<double> rho_grid(int n, double sigma_min, double sigma_max, double rho = 7);

/// Times t_i evenly spaced from 1 down to epsilon, on the VP path through both ends; 0 < epsilon < 1.
std::vector<double> vp_grid(int n, double sigma_min, double sigma_max, double epsilon = 1e-3);

/// sigma_i^2 = sigma_max^2 (sigma_min^2 / sigma_max^2)^(i/(n-1)): evenly spaced logarithms (VE).
std::vector<double> ve_grid(int n, double sigma_min, double sigma_max);

/// n of the iDDPM's noise levels u_j within [sigma_min, sigma_max], at evenly spaced places of their list; the ends are
/// the levels next to the bounds.  u_m = 0 and u_{j-1}^2 = (u_j^2 + 1) / max(a_{j-1}/a_j, c1) - 1, with
/// a_j = sin^2(pi j / (2 m (c2 + 1))).  Error also if there are fewer than n such levels.
std::vector<double> iddpm_grid(int n, double sigma_min, double sigma_max, double c1 = 0.001, double c2 = 0.008,
                               int m = 1000);

}  // namespace diffmem
