# Every target of ours links this privately; nothing reaches those who use the library.
add_library(wengert_warnings INTERFACE)
target_compile_options(wengert_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  # GCC 12 takes std::string's own operator+ for an overlapping copy (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${WENGERT_WARNINGS_AS_ERRORS}>:-Werror>)
