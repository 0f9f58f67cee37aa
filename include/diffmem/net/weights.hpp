// SPDX-License-Identifier: MIT
// Networks in files: their tensors by the reference's names, and in the metadata their configuration.
#pragma once
#include <diffmem/core/error.hpp>
#include <diffmem/core/safetensors.hpp>
#include <diffmem/net/unet.hpp>

#include <string_view>

namespace diffmem {

/// Thrown for a file whose network or policies are sound, but not among those that this library has.
class NotSupported : public Error {
 public:
  using Error::Error;
};

/// The network that a file's metadata describes, in either of two ways:
///
///   net.resolution, net.base, ...   every field of UNetConfig as text, as weights_of writes them
///   config                          the reference's JSON, as tools/edm_to_safetensors writes it
///
/// Error if there is neither, a field is missing, unknown, of another type or out of range; NotSupported if the
/// reference's network has a part that ours lacks.
UNetConfig network_of(const SafeTensors& file);

/// Error unless `file` holds a tensor `prefix` + name for every parameter and buffer of `net`, each of its shape, and no
/// other tensor whose name begins with `prefix`.  `net` may be on at::kMeta: nothing is allocated before all is known
/// to fit.
void check_weights(const Network& net, const SafeTensors& file, std::string_view prefix = "");

/// The same; then copies them into the network, converted to its type.  Nothing is changed if there is an Error.
void load_weights(Network& net, const SafeTensors& file, std::string_view prefix = "");

/// Parameters and buffers by name, not copied, and the configuration as network_of reads it.
SafeTensors weights_of(const UNet& net);

}  // namespace diffmem
