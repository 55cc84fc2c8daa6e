# find_package(wengert) for others: wengert::autodiff, wengert::compare, wengert::layers and, where they
# were built, wengert::tools and the wengert command.
include(CMakePackageConfigHelpers)

set(WENGERT_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/wengert)

function(wengert_install export)
  install(TARGETS ${ARGN} EXPORT ${export}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/wengert)
  install(EXPORT ${export} NAMESPACE wengert:: DESTINATION ${WENGERT_INSTALL_CMAKEDIR})
endfunction()

wengert_install(wengert-targets wengert_autodiff wengert_compare wengert_layers)
if(WENGERT_BUILD_TOOLS)
  wengert_install(wengert-tools-targets wengert_tools)
  install(TARGETS wengert)
  install(FILES tools/data/digits_images.npy tools/data/digits_labels.npy tools/data/README.md
    DESTINATION ${CMAKE_INSTALL_DATADIR}/wengert/data)
endif()

configure_package_config_file(cmake/wengert-config.cmake.in wengert-config.cmake
  INSTALL_DESTINATION ${WENGERT_INSTALL_CMAKEDIR})
write_basic_package_version_file(wengert-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/wengert-config.cmake ${PROJECT_BINARY_DIR}/wengert-config-version.cmake
    ${PROJECT_SOURCE_DIR}/cmake/wengert-workbench.cmake
  DESTINATION ${WENGERT_INSTALL_CMAKEDIR})
