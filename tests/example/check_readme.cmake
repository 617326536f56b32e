# Fails unless the first ```cpp block of the README's section "Test your own implementation" is, line
# by line, the file PLUGIN, and that file has at most 40 lines.
#
#   cmake -DREADME=README.md -DPLUGIN=plugin.cpp -P check_readme.cmake
cmake_minimum_required(VERSION 3.25)

foreach(file IN ITEMS README PLUGIN)
  if(NOT EXISTS "${${file}}")
    message(FATAL_ERROR "${file}: no file '${${file}}'")
  endif()
endforeach()
file(READ "${README}" readme)
file(READ "${PLUGIN}" plugin)

# A heading of any level, in the words that readers are told to look for.
string(REGEX MATCH "\n#+ [^\n]*Test your own implementation[^\n]*\n.*" section "\n${readme}")
if(NOT section)
  message(FATAL_ERROR "${README}: no section 'Test your own implementation'")
endif()
string(FIND "${section}" "\n```cpp\n" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "${README}: no ```cpp block after 'Test your own implementation'")
endif()
math(EXPR begin "${begin} + 8")
string(SUBSTRING "${section}" ${begin} -1 block)
string(FIND "${block}" "\n```\n" end)
if(end EQUAL -1)
  message(FATAL_ERROR "${README}: the ```cpp block does not end")
endif()
math(EXPR end "${end} + 1")
string(SUBSTRING "${block}" 0 ${end} block)

if(NOT block STREQUAL plugin)
  message(FATAL_ERROR "${README}: the example differs from ${PLUGIN}; copy that file into the block")
endif()

string(REGEX MATCHALL "\n" newlines "${plugin}")
list(LENGTH newlines lines)
if(lines GREATER 40)
  message(FATAL_ERROR "${PLUGIN}: ${lines} lines; the README promises at most 40")
endif()
