# Builds tests/consumer WAY = find_package (against an install in the build tree) or add_subdirectory, and runs it.
function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed COMMAND_ECHO STDOUT)
  if(failed)
    message(FATAL_ERROR "consumer.${WAY}: got exit status ${failed} from the command above; want 0")
  endif()
endfunction()

set(build "${WORK}/${WAY}")
set(configure "${CMAKE_COMMAND}" -G Ninja -S "${SOURCE}/tests/consumer" -B "${build}" --fresh -Wno-dev --log-level=WARNING
  "-DCMAKE_BUILD_TYPE=${TYPE}" "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" "-DDIFFMEM_CUDA=${CUDA}")
if(WAY STREQUAL "find_package")
  file(REMOVE_RECURSE "${WORK}/prefix")
  step("${CMAKE_COMMAND}" --build "${BUILD}" --target diffmem_core)
  step("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  # No DIFFMEM_LIBTORCH: the installed package must find what it was built with by itself.
  unset(ENV{DIFFMEM_LIBTORCH})
  step(${configure} "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  # The precompiled header only makes the test quicker; ccache makes the next one quick.
  step(${configure} "-DDIFFMEM_SOURCE=${SOURCE}" "-DDIFFMEM_LIBTORCH=${LIBTORCH}" -DDIFFMEM_PCH=ON)
endif()
step("${CMAKE_COMMAND}" --build "${build}")
step("${build}/consumer")
