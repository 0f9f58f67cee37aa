# Builds PROJECT, a project of somebody else, WAY = find_package (against an install in the build tree) or
# add_subdirectory, and runs it: PROGRAM itself, or the script CHECK with the program as its argument.
function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed COMMAND_ECHO STDOUT WORKING_DIRECTORY "${WORK}")
  if(failed)
    message(FATAL_ERROR "${PROJECT}, ${WAY}: got exit status ${failed} from the command above; want 0")
  endif()
endfunction()

set(build "${WORK}/build")
file(MAKE_DIRECTORY "${WORK}")
set(ENV{CCACHE_SLOPPINESS} pch_defines,time_macros,include_file_mtime,include_file_ctime)
set(configure "${CMAKE_COMMAND}" -G Ninja -S "${PROJECT}" -B "${build}" --fresh -Wno-dev --log-level=WARNING
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
if(CHECK)
  step(bash "${CHECK}" "${build}/${PROGRAM}")
else()
  step("${build}/${PROGRAM}")
endif()
