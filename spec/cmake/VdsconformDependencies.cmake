# The libraries that vdsconform is built with: the installed package where there is one, else the
# same version from its project, pinned by hash.
#
#   vdsconform_find(NAME...)
#
# NAME is one of those in the table below. Targets become visible in the calling directory and
# below. With VDSCONFORM_FETCH off, a missing package is an error that says what to install. With
# VDSCONFORM_FETCH_ALWAYS nothing that is installed is used, for builds with another C++ library or
# with instrumentation, and for programs that run where the libraries are not installed.

include_guard(GLOBAL)
include(FetchContent)

option(VDSCONFORM_FETCH "Fetch libraries that are not installed" ON)
option(VDSCONFORM_FETCH_ALWAYS "Fetch all libraries, whether installed or not" OFF)

set(vdsconform_debian_fmt libfmt-dev)
set(vdsconform_fetch_fmt
    URL https://github.com/fmtlib/fmt/archive/9.1.0.tar.gz
    URL_HASH SHA256=5dea48d1fcddc3ec571ce2058e13910a0d4a6bab4cc09a809d8b1dd1c88ae6f2)

set(vdsconform_debian_nlohmann_json nlohmann-json3-dev)
set(vdsconform_fetch_nlohmann_json
    URL https://github.com/nlohmann/json/archive/v3.11.2.tar.gz
    URL_HASH SHA256=d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273)

set(vdsconform_debian_simdjson libsimdjson-dev)
set(vdsconform_fetch_simdjson
    URL https://github.com/simdjson/simdjson/archive/v3.0.1.tar.gz
    URL_HASH SHA256=156b1bc5eb0561b2bd166b46d191fd3d95a3e709cc63761477d3b7aec2b6e9ed)

set(vdsconform_debian_CLI11 libcli11-dev)
set(vdsconform_fetch_CLI11
    URL https://github.com/CLIUtils/CLI11/archive/v2.1.2.tar.gz
    URL_HASH SHA256=26291377e892ba0e5b4972cdfd4a2ab3bf53af8dac1f4ea8fe0d1376b625c8cb)

set(vdsconform_debian_GTest "libgtest-dev libgmock-dev")
set(vdsconform_fetch_GTest
    URL https://github.com/google/googletest/archive/release-1.12.1.tar.gz
    URL_HASH SHA256=81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2)

set(vdsconform_debian_benchmark libbenchmark-dev)
set(vdsconform_fetch_benchmark
    URL https://github.com/google/benchmark/archive/v1.7.1.tar.gz
    URL_HASH SHA256=6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7)

# RapidCheck has no releases; the commit's own hash pins it.
set(vdsconform_debian_rapidcheck librapidcheck-dev)
set(vdsconform_fetch_rapidcheck
    GIT_REPOSITORY https://github.com/emil-e/rapidcheck.git
    GIT_TAG 08b505857e32d52a20b2240b5125d937d67a6d86)

function(vdsconform_fetch name)
  # What the libraries would build beside themselves.
  set(BUILD_TESTING OFF)
  set(BUILD_SHARED_LIBS OFF)
  foreach(off IN ITEMS JSON_BuildTests SIMDJSON_DEVELOPER_MODE BENCHMARK_ENABLE_TESTING
                       BENCHMARK_ENABLE_INSTALL CLI11_BUILD_TESTS CLI11_BUILD_EXAMPLES
                       RC_ENABLE_TESTS RC_ENABLE_EXAMPLES INSTALL_GTEST)
    set(${off} OFF CACHE INTERNAL "" FORCE)
  endforeach()
  set(FMT_INSTALL ON CACHE INTERNAL "" FORCE)
  # Other people's warnings are not ours to fail on.
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  FetchContent_Declare(${name} ${vdsconform_fetch_${name}} SYSTEM)
  FetchContent_MakeAvailable(${name})
endfunction()

macro(vdsconform_find)
  foreach(vdsconform_name IN ITEMS ${ARGN})
    if(NOT DEFINED vdsconform_debian_${vdsconform_name})
      message(FATAL_ERROR "vdsconform_find: no entry for '${vdsconform_name}'")
    endif()
    string(TOLOWER "${vdsconform_name}" vdsconform_lower)
    FetchContent_GetProperties(${vdsconform_name})
    if(NOT ${vdsconform_lower}_POPULATED)
      if(NOT VDSCONFORM_FETCH_ALWAYS)
        find_package(${vdsconform_name} QUIET)
      endif()
      if(VDSCONFORM_FETCH_ALWAYS OR NOT ${vdsconform_name}_FOUND)
        if(NOT VDSCONFORM_FETCH AND NOT VDSCONFORM_FETCH_ALWAYS)
          message(
            FATAL_ERROR
              "${vdsconform_name} is not installed. On Debian and Ubuntu: apt-get install "
              "${vdsconform_debian_${vdsconform_name}}. Or set VDSCONFORM_FETCH=ON to fetch it.")
        endif()
        if(NOT VDSCONFORM_FETCH_ALWAYS)
          message(STATUS "${vdsconform_name} is not installed "
                         "(Debian: ${vdsconform_debian_${vdsconform_name}}); fetching it")
        endif()
        vdsconform_fetch(${vdsconform_name})
      endif()
    endif()
  endforeach()
endmacro()
