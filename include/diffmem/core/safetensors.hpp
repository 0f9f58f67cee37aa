// SPDX-License-Identifier: MIT
// safetensors: named tensors with a JSON header, read with bounds and never unpickled.
// Format: 8-byte little-endian header length, JSON header {name: {dtype, shape, data_offsets}}, then the data.
#pragma once
#include <diffmem/core/tensor.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace diffmem {

/// The content of one .safetensors file.
struct SafeTensors {
  std::map<std::string, Tensor> tensors;        ///< by name; CPU, row-major
  std::map<std::string, std::string> metadata;  ///< the header's "__metadata__"
  std::string source = "safetensors";           ///< who complains about the content: "safetensors PATH"

  /// The tensor called `name`; Error naming the file and near misses if there is none.
  const Tensor& at(const std::string& name) const;
  bool contains(const std::string& name) const { return tensors.contains(name); }
};

/// Maps a file: its tensors lie in the mapping and keep it alive, and nothing is read from the disk before it is used.
/// Only a tensor that does not begin at a multiple of its element size is copied.  Writing into a tensor does not change
/// the file.  The file may be replaced by rename, but must not be made shorter in place while a tensor of it lives
/// (SIGBUS, see MappedFile).
///
/// Error if the header is not JSON or names a tensor twice, an offset leaves the file, two tensors overlap, bytes belong
/// to no tensor, a shape does not match its bytes or has more than 64 sides, a dtype is not one of F64 F32 F16 BF16 I64
/// I32 I16 I8 U8 BOOL, or a BOOL is neither 0 nor 1.
SafeTensors read_safetensors(const std::filesystem::path& path);
/// The same of bytes in memory, which are copied; errors are in the name of `who`.
SafeTensors parse_safetensors(std::string_view bytes, const std::string& who);

/// The bytes of a file holding `content`; tensors are written in order of name.  Error if a text is no UTF-8, or a name
/// cannot be one ("__metadata__", a '\0' in it).
std::string to_safetensors(const SafeTensors& content);
/// Writes that file, whole or not at all, without making a copy of the tensors that are contiguous and on the CPU.
void write_safetensors(const std::filesystem::path& path, const SafeTensors& content);

}  // namespace diffmem
