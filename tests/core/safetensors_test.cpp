// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/safetensors.hpp>

#include <filesystem>

#include <unistd.h>

using namespace diffmem;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct Scratch : TestFolder {
  SafeTensors read(std::string_view bytes) const {
    write_file_atomically(path / "a", bytes);
    return read_safetensors(path / "a");
  }
};

/// A file of this header and `data` zero bytes.
std::string file_of(const std::string& header, std::size_t data) {
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + std::string(data, '\0');
}

}  // namespace

TEST_CASE("tensors of every type come back with shape, values and metadata", "[core][safetensors]") {
  const Scratch scratch;
  SafeTensors content;
  content.metadata = {{"design", "vp"}, {"quote", "\"\n"}};
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar,
                          at::kByte, at::kBool})
    content.tensors[std::string("t.") + c10::toString(type)] = arange(6).to(type).reshape({2, 3});
  content.tensors["scalar"] = full({}, 2.5);
  content.tensors["nothing"] = empty({0, 4});
  content.tensors["turned"] = arange(6).reshape({2, 3}).t();
  const SafeTensors back = scratch.read(to_safetensors(content));
  REQUIRE(back.metadata == content.metadata);
  REQUIRE(back.tensors.size() == content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) {
    INFO(name);
    REQUIRE(back.at(name).scalar_type() == tensor.scalar_type());
    REQUIRE(back.at(name).sizes() == tensor.sizes());
    REQUIRE(back.at(name).equal(tensor));
  }
  REQUIRE_THROWS_WITH(back.at("t.Nought"), Contains("no tensor \"t.Nought\"") && Contains("t.BFloat16"));
}

TEST_CASE("a file cut anywhere is refused", "[core][safetensors]") {
  const Scratch scratch;
  SafeTensors content;
  content.tensors = {{"a", arange(3)}, {"b", arange(2)}};
  const std::string whole = to_safetensors(content);
  for (std::size_t size = 0; size < whole.size(); ++size) REQUIRE_THROWS_AS(scratch.read(whole.substr(0, size)), Error);
  REQUIRE_THROWS_WITH(scratch.read(whole.substr(0, 5)), Contains("5 bytes"));
  REQUIRE_THROWS_WITH(scratch.read(whole.substr(0, whole.size() - 1)), Contains("inside the 19 data bytes"));
}

TEST_CASE("a hostile header is refused with what is wrong in it", "[core][safetensors]") {
  const Scratch scratch;
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return file_of(R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}", 8);
  };
  REQUIRE(scratch.read(one("F32", "[2]", "[0,8]")).at("a").numel() == 2);

  std::string long_header = file_of("{}", 0);
  long_header.replace(0, 8, "\xff\xff\xff\xff\xff\xff\xff\x7f");
  REQUIRE_THROWS_WITH(scratch.read(long_header), Contains("a header of 9223372036854775807 bytes in a file of 10"));
  for (const char* text : {"", "{", "[]", "7", "\xff\xfe", "{\"a\":"})
    REQUIRE_THROWS_WITH(scratch.read(file_of(text, 8)), Contains("not a JSON object") && Contains("want {name:"));
  REQUIRE_THROWS_WITH(scratch.read(one("F31", "[2]", "[0,8]")), Contains("dtype F31") && Contains("BF16"));
  REQUIRE_THROWS_WITH(scratch.read(one("F32", "[3]", "[0,8]")), Contains("inside the 8 data bytes"));
  REQUIRE_THROWS_WITH(scratch.read(one("F32", "[1]", "[0,8]")), Contains("bytes 0 to 8") && Contains("4 bytes"));
  REQUIRE_THROWS_WITH(scratch.read(one("F32", "[2]", "[4,12]")), Contains("bytes 4 to 12"));
  REQUIRE_THROWS_WITH(scratch.read(one("F32", "[2]", "[8,0]")), Contains("bytes 8 to 0"));
  // Products that wrap around 2^64 to the right number of bytes.
  for (const char* shape :
       {"[4611686018427387904,4]", "[4294967296,4294967296,2]", "[18446744073709551615]", "[2,9223372036854775809]"})
    REQUIRE_THROWS_WITH(scratch.read(one("F32", shape, "[0,8]")), Contains("inside the 8 data bytes"));
  for (const char* shape : {"[-1]", "[1.5]", "\"2\"", "[[2]]", "{}", "null"})
    REQUIRE_THROWS_WITH(scratch.read(one("F32", shape, "[0,8]")), Contains("a bad shape"));
  for (const char* offsets : {"[0]", "[0,8,8]", "[-8,8]", "8"})
    REQUIRE_THROWS_WITH(scratch.read(one("F32", "[2]", offsets)), Contains("a bad data_offsets"));
  REQUIRE_THROWS_WITH(scratch.read(file_of(R"({"a":7})", 8)), Contains("tensor a with a bad dtype"));
  REQUIRE_THROWS_WITH(scratch.read(file_of(R"({"__metadata__":{"k":1}})", 8)), Contains("__metadata__"));
}

TEST_CASE("tensors that share bytes are refused", "[core][safetensors]") {
  const Scratch scratch;
  const auto two = [](const std::string& b) {
    return file_of(
        R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b +
            "}}",
        10);
  };
  REQUIRE(scratch.read(two("[6,10]")).tensors.size() == 2);
  REQUIRE_THROWS_WITH(scratch.read(two("[5,9]")), Contains("overlap"));
  REQUIRE_THROWS_WITH(scratch.read(two("[0,4]")), Contains("overlap"));
  REQUIRE_THROWS_WITH(scratch.read(two("[1,5]")), Contains("overlap"));
}

TEST_CASE("a side of 0 does not hide a hostile one", "[core][safetensors]") {
  const Scratch scratch;
  for (const char* shape :
       {"[0,18446744073709551615]", "[9223372036854775807,0,4]", "[0,9223372036854775807,9223372036854775807]"})
    REQUIRE_THROWS_AS(
        scratch.read(file_of(std::string(R"({"a":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,0]}})", 0)),
        Error);
}
