// SPDX-License-Identifier: MIT
#include "check.hpp"
#include "complaint.hpp"
#include "mappings.hpp"

#include <diffmem/core/error.hpp>
#include <diffmem/core/file.hpp>
#include <diffmem/core/safetensors.hpp>

#include <fmt/format.h>

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
  REQUIRE_THROWS_WITH(
      scratch.read(file_of("{\"a\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}", 8)),
      Contains("not a JSON object"));
  REQUIRE_THROWS_WITH(scratch.read(one("F31", "[2]", "[0,8]")), Contains("dtype \"F31\"") && Contains("BF16"));
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
  REQUIRE_THROWS_WITH(scratch.read(file_of(R"({"a":7})", 8)), Contains("tensor \"a\" with a bad dtype"));
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
  REQUIRE_THROWS_WITH(scratch.read(two("[5,9]")), Contains("tensor \"b\" on another's bytes"));
  REQUIRE_THROWS_WITH(scratch.read(two("[5,9]")), Contains("do not overlap"));
  REQUIRE_THROWS_WITH(scratch.read(two("[0,4]")), Contains("overlap"));
  REQUIRE_THROWS_WITH(scratch.read(two("[1,5]")), Contains("overlap"));
}

TEST_CASE("bytes that belong to no tensor are refused", "[core][safetensors]") {
  const Scratch scratch;
  const auto two = [](const std::string& a, const std::string& b, std::size_t data) {
    return file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
                       R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}",
                   data);
  };
  REQUIRE(scratch.read(two("[4,6]", "[0,4]", 6)).tensors.size() == 2);
  REQUIRE_THROWS_WITH(scratch.read(two("[5,7]", "[0,4]", 7)), Contains("bytes 4 to 5 of the data, which belong to no"));
  REQUIRE_THROWS_WITH(scratch.read(two("[1,3]", "[3,7]", 7)), Contains("bytes 0 to 1 of the data"));
  REQUIRE_THROWS_WITH(scratch.read(two("[4,6]", "[0,4]", 8)), Contains("bytes 6 to 8 of the data"));
  REQUIRE_THROWS_WITH(scratch.read(file_of("{}", 1)), Contains("bytes 0 to 1 of the data"));
  REQUIRE(scratch.read(file_of("{}", 0)).tensors.empty());
  // No bytes lie anywhere.
  for (const char* place : {"[0,0]", "[1,1]", "[4,4]"})
    REQUIRE(
        scratch
            .read(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[0,3],)"
                          R"("data_offsets":)" +
                              std::string(place) + "}}",
                          4))
            .at("b")
            .numel() == 0);
}

TEST_CASE("names that come twice or are no text are refused", "[core][safetensors]") {
  const Scratch scratch;
  const std::string a = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  const std::string field = R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})";
  const std::string metadata = R"({"__metadata__":{"k":"1","k":"2"},)" + a + "}";
  for (const std::string& header :
       {"{" + a + "," + a + "}", "{" + a + R"(,"\u0061")" + a.substr(3) + "}", field, metadata})
    REQUIRE_THROWS_WITH(scratch.read(file_of(header, 1)), Contains("a name twice"));
  REQUIRE(scratch.read(file_of("{" + a + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2)).contains("b"));
  REQUIRE_THROWS_WITH(scratch.read(file_of(R"({"a\u0000b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1)),
                      Contains("tensor \"a\\x00b\"") && Contains("want a name without \\0"));
  REQUIRE_THROWS_WITH(scratch.read(file_of(std::string("{}\0{", 4), 0)), Contains("not a JSON object"));
  REQUIRE_THROWS_WITH(scratch.read(file_of("{\"\xff\":{}}", 0)), Contains("not a JSON object"));
  REQUIRE_THROWS_WITH(scratch.read(file_of("{\"\\ud800\":{}}", 0)), Contains("not a JSON object"));
  // An error shows a name so that a terminal stays whole, and not all of it.
  REQUIRE_THROWS_WITH(scratch.read(file_of("{\"\\u001b[2J" + std::string(5000, 'x') + "\":7}", 0)),
                      Contains("tensor \"\\x1b[2Jxxx") && Contains("xxx\"... with a bad dtype"));
  const std::string dtype = complaint([&] {
    scratch.read(file_of(R"({"a":{"dtype":")" + std::string(5000, 'x') + R"(","shape":[],"data_offsets":[0,0]}})", 0));
  });
  REQUIRE(dtype.size() < 400);
}

