# libFuzzer's harnesses, tests/fuzz/NAME.cpp, compiled by clang with AddressSanitizer, and of ours only the bodies that
# each needs.  LibTorch is not instrumented: see the Makefile about ASAN_OPTIONS.
find_program(DIFFMEM_FUZZ_CLANG NAMES clang++-19 DOC "clang++ with libFuzzer")
mark_as_advanced(DIFFMEM_FUZZ_CLANG)
set(_fuzz "${CMAKE_CURRENT_BINARY_DIR}/fuzz")
set(_sanitize -fsanitize=fuzzer,address)
file(WRITE "${_fuzz}/nothing.cpp"
  "#include <cstddef>\nextern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, std::size_t) { return 0; }\n")
set(_works 1)
if(DIFFMEM_FUZZ_CLANG)
  execute_process(COMMAND "${DIFFMEM_FUZZ_CLANG}" ${_sanitize} "${_fuzz}/nothing.cpp" -o "${_fuzz}/nothing"
    RESULT_VARIABLE _works OUTPUT_QUIET ERROR_QUIET)
endif()
if(NOT _works EQUAL 0)
  message(STATUS "clang++-19 with libFuzzer not found (packages clang-19 and libclang-rt-19-dev): tests/fuzz/ is left out")
  return()
endif()

# diffmem_fuzz_object(source): OBJECT is set to where clang leaves it; several harnesses share it.
function(diffmem_fuzz_object source)
  string(REGEX REPLACE "[/.]" "_" _name "${source}")
  set(OBJECT "${_fuzz}/${_name}.o" PARENT_SCOPE)
  get_property(_known GLOBAL PROPERTY DIFFMEM_FUZZ_OBJECTS)
  if("${_name}" IN_LIST _known)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY DIFFMEM_FUZZ_OBJECTS "${_name}")
  add_custom_command(OUTPUT "${_fuzz}/${_name}.o" DEPFILE "${_fuzz}/${_name}.d" VERBATIM COMMAND_EXPAND_LISTS
    COMMAND "${DIFFMEM_FUZZ_CLANG}" -std=gnu++20 -O1 -g1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address
      -Wno-deprecated-declarations
      "-D$<JOIN:$<TARGET_PROPERTY:diffmem_headers,COMPILE_DEFINITIONS>,;-D>" "-I${PROJECT_SOURCE_DIR}/include"
      -idirafter "${LibTorch_INCLUDE_DIR}" -idirafter "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
      -MMD -MF "${_fuzz}/${_name}.d" -c "${PROJECT_SOURCE_DIR}/${source}" -o "${_fuzz}/${_name}.o"
    DEPENDS "${PROJECT_SOURCE_DIR}/${source}" COMMENT "Compiling ${source} for libFuzzer")
endfunction()

# diffmem_fuzz(name LIBRARIES ... BODIES ...): the program fuzz/NAME, and its test of ten minutes; bodies are named below
# include/diffmem/, without .cpp.
function(diffmem_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 _of "" "" "LIBRARIES;BODIES")
  diffmem_fuzz_object("tests/fuzz/${name}.cpp")
  set(_objects "${OBJECT}")
  foreach(_body IN LISTS _of_BODIES)
    diffmem_fuzz_object("include/diffmem/${_body}.cpp")
    list(APPEND _objects "${OBJECT}")
  endforeach()
  add_custom_command(OUTPUT "${_fuzz}/${name}" VERBATIM
    COMMAND "${DIFFMEM_FUZZ_CLANG}" ${_sanitize} ${_objects} -lfmt ${_of_LIBRARIES} -o "${_fuzz}/${name}"
    DEPENDS ${_objects} COMMENT "Linking fuzz/${name}")
  add_custom_target(fuzz_${name} ALL DEPENDS "${_fuzz}/${name}")
  set(_run "${_fuzz}/${name}" -max_len=4096 -timeout=20 "-artifact_prefix=${_fuzz}/${name}-")
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}.dict")
    list(APPEND _run "-dict=${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}.dict")
  endif()
  file(MAKE_DIRECTORY "${_fuzz}/${name}.corpus")
  diffmem_fuzz_test(fuzz.${name}.fuzz fuzz 600 ${_run} "${_fuzz}/${name}.corpus")
  set(RUN "${_run}" PARENT_SCOPE)
endfunction()

# diffmem_fuzz_test(name label seconds command...)
function(diffmem_fuzz_test name label seconds)
  add_test(NAME ${name} COMMAND ${ARGN} -max_total_time=${seconds} -print_final_stats=1)
  math(EXPR _timeout "${seconds} * 2 + 60")
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${_timeout}
    ENVIRONMENT "ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0")
endfunction()

set(_files core/detail/error core/detail/file core/detail/descriptor)
diffmem_fuzz(safetensors
  LIBRARIES "${LibTorch_LIBRARY_DIR}/libtorch_cpu.so" "${LibTorch_LIBRARY_DIR}/libc10.so" -Wl,--allow-shlib-undefined
            "-Wl,-rpath,${LibTorch_LIBRARY_DIR}"
  BODIES core/detail/safetensors core/detail/mapped_file core/detail/text core/detail/error core/detail/descriptor core/detail/file)
diffmem_fuzz_test(fuzz.safetensors core 60 ${RUN} -seed=9)
diffmem_fuzz(json)
diffmem_fuzz(image LIBRARIES -lpng -ljpeg -lz -lxxhash
  BODIES data/detail/decode data/detail/decode_png data/detail/decode_jpeg data/detail/image_set core/detail/digest ${_files})
diffmem_fuzz(idx LIBRARIES -lz -lxxhash BODIES data/detail/idx data/detail/image_set core/detail/digest ${_files})
diffmem_fuzz(cifar LIBRARIES -larchive -lxxhash
  BODIES data/detail/cifar data/detail/archive data/detail/image_set core/detail/digest ${_files})
