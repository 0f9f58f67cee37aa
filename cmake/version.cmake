# Writes OUTPUT, the one file that knows version and commit, and only when they changed.
# cmake -DSOURCE=repository -DVERSION=... -DOUTPUT=version.cpp -P version.cmake
set(commit "unknown")
find_program(GIT git)
if(GIT AND EXISTS "${SOURCE}/.git")
  execute_process(COMMAND "${GIT}" -C "${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed)
    set(commit "${answer}")
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
namespace diffmem::detail {
extern const char* const version;
extern const char* const commit;
const char* const version = "@VERSION@";
const char* const commit = "@commit@";
}  // namespace diffmem::detail
]] @ONLY)
