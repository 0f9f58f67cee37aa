# FindLibTorch: LibTorch's C++ side from a zip, a wheel or a project folder, without TorchConfig.cmake
# (that one insists on a CUDA toolkit even for CPU code).
#
# Searched in this order: DIFFMEM_LIBTORCH (variable or environment), Torch_DIR (variable or environment, the
# folder of TorchConfig.cmake), CMAKE_PREFIX_PATH, and the project's own .deps/libtorch-*/torch.
# Makes the target LibTorch::LibTorch and sets LibTorch_VERSION, LibTorch_ROOT and LibTorch_LIBRARY_DIR.
# With DIFFMEM_CUDA on it adds libtorch_cuda and libc10_cuda.

set(_hints)
foreach(_given IN ITEMS "${DIFFMEM_LIBTORCH}" "$ENV{DIFFMEM_LIBTORCH}")
  if(_given)
    list(APPEND _hints "${_given}" "${_given}/torch" "${_given}/libtorch")
  endif()
endforeach()
foreach(_given IN ITEMS "${Torch_DIR}" "$ENV{Torch_DIR}")
  if(_given)
    list(APPEND _hints "${_given}/../../..")
  endif()
endforeach()
set(_prefixes ${CMAKE_PREFIX_PATH} $ENV{CMAKE_PREFIX_PATH})
foreach(_given IN LISTS _prefixes)
  list(APPEND _hints "${_given}" "${_given}/torch" "${_given}/libtorch" "${_given}/../..")
endforeach()
if(NOT _hints OR NOT DIFFMEM_LIBTORCH_ONLY_GIVEN)
  file(GLOB _own "${CMAKE_CURRENT_LIST_DIR}/../.deps/libtorch-*/torch")
  list(APPEND _hints ${_own})
endif()

find_library(LibTorch_CPU_LIBRARY NAMES libtorch_cpu.so HINTS ${_hints} PATH_SUFFIXES lib NO_DEFAULT_PATH)
if(LibTorch_CPU_LIBRARY)
  get_filename_component(LibTorch_LIBRARY_DIR "${LibTorch_CPU_LIBRARY}" DIRECTORY)
  get_filename_component(LibTorch_ROOT "${LibTorch_LIBRARY_DIR}" DIRECTORY)
  set(LibTorch_INCLUDE_DIR "${LibTorch_ROOT}/include")
  foreach(_header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${LibTorch_INCLUDE_DIR}/${_header}")
      file(STRINGS "${LibTorch_INCLUDE_DIR}/${_header}" _lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
      if(_lines)
        string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*PATCH +([0-9]+).*" "\\1.\\2.\\3" LibTorch_VERSION "${_lines}")
        break()
      endif()
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run `make setup`, or point DIFFMEM_LIBTORCH at a LibTorch of 2.8 or newer (the folder that holds lib/libtorch_cpu.so)")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # -idirafter: torch ships a newer fmt under <fmt/...>; found before the system's, it would not link.
  target_compile_options(LibTorch::LibTorch INTERFACE
    "SHELL:-idirafter ${LibTorch_INCLUDE_DIR}" "SHELL:-idirafter ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  target_compile_definitions(LibTorch::LibTorch INTERFACE AT_PER_OPERATOR_HEADERS)
  set(_libraries "${LibTorch_CPU_LIBRARY}" "${LibTorch_LIBRARY_DIR}/libc10.so")
  if(DIFFMEM_CUDA)
    # --no-as-needed: nothing names a symbol of libtorch_cuda directly; loading it is what registers the CUDA kernels.
    list(APPEND _libraries "-Wl,--no-as-needed" "${LibTorch_LIBRARY_DIR}/libtorch_cuda.so" "${LibTorch_LIBRARY_DIR}/libc10_cuda.so" "-Wl,--as-needed")
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE ${_libraries})
  # The wheel finds its CUDA companions by RPATH; the linker need not resolve them.
  target_link_options(LibTorch::LibTorch INTERFACE "-Wl,--allow-shlib-undefined" "-Wl,-rpath,${LibTorch_LIBRARY_DIR}")
endif()
mark_as_advanced(LibTorch_CPU_LIBRARY)
