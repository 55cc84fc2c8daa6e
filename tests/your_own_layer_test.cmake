# SPDX-License-Identifier: MIT
# cmake -P tests/your_own_layer_test.cmake: fails unless docs/your_own_layer.md shows, byte for byte, the files of
# examples/weight_standardisation, which are compiled and run.
cmake_minimum_required(VERSION 3.25)

set(root "${CMAKE_CURRENT_LIST_DIR}/..")
file(READ "${root}/docs/your_own_layer.md" page)
foreach(name weight_standardisation.h main.cpp)
  file(READ "${root}/examples/weight_standardisation/${name}" text)
  string(FIND "${page}" "```cpp\n${text}```\n" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "docs/your_own_layer.md: does not show examples/weight_standardisation/${name} as it is, "
      "expected the same text. The program is the one that is compiled: copy it from there.")
  endif()
endforeach()