TEST_CASE("a tensor of BOOL holds nothing but 0 and 1, and none has more sides than LibTorch takes",
          "[core][safetensors]") {
  const Scratch scratch;
  std::string file = file_of(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", 3);
  file.back() = 1;
  REQUIRE(scratch.read(file).at("a").equal(arange(3).eq(2)));
  file.back() = 2;
  REQUIRE_THROWS_WITH(scratch.read(file), Contains("tensor \"a\" of BOOL with other bytes"));

  const auto of_sides = [](int sides) {
    std::string shape = "1";
    for (int i = 1; i < sides; ++i) shape += ",1";
    return file_of(R"({"a":{"dtype":"U8","shape":[)" + shape + R"(],"data_offsets":[0,1]}})", 1);
  };
  REQUIRE(scratch.read(of_sides(64)).at("a").dim() == 64);
  REQUIRE_THROWS_WITH(scratch.read(of_sides(65)), Contains("a list of more than 64"));
}

TEST_CASE("tensors that overlap are not copied before they are refused", "[core][safetensors]") {
  constexpr int kTensors = 1000, kSize = 1 << 20;  // together a thousand times the file
  std::string header = "{";
  for (int i = 0; i < kTensors; ++i)
    header += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}})", i ? "," : "", i, kSize, i,
                          i + kSize);
  const std::string file = file_of(header + "}", kSize + kTensors - 1);
  const std::int64_t before = most_resident_bytes();
  REQUIRE_THROWS_WITH(parse_safetensors(file, "bytes"), Contains("on another's bytes"));
  REQUIRE(most_resident_bytes() - before < 64 << 20);
}

TEST_CASE("what could not be read back is not written", "[core][safetensors]") {
  const auto written = [](const std::string& name, const std::string& key = "k", const std::string& text = "") {
    SafeTensors content;
    content.tensors[name] = arange(1);
    content.metadata[key] = text;
    return complaint([&] { to_safetensors(content); });
  };
  REQUIRE(written("a").empty());
  REQUIRE(says(written("__metadata__"), "safetensors", {"a tensor named \"__metadata__\"", "another name"}));
  REQUIRE(says(written(std::string("a\0b", 3)), "safetensors", {"without \\0"}));
  REQUIRE(says(written("\xff"), "safetensors", {"UTF-8"}));
  REQUIRE(says(written("a", "k", "\xff"), "safetensors", {"\"k\" = \"\\xff\" for the metadata", "UTF-8"}));
  REQUIRE(says(written("a", "\xff"), "safetensors", {"for the metadata"}));
}

