# Checks that spec/iut.h defines no macro but its guards and what <stdint.h> defines.
#
# Usage: cmake -DCOMPILER=cc -DSOURCE_DIR=root -P spec_macros.cmake
cmake_minimum_required(VERSION 3.25)

function(list_macros variable header)
  execute_process(
    COMMAND "${COMPILER}" -std=c11 -E -dM "-I${SOURCE_DIR}" -include "${header}" -x c /dev/null
    OUTPUT_VARIABLE definitions COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "#define [A-Za-z0-9_]+" names "${definitions}")
  set(${variable} "${names}" PARENT_SCOPE)
endfunction()

list_macros(with_contract spec/iut.h)
list_macros(without stdint.h)
list(REMOVE_ITEM with_contract ${without})
list(REMOVE_ITEM with_contract "#define VDSCONFORM_SPEC_COM_H_" "#define VDSCONFORM_SPEC_IUT_H_")
if(with_contract)
  message(FATAL_ERROR "spec/iut.h defines macros: ${with_contract}")
endif()
