# Checks of the contract that no unit test can make: how its headers compile elsewhere, and what
# the JSON Schemas accept.

# Layout, seen from C and from DirectX-Headers, compared by com_layout_test.
target_sources(unit_tests PRIVATE spec_c_client.c)
find_path(VDSCONFORM_DIRECTX_STUBS unknwn.h PATHS /usr/include/wsl/stubs NO_DEFAULT_PATH)
find_path(VDSCONFORM_WSL_INCLUDE wsl/winadapter.h)
mark_as_advanced(VDSCONFORM_DIRECTX_STUBS VDSCONFORM_WSL_INCLUDE)
if(VDSCONFORM_DIRECTX_STUBS AND VDSCONFORM_WSL_INCLUDE)
  # Of its own, because its include folder shadows the names of Windows headers.
  add_library(unit_tests_directx_client OBJECT spec_directx_client.cpp)
  target_include_directories(unit_tests_directx_client PRIVATE "${PROJECT_SOURCE_DIR}")
  target_include_directories(unit_tests_directx_client SYSTEM
                             PRIVATE "${VDSCONFORM_DIRECTX_STUBS}" "${VDSCONFORM_WSL_INCLUDE}")
  target_link_libraries(unit_tests PRIVATE unit_tests_directx_client)
  target_compile_definitions(unit_tests PRIVATE VDSCONFORM_HAVE_DIRECTX_HEADERS)
else()
  message(STATUS "DirectX-Headers not found: the vtable is not compared with theirs")
endif()

# The contract alone, as a plugin includes it.
if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang" AND NOT MSVC)
  set(strict -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only
             "-I${PROJECT_SOURCE_DIR}")
  foreach(standard IN ITEMS c11 c17)
    add_test(NAME Contract.CompilesAs_${standard}
             COMMAND "${CMAKE_C_COMPILER}" -std=${standard} ${strict}
                     "${CMAKE_CURRENT_SOURCE_DIR}/spec_iut_alone.c")
  endforeach()
  foreach(standard IN ITEMS c++11 c++20)
    add_test(NAME Contract.CompilesAs_${standard}
             COMMAND "${CMAKE_CXX_COMPILER}" -std=${standard} ${strict} -x c++
                     "${CMAKE_CURRENT_SOURCE_DIR}/spec_iut_alone.c")
  endforeach()
  add_test(NAME Contract.DefinesNoMacros
           COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${CMAKE_C_COMPILER}"
                   "-DSOURCE_DIR=${PROJECT_SOURCE_DIR}" -P
                   "${CMAKE_CURRENT_SOURCE_DIR}/spec_macros.cmake")
endif()

# The contract on Windows, by the headers of mingw-w64.
find_program(VDSCONFORM_CLANG clang)
find_path(VDSCONFORM_MINGW_INCLUDE vds.h PATHS /usr/share/mingw-w64/include NO_DEFAULT_PATH)
mark_as_advanced(VDSCONFORM_CLANG VDSCONFORM_MINGW_INCLUDE)
if(VDSCONFORM_CLANG AND VDSCONFORM_MINGW_INCLUDE)
  set(mingw "${VDSCONFORM_CLANG}" --target=x86_64-w64-mingw32 -Wall -Wextra -Werror -fsyntax-only
            -isystem "${VDSCONFORM_MINGW_INCLUDE}" "-I${PROJECT_SOURCE_DIR}")
  add_test(NAME Contract.HasTheLayoutOfMingwsVds
           COMMAND ${mingw} -std=c11 -D_WIN32_WINNT=0x0600
                   "${CMAKE_CURRENT_SOURCE_DIR}/spec_mingw_vds.c")
  foreach(windows IN ITEMS 0x0502 0x0600 0x0A00)
    add_test(NAME Contract.HasItsLayoutForWindows_${windows}
             COMMAND ${mingw} -std=c11 -D_WIN32_WINNT=${windows}
                     "${CMAKE_CURRENT_SOURCE_DIR}/spec_c_client.c")
    add_test(NAME Contract.CompilesAsCppForWindows_${windows}
             COMMAND ${mingw} -std=c++11 -D_WIN32_WINNT=${windows} -x c++
                     "${CMAKE_CURRENT_SOURCE_DIR}/spec_iut_alone.c")
  endforeach()
else()
  message(STATUS "clang or mingw-w64's headers not found: the contract is not checked for Windows")
endif()

# The schemas. The first Python that has jsonschema will do, be it not the first in the path.
foreach(python IN ITEMS python3 /usr/bin/python3)
  execute_process(COMMAND "${python}" -c "import jsonschema; jsonschema.Draft202012Validator"
                  RESULT_VARIABLE lacking OUTPUT_QUIET ERROR_QUIET)
  if(lacking EQUAL 0)
    add_test(NAME Schemas.AcceptAndRefuse
             COMMAND "${python}" "${CMAKE_CURRENT_SOURCE_DIR}/spec_schemas_test.py"
                     "${PROJECT_SOURCE_DIR}")
    break()
  endif()
endforeach()
if(NOT lacking EQUAL 0)
  message(STATUS "Python's jsonschema not found: the schemas are not checked")
endif()
