# What an installation consists of beside what spec/ and reference/ install themselves: the
# command, the vectors and schemas, and the package that find_package(vdsconform) finds.

include(CMakePackageConfigHelpers)

set(vdsconform_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vdsconform")

configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/vdsconformConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/vdsconformConfig.cmake"
  INSTALL_DESTINATION "${vdsconform_cmake_dir}"
  PATH_VARS CMAKE_INSTALL_DATADIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/vdsconformConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/vdsconformConfig.cmake"
        "${PROJECT_BINARY_DIR}/vdsconformConfigVersion.cmake"
  DESTINATION "${vdsconform_cmake_dir}")
install(
  EXPORT vdsconform-targets
  FILE vdsconformTargets.cmake
  NAMESPACE vdsconform::
  DESTINATION "${vdsconform_cmake_dir}")

if(TARGET vdsconform)
  install(TARGETS vdsconform RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/spec/vectors"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/vdsconform"
  FILES_MATCHING
  PATTERN "*.json*")
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/spec/"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/vdsconform/schemas"
  FILES_MATCHING
  PATTERN "*.schema.json"
  PATTERN "vectors" EXCLUDE
  PATTERN "cmake" EXCLUDE)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
