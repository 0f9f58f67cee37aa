# FindLibTorch: LibTorch's C++ side from a zip, a wheel or the project's own folder, without TorchConfig.cmake
# (that one insists on a CUDA toolkit even for CPU code).
#
# Where it looks; the first that is set decides, and a set one without LibTorch is an error:
#   1. DIFFMEM_LIBTORCH   CMake variable, else environment variable: the folder that holds lib/libtorch_cpu.so, or its
#                         parent (an unpacked zip, a site-packages folder, an environment's lib/pythonX.Y/site-packages)
#   2. Torch_DIR          CMake variable, else environment variable: the folder of TorchConfig.cmake
#   3. CMAKE_PREFIX_PATH  the same, where one of its entries holds LibTorch
#   4. .deps/libtorch-*   what `make setup` fetched
#
# Makes LibTorch::LibTorch and LibTorch::OpenMP (the OpenMP run time that LibTorch itself loads), and sets
# LibTorch_VERSION, LibTorch_ROOT and LibTorch_LIBRARY_DIR.  With DIFFMEM_CUDA on it adds libtorch_cuda and libc10_cuda.
# Nothing is cached: a changed variable is seen by the next configure.

set(_todo "run `make setup`, or let DIFFMEM_LIBTORCH name a LibTorch of 2.8 or newer (the folder that holds lib/libtorch_cpu.so)")

# Sets `out` to the root of the LibTorch in or below one of the folders, or to "".
function(_libtorch_root out)
  foreach(_folder IN LISTS ARGN)
    foreach(_below IN ITEMS "" "/torch" "/libtorch")
      if(EXISTS "${_folder}${_below}/lib/libtorch_cpu.so" AND EXISTS "${_folder}${_below}/include/ATen/core/Tensor.h")
        file(REAL_PATH "${_folder}${_below}" _root)
        set(${out} "${_root}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  set(${out} "" PARENT_SCOPE)
endfunction()

set(LibTorch_ROOT "")
foreach(_name IN ITEMS DIFFMEM_LIBTORCH Torch_DIR)
  set(_given "${${_name}}")
  if(NOT _given)
    set(_given "$ENV{${_name}}")
  endif()
  if(_given AND NOT LibTorch_ROOT)
    if(_name STREQUAL "Torch_DIR")
      _libtorch_root(LibTorch_ROOT "${_given}/../../.." "${_given}")
    else()
      file(GLOB _python "${_given}/lib/python3*/site-packages")
      _libtorch_root(LibTorch_ROOT "${_given}" ${_python})
    endif()
    if(NOT LibTorch_ROOT)
      message(FATAL_ERROR "LibTorch: got ${_name}=${_given}; want a folder with lib/libtorch_cpu.so and include/ATen; ${_todo}")
    endif()
  endif()
endforeach()
if(NOT LibTorch_ROOT)
  set(_prefixes "$ENV{CMAKE_PREFIX_PATH}")
  string(REPLACE ":" ";" _prefixes "${_prefixes}")
  list(PREPEND _prefixes ${CMAKE_PREFIX_PATH})
  # torch.utils.cmake_prefix_path is torch/share/cmake, so the root may lie two folders up.
  set(_candidates "")
  foreach(_prefix IN LISTS _prefixes)
    list(APPEND _candidates "${_prefix}" "${_prefix}/../..")
  endforeach()
  _libtorch_root(LibTorch_ROOT ${_candidates})
endif()
if(NOT LibTorch_ROOT)
  file(GLOB _own "${CMAKE_CURRENT_LIST_DIR}/../.deps/libtorch-*")
  list(FILTER _own EXCLUDE REGEX "\\.part$")
  list(SORT _own COMPARE NATURAL ORDER DESCENDING)
  _libtorch_root(LibTorch_ROOT ${_own} ${LibTorch_FALLBACK_ROOT})
endif()

unset(LibTorch_VERSION)
if(LibTorch_ROOT)
  set(LibTorch_LIBRARY_DIR "${LibTorch_ROOT}/lib")
  set(LibTorch_INCLUDE_DIR "${LibTorch_ROOT}/include")
  foreach(_header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(NOT LibTorch_VERSION AND EXISTS "${LibTorch_INCLUDE_DIR}/${_header}")
      file(STRINGS "${LibTorch_INCLUDE_DIR}/${_header}" _lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
      if(_lines MATCHES "MAJOR +([0-9]+).*MINOR +([0-9]+).*PATCH +([0-9]+)")
        set(LibTorch_VERSION "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
      endif()
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_ROOT LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "${_todo}")

if(LibTorch_FOUND AND DIFFMEM_CUDA AND NOT EXISTS "${LibTorch_LIBRARY_DIR}/libtorch_cuda.so")
  message(FATAL_ERROR "LibTorch: got ${LibTorch_ROOT} without libtorch_cuda.so; want a CUDA build because DIFFMEM_CUDA is ON; "
                      "run `make setup CUDA=1`, or let DIFFMEM_LIBTORCH name a CUDA LibTorch")
endif()

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # -idirafter: torch ships a newer fmt under <fmt/...>; found before the system's, it would not link.
  foreach(_folder IN ITEMS "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
    target_compile_options(LibTorch::LibTorch INTERFACE
      "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${_folder}>"
      "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler=-idirafter,${_folder}>")
  endforeach()
  target_compile_definitions(LibTorch::LibTorch INTERFACE AT_PER_OPERATOR_HEADERS)
  set(_libraries "${LibTorch_LIBRARY_DIR}/libtorch_cpu.so" "${LibTorch_LIBRARY_DIR}/libc10.so")
  if(DIFFMEM_CUDA)
    # --no-as-needed: nothing names a symbol of libtorch_cuda directly; loading it is what registers the CUDA kernels.
    list(APPEND _libraries
      "-Wl,--push-state,--no-as-needed" "${LibTorch_LIBRARY_DIR}/libtorch_cuda.so" "${LibTorch_LIBRARY_DIR}/libc10_cuda.so" "-Wl,--pop-state")
  endif()
  # --allow-shlib-undefined: LibTorch finds its own companions by its RPATH; the linker need not resolve them.
  target_link_libraries(LibTorch::LibTorch INTERFACE ${_libraries})
  target_link_options(LibTorch::LibTorch INTERFACE "-Wl,--allow-shlib-undefined" "-Wl,-rpath,${LibTorch_LIBRARY_DIR}")

  # Two OpenMP run times in one process would each start their own threads: take LibTorch's copy where it ships one.
  file(GLOB _gomp "${LibTorch_LIBRARY_DIR}/libgomp*.so*")
  if(NOT _gomp)
    set(_gomp gomp)
  endif()
  list(GET _gomp 0 _gomp)
  add_library(LibTorch::OpenMP INTERFACE IMPORTED)
  target_compile_options(LibTorch::OpenMP INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-fopenmp>")
  target_link_libraries(LibTorch::OpenMP INTERFACE "${_gomp}")
endif()
