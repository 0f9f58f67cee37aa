# Choices for our own builds: build type, ccache, a quick linker.  Each is taken only where the user said nothing.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# -O2: the time is inside LibTorch and in kernels that set their own flags; -O3 would only compile longer.
if(NOT DEFINED CACHE{CMAKE_CXX_FLAGS_RELEASE} OR "$CACHE{CMAKE_CXX_FLAGS_RELEASE}" STREQUAL "-O3 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
endif()

find_program(DIFFMEM_CCACHE ccache)
mark_as_advanced(DIFFMEM_CCACHE)
if(DIFFMEM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this sloppiness ccache refuses every unit that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${DIFFMEM_CCACHE}")
endif()

find_program(DIFFMEM_LINKER NAMES ld.mold ld.lld)
mark_as_advanced(DIFFMEM_LINKER)
if(DIFFMEM_LINKER)
  cmake_path(GET DIFFMEM_LINKER EXTENSION LAST_ONLY _linker)
  string(SUBSTRING "${_linker}" 1 -1 _linker)
  add_link_options("$<$<LINK_LANGUAGE:CXX>:-fuse-ld=${_linker}>")
endif()
