// SPDX-License-Identifier: MIT
#include <diffmem/data/detail/decode.hpp>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <string>

#include <jerror.h>
#include <jpeglib.h>

namespace diffmem::decode {
namespace {

/// libjpeg leaves by longjmp, as libpng does (decode_png.cpp).  Data that is lost is only a warning to it, and grey; here
/// it is an error.
class JpegFile {
 public:
  explicit JpegFile(std::string_view bytes) : bytes_(bytes) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = &JpegFile::on_error;
    errors_.emit_message = &JpegFile::on_warning;
    jpeg_.client_data = this;
  }
  ~JpegFile() { jpeg_destroy_decompress(&jpeg_); }
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;

  bool read_header() {
    if (setjmp(jump_)) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&jpeg_, TRUE);
    return true;
  }
  /// Decodes to grey, RGB or CMYK, whichever is in it: [H,W,values].
  bool read_rows(std::uint8_t* pixels) {
    if (setjmp(jump_)) return false;
    jpeg_.out_color_space = color_space();
    jpeg_start_decompress(&jpeg_);
    const std::size_t line = width() * values();
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = pixels + jpeg_.output_scanline * line;
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }

  std::size_t height() const { return jpeg_.image_height; }
  std::size_t width() const { return jpeg_.image_width; }
  std::size_t values() const { return color_space() == JCS_GRAYSCALE ? 1 : color_space() == JCS_CMYK ? 4 : 3; }
  bool adobe() const { return jpeg_.saw_Adobe_marker; }
  std::string message() const { return message_.data(); }

 private:
  J_COLOR_SPACE color_space() const {
    return jpeg_.num_components == 1 ? JCS_GRAYSCALE : jpeg_.num_components == 4 ? JCS_CMYK : JCS_RGB;
  }
  static void on_error(j_common_ptr jpeg) {
    auto& self = *static_cast<JpegFile*>(jpeg->client_data);
    self.errors_.format_message(jpeg, self.message_.data());
    std::longjmp(self.jump_, 1);
  }
  static void on_warning(j_common_ptr jpeg, int level) {
    const int code = jpeg->err->msg_code;
    const bool harmless = code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
    if (level < 0 && !harmless) on_error(jpeg);
  }

  std::string_view bytes_;
  std::array<char, JMSG_LENGTH_MAX> message_{};
  std::jmp_buf jump_{};
  jpeg_error_mgr errors_{};
  jpeg_decompress_struct jpeg_{};
};

}  // namespace

ImageSet jpeg(std::string_view bytes) {
  JpegFile file(bytes);
  const auto expect = [&](bool done) {
    if (!done) throw Broken("damaged JPEG: " + file.message());
  };
  expect(file.read_header());
  const std::size_t height = file.height(), width = file.width(), area = height * width, values = file.values();
  expect_size(height, width);
  std::vector<std::uint8_t> pixels(area * values);
  expect(file.read_rows(pixels.data()));

  const std::size_t channels = values == 1 ? 1 : 3;
  ImageSet set = blank(static_cast<std::int64_t>(channels), height, width);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < area; ++i) {
      const std::uint8_t* pixel = pixels.data() + i * values;
      if (values == 4) {  // paper less ink; Adobe's programs write the paper
        const auto paper = [&](std::size_t ink) { return file.adobe() ? pixel[ink] : 255u - pixel[ink]; };
        set.pixels[c * area + i] = static_cast<std::uint8_t>((paper(c) * paper(3) + 127) / 255);
      } else {
        set.pixels[c * area + i] = pixel[c];
      }
    }
  return set;
}

}  // namespace diffmem::decode