TEST_CASE("a side of 0 does not hide a hostile one", "[core][safetensors]") {
  const Scratch scratch;
  for (const char* shape :
       {"[0,18446744073709551615]", "[9223372036854775807,0,4]", "[0,9223372036854775807,9223372036854775807]"})
    REQUIRE_THROWS_AS(
        scratch.read(file_of(std::string(R"({"a":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,0]}})", 0)),
        Error);
}

TEST_CASE("a file's tensors lie in its mapping and keep it alive", "[core][safetensors]") {
  const TestFolder scratch;
  const fs::path path = scratch.path / "a";
  SafeTensors content;
  content.tensors = {{"a", arange(5, kFloat64)}, {"b", arange(3)}, {"c", arange(7, kUint8)}};
  write_file_atomically(path, to_safetensors(content));
  Tensor kept;
  {
    const SafeTensors file = read_safetensors(path);
    for (const auto& [name, tensor] : file.tensors) {
      INFO(name);
      REQUIRE(mappings_of(path, tensor.const_data_ptr()) == 1);
      REQUIRE(tensor.equal(content.at(name)));
    }
    kept = file.at("b");
  }
  REQUIRE(mappings_of(path, kept.const_data_ptr()) == 1);
  const Tensor view = kept.narrow(0, 1, 2);
  kept = Tensor();
  write_file_atomically(path, "another file");
  REQUIRE(values_of<float>(view) == std::vector<float>{1, 2});
}

TEST_CASE("a mapping ends with its last tensor", "[core][safetensors]") {
  const TestFolder scratch;
  const fs::path path = scratch.path / "a";
  SafeTensors content;
  content.tensors = {{"a", arange(3)}, {"b", arange(3)}};
  write_file_atomically(path, to_safetensors(content));
  Tensor a = read_safetensors(path).at("a");
  REQUIRE(mappings_of(path) == 1);
  a = Tensor();
  REQUIRE(mappings_of(path) == 0);
  content.tensors["a"] = parse_safetensors(read_file(path), "bytes").at("a");
  REQUIRE(content.at("a").equal(arange(3)));
  REQUIRE(mappings_of(path) == 0);
}

TEST_CASE("a write into a tensor does not reach the file, even one that may not be written", "[core][safetensors]") {
  const TestFolder scratch;
  const fs::path path = scratch.path / "a";
  SafeTensors content;
  content.tensors = {{"a", arange(3)}};
  const std::string bytes = to_safetensors(content);
  write_file_atomically(path, bytes);
  fs::permissions(path, fs::perms::owner_read);
  const SafeTensors file = read_safetensors(path);
  file.at("a").fill_(7);
  REQUIRE(file.at("a").equal(full({3}, 7)));
  REQUIRE(read_file(path) == bytes);
  REQUIRE(read_safetensors(path).at("a").equal(arange(3)));
}

TEST_CASE("a tensor whose bytes are not aligned is copied, and no other", "[core][safetensors]") {
  const TestFolder scratch;
  const auto bytes = [](const Tensor& t) {
    return std::string(static_cast<const char*>(t.const_data_ptr()), t.nbytes());
  };
  const Tensor a = arange(3, kUint8), b = arange(2), c = arange(2, at::kShort),
               d = arange(1, kFloat64) + full({1}, 0.5, kFloat64);
  std::string header =
      R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"F32","shape":[2],"data_offsets":[3,11]},)"
      R"("b1":{"dtype":"U8","shape":[1],"data_offsets":[11,12]},"c":{"dtype":"I16","shape":[2],"data_offsets":[12,16]},)"
      R"("c4":{"dtype":"U8","shape":[4],"data_offsets":[16,20]},"d":{"dtype":"F64","shape":[1],"data_offsets":[20,28]}})";
  const std::string data = bytes(a) + bytes(b) + '\0' + bytes(c) + std::string(4, '\0') + bytes(d);
  // The header's length moves the data: only both together tell whether a tensor is aligned.
  for (std::size_t shift = 0; shift < 8; ++shift, header += ' ') {
    INFO("header of " << header.size() << " bytes");
    std::string file = file_of(header, 0) + data;
    const fs::path path = scratch.write(std::to_string(shift), file);
    const SafeTensors read = read_safetensors(path);
    for (const auto& [name, want] : {std::pair{"a", a}, {"b", b}, {"c", c}, {"d", d}}) {
      INFO(name);
      const Tensor& got = read.at(name);
      REQUIRE(got.equal(want));
      REQUIRE(reinterpret_cast<std::uintptr_t>(got.const_data_ptr()) % got.element_size() == 0);
      const std::size_t offset = 8 + header.size() +
                                 (name[0] == 'a'   ? 0
                                  : name[0] == 'b' ? 3
                                  : name[0] == 'c' ? 12
                                                   : 20);
      REQUIRE((mappings_of(path, got.const_data_ptr()) == 1) == (offset % got.element_size() == 0));
    }
  }
}

TEST_CASE("reading a file of 64 MB takes no memory", "[core][safetensors]") {
  const TestFolder scratch;
  const std::string header = R"({"a":{"dtype":"F32","shape":[16777216],"data_offsets":[0,67108864]}})";
  const fs::path path = scratch.write("a", file_of(header + std::string(8 - header.size() % 8, ' '), 0));
  fs::resize_file(path, fs::file_size(path) + 67108864);  // zeros that take no disk
  const std::int64_t before = resident_bytes();
  const SafeTensors first = read_safetensors(path), second = read_safetensors(path);
  REQUIRE(first.at("a").numel() == 16777216);
  REQUIRE(second.at("a").const_data_ptr() != first.at("a").const_data_ptr());
  REQUIRE(resident_bytes() - before < 8 << 20);
  REQUIRE(first.at("a").narrow(0, 16777215, 1).item().toDouble() == 0);
}
