// SPDX-License-Identifier: MIT
// PNG and JPEG files for tests, written by libpng and libjpeg themselves.
#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <jpeglib.h>
#include <png.h>

/// What a PNG file is.
struct PngKind {
  int colour_type = PNG_COLOR_TYPE_RGB, bits = 8;
  bool interlaced = false;
  std::vector<png_color> palette{};
  std::vector<png_byte> palette_alpha{};  ///< tRNS of a palette
  const png_color_16* clear = nullptr;    ///< tRNS of grey and RGB: the colour that is not there
};

/// value(x, y, c): the sample c of a pixel, 0 .. 2^bits - 1.
using Samples = std::function<unsigned(int x, int y, int c)>;

inline std::string png_file(int width, int height, const PngKind& kind, const Samples& value) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp p, png_bytep data, std::size_t size) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<const char*>(data), size);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), kind.bits,
               kind.colour_type, kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!kind.palette.empty()) png_set_PLTE(png, info, kind.palette.data(), static_cast<int>(kind.palette.size()));
  if (!kind.palette_alpha.empty())
    png_set_tRNS(png, info, kind.palette_alpha.data(), static_cast<int>(kind.palette_alpha.size()), nullptr);
  if (kind.clear) png_set_tRNS(png, info, nullptr, 0, kind.clear);
  png_write_info(png, info);
  const int samples = png_get_channels(png, info);
  std::vector<std::vector<png_byte>> rows(static_cast<std::size_t>(height),
                                          std::vector<png_byte>(png_get_rowbytes(png, info)));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < samples; ++c) {
        const unsigned v = value(x, y, c);
        const auto bit = static_cast<std::size_t>((x * samples + c) * kind.bits);
        auto& row = rows[static_cast<std::size_t>(y)];
        if (kind.bits == 16) {
          row[bit / 8] = static_cast<png_byte>(v >> 8), row[bit / 8 + 1] = static_cast<png_byte>(v);
        } else {
          row[bit / 8] = static_cast<png_byte>(row[bit / 8] | v << (8 - kind.bits - static_cast<int>(bit % 8)));
        }
      }
  std::vector<png_bytep> starts;
  for (auto& row : rows) starts.push_back(row.data());
  png_write_image(png, starts.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

/// `space`: JCS_GRAYSCALE, JCS_RGB or JCS_CMYK; no chroma is thrown away.
inline std::string jpeg_file(int width, int height, J_COLOR_SPACE space, const Samples& value, int quality = 100,
                             bool progressive = false) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &memory, &size);
  jpeg.image_width = static_cast<JDIMENSION>(width), jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
  jpeg.in_color_space = space;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  for (int c = 0; c < jpeg.num_components; ++c)
    jpeg.comp_info[c].h_samp_factor = 1, jpeg.comp_info[c].v_samp_factor = 1;
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<JSAMPLE> row(static_cast<std::size_t>(width * jpeg.input_components));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < jpeg.input_components; ++c)
        row[static_cast<std::size_t>(x * jpeg.input_components + c)] = static_cast<JSAMPLE>(value(x, y, c));
    JSAMPROW start = row.data();
    jpeg_write_scanlines(&jpeg, &start, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string bytes(reinterpret_cast<const char*>(memory), size);
  jpeg_destroy_compress(&jpeg);
  std::free(memory);
  return bytes;
}
