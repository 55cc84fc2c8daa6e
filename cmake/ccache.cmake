# A second build of the same source costs next to nothing where ccache is installed. Left to the parent project
# when Wengert is a part of one.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(WENGERT_CCACHE ccache)
  mark_as_advanced(WENGERT_CCACHE)
  if(WENGERT_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${WENGERT_CCACHE}")
  endif()
endif()
