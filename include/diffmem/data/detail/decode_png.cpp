// SPDX-License-Identifier: MIT
#include <diffmem/data/detail/decode.hpp>

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string>

namespace diffmem::decode {
namespace {

/// libpng leaves by longjmp, which runs no destructor: its functions are called from two members that have nothing to
/// destroy, and these say false when it has left.
class PngFile {
 public:
  explicit PngFile(std::string_view bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngFile::on_error, &PngFile::on_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, &PngFile::on_read);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // expect_size() has the better words
  }
  ~PngFile() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_info(png_, info_);
    return true;
  }
  /// From here on the rows are 8 bits of grey, grey and alpha, RGB or RGBA.
  bool prepare() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_expand(png_);
    png_set_scale_16(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }
  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  std::size_t height() const { return png_get_image_height(png_, info_); }
  std::size_t width() const { return png_get_image_width(png_, info_); }
  std::size_t values() const { return png_get_channels(png_, info_); }  ///< of a pixel, after prepare()
  std::string message() const { return message_.data(); }

 private:
  static PngFile& self(png_voidp file) { return *static_cast<PngFile*>(file); }
  static void on_error(png_structp png, png_const_charp text) {
    auto& message = self(png_get_error_ptr(png)).message_;
    std::strncpy(message.data(), text, message.size() - 1);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep to, std::size_t size) {
    std::string_view& rest = self(png_get_io_ptr(png)).rest_;
    if (size > rest.size()) png_error(png, "cut short");
    std::memcpy(to, rest.data(), size);
    rest.remove_prefix(size);
  }

  std::string_view rest_;
  std::array<char, 128> message_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

ImageSet png(std::string_view bytes) {
  PngFile file(bytes);
  const auto expect = [&](bool done) {
    if (!done) throw Broken("damaged PNG: " + file.message());
  };
  expect(file.read_header());
  const std::size_t height = file.height(), width = file.width(), area = height * width;
  expect_size(height, width);
  expect(file.prepare());
  const std::size_t values = file.values();
  std::vector<std::uint8_t> pixels(area * values);  // [H,W,values]
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < height; ++y) rows[y] = pixels.data() + y * width * values;
  expect(file.read_rows(rows.data()));

  const bool alpha = values % 2 == 0;
  const std::size_t channels = alpha ? values - 1 : values;
  ImageSet set = blank(static_cast<std::int64_t>(channels), height, width);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < area; ++i) {
      const std::uint8_t* pixel = pixels.data() + i * values;
      const unsigned opaque = alpha ? pixel[channels] : 255u;
      set.pixels[c * area + i] = static_cast<std::uint8_t>((pixel[c] * opaque + 255 * (255 - opaque) + 127) / 255);
    }
  return set;
}

}  // namespace diffmem::decode
