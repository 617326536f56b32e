# Turns codes.tsv (name TAB 0xXXXXXXXX, a row a line) into initializers of vdsconform::Code.
#
# Usage: cmake -DINPUT=codes.tsv -DOUTPUT=codes.inc -P generate_codes.cmake
cmake_minimum_required(VERSION 3.25)

file(STRINGS "${INPUT}" rows)
set(text "")
set(line 0)
set(names "")
foreach(row IN LISTS rows)
  math(EXPR line "${line} + 1")
  if(NOT row MATCHES "^([A-Za-z_][A-Za-z0-9_()]*)\t(0x[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F])$")
    message(FATAL_ERROR "${INPUT}:${line}: expected a name, a tab and 0x with eight upper-case "
                        "hexadecimal digits, found \"${row}\"")
  endif()
  set(name "${CMAKE_MATCH_1}")
  set(value "${CMAKE_MATCH_2}")
  if("${name}" IN_LIST names)
    message(FATAL_ERROR "${INPUT}:${line}: ${name} is in the table twice")
  endif()
  list(APPEND names "${name}")
  string(APPEND text "{\"${name}\", ToHresult(${value}u)},\n")
endforeach()
if(text STREQUAL "")
  message(FATAL_ERROR "${INPUT}: the table is empty")
endif()
file(WRITE "${OUTPUT}" "${text}")
