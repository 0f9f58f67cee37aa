# CUDA for diffmem: the compiler (only where diffmem itself is built) and the run time that LibTorch loads.
# nvcc: CMAKE_CUDA_COMPILER or CUDACXX, else CUDA_HOME, else what `make setup CUDA=1` fetched, else PATH.
cmake_path(GET LibTorch_ROOT PARENT_PATH _libtorch_parent)
if(PROJECT_NAME STREQUAL "diffmem")
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    file(GLOB _own "${CMAKE_CURRENT_LIST_DIR}/../.deps/libtorch-*/nvidia/cu13/bin")
    find_program(DIFFMEM_NVCC nvcc HINTS "$ENV{CUDA_HOME}/bin" ${_own} NO_CACHE)
    if(DIFFMEM_NVCC)
      set(CMAKE_CUDA_COMPILER "${DIFFMEM_NVCC}")
    endif()
  endif()
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90)  # H100 and H200
  endif()
  set(CMAKE_CUDA_RUNTIME_LIBRARY None)
  set(CMAKE_CUDA_STANDARD 20)
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc can, and would silently take C++17
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
endif()

# One CUDA run time in the process: LibTorch's own copy where it ships one (a wheel; a zip has it in lib/).
file(GLOB _cudart "${_libtorch_parent}/nvidia/*/lib/libcudart.so.*" "${LibTorch_LIBRARY_DIR}/libcudart*.so*")
if(NOT _cudart)
  find_library(DIFFMEM_CUDART cudart HINTS "$ENV{CUDA_HOME}/lib64" /usr/local/cuda/lib64 REQUIRED NO_CACHE)
  set(_cudart "${DIFFMEM_CUDART}")
endif()
list(GET _cudart 0 _cudart)
cmake_path(GET _cudart PARENT_PATH _cudart_folder)
add_library(diffmem_cudart INTERFACE IMPORTED)
target_link_libraries(diffmem_cudart INTERFACE "${_cudart}")
target_link_options(diffmem_cudart INTERFACE "-Wl,-rpath,${_cudart_folder}")
