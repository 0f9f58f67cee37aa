# DIFFMEM_STUDIES chooses what of studies/ is built, and nothing else.
file(GLOB all RELATIVE "${SOURCE}/studies" "${SOURCE}/studies/*.cpp")
list(TRANSFORM all REPLACE "\\.cpp$" "")
set(some ${all})
list(FILTER some INCLUDE REGEX "^de")
foreach(list IN ITEMS all some)  # a program is called as its file, with - for _
  list(TRANSFORM ${list} REPLACE "_" "-")
endforeach()

# expect(patterns study...): a build configured with these patterns has these studies.
function(expect patterns)
  execute_process(COMMAND "${CMAKE_COMMAND}" -G Ninja -S "${SOURCE}" -B "${WORK}" "-DDIFFMEM_STUDIES=${patterns}"
    "-DDIFFMEM_LIBTORCH=${LIBTORCH}" -Wno-dev OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ninja -C "${WORK}" -t targets all OUTPUT_VARIABLE targets COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\nstudies/[^:/]+: CXX" studies "${targets}")
  list(TRANSFORM studies REPLACE "\nstudies/([^:]+).*" "\\1")
  list(REMOVE_ITEM studies all_studies)  # there in any case
  list(SORT studies)
  if(NOT studies STREQUAL "${ARGN}" OR NOT targets MATCHES "\nexamples/train: CXX")
    message(SEND_ERROR "DIFFMEM_STUDIES=${patterns}: want the studies '${ARGN}' and the examples, got '${studies}' of:\n${targets}")
  else()
    message(STATUS "DIFFMEM_STUDIES=${patterns}: ${studies}")
  endif()
endfunction()

list(SORT all)
list(SORT some)
expect("*" ${all})
expect("de*" ${some})
expect("no_such_study;d?mo" demo)
expect("no_such_study")
