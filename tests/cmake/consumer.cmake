# Builds tests/consumer WAY = find_package (against an install in the build tree) or add_subdirectory, and runs it.
function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed COMMAND_ECHO STDOUT)
  if(failed)
    message(FATAL_ERROR "consumer.${WAY}: got exit status ${failed} from the command above; want 0")
  endif()
endfunction()

set(build "${WORK}/${WAY}")
set(ENV{CCACHE_SLOPPINESS} pch_defines,time_macros,include_file_mtime,include_file_ctime)
set(configure "${CMAKE_COMMAND}" -G Ninja -S "${SOURCE}/tests/consumer" -B "${build}" --fresh -Wno-dev --log-level=WARNING
  "-DCMAKE_BUILD_TYPE=${TYPE}" "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}" "-DDIFFMEM_CUDA=${CUDA}")
if(WAY STREQUAL "find_package")
  file(REMOVE_RECURSE "${WORK}/prefix")
  step("${CMAKE_COMMAND}" --build "${BUILD}" --target diffmem_core)
  step("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  # No DIFFMEM_LIBTORCH: the installed package must find what it was built with by itself.
  unset(ENV{DIFFMEM_LIBTORCH})
  step(${configure} "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  # Unoptimized and with the precompiled header only to be quicker.
  step(${configure} "-DDIFFMEM_SOURCE=${SOURCE}" "-DDIFFMEM_LIBTORCH=${LIBTORCH}" -DDIFFMEM_PCH=ON -DCMAKE_CXX_FLAGS_RELEASE=-O0)
endif()
step("${CMAKE_COMMAND}" --build "${build}")
step("${build}/consumer")
