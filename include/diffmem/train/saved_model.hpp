// SPDX-License-Identifier: MIT
// Models in files: weights, and in the metadata all that sampling needs to know.
#pragma once
#include <diffmem/net/weights.hpp>
#include <diffmem/train/menu.hpp>
#include <diffmem/train/model.hpp>

#include <string_view>

namespace diffmem {

/// The file of a model: weights_of its network, and in the metadata each policy's word ("schedule" = "vp") and
/// parameters ("schedule.beta_d" = "19.9").
SafeTensors weights_of(const UNetModel& model);

/// What a file says of its model.
///
///     const SafeTensors file = read_safetensors("weights.safetensors");
///     const SavedModel saved = saved_model(file);
///     Model<AnyDesign> model(saved.design, saved.net);
///     load_weights(model.net(), file);
struct SavedModel {
  AnyDesign design;  ///< the menus' first where the file says nothing
  UNetConfig net;
};

/// Reads what weights_of or tools/edm_to_safetensors wrote; the tensors' names begin with `prefix`.
///
/// Error if the network cannot be read (network_of), a policy's parameter is unknown, of another type or out of range,
/// or the tensors are not the network's (check_weights).  NotSupported if no menu has one of the policies.
SavedModel saved_model(const SafeTensors& file, std::string_view prefix = "");

}  // namespace diffmem
