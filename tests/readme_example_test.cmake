# SPDX-License-Identifier: MIT
# cmake -P tests/readme_example_test.cmake: fails unless the first C++ block of README.md is, byte for byte, the part of
# tests/readme_example.cpp between its two marks.
cmake_minimum_required(VERSION 3.25)

# The text between the first `begin` and the `end` that follows it.
function(text_between file begin end result)
  file(READ "${file}" text)
  string(FIND "${text}" "${begin}" start)
  if(start EQUAL -1)
    message(FATAL_ERROR "${file}: has no \"${begin}\"")
  endif()
  string(LENGTH "${begin}" skip)
  math(EXPR start "${start} + ${skip}")
  string(SUBSTRING "${text}" ${start} -1 text)
  string(FIND "${text}" "${end}" length)
  if(length EQUAL -1)
    message(FATAL_ERROR "${file}: has no \"${end}\" after \"${begin}\"")
  endif()
  string(SUBSTRING "${text}" 0 ${length} text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(root "${CMAKE_CURRENT_LIST_DIR}/..")
text_between("${root}/README.md" "```cpp\n" "```\n" shown)
text_between("${root}/tests/readme_example.cpp" "// README example: begin\n" "// README example: end\n" compiled)

if(NOT shown STREQUAL compiled)
  message(FATAL_ERROR "README.md: its first C++ block differs from tests/readme_example.cpp between the marks, "
    "expected the same text. The program is the one that is compiled: copy it from there.")
endif()
