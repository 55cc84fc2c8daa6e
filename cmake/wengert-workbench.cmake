# wengert_add_workbench(<target> <source>...)
# A program with the commands compare, check and graph for a layer of one's own: the sources hold a main() that
# calls wengert::workbench (tools/workbench.h).
function(wengert_add_workbench target)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE wengert::tools)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()
