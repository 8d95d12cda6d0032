# objstore_layer(NAME SOURCES ... DEPENDS layers... PRIVATE libraries...)
#
# One folder, one static library. DEPENDS are the layers that it may include (the arrows of docs/architecture.md);
# PRIVATE are third-party libraries, which no header of a layer shows.
function(objstore_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  objstore_warnings(${name})
endfunction()

# The warnings of this project's own code. -Werror is for the presets: a user's plain build has none.
function(objstore_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wno-missing-field-initializers)  # a member that a designated initialiser leaves out has its default
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-maybe-uninitialized)  # false alarms of g++ 12: strings, std::expected
  else()
    target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)  # libstdc++ 12's own std::stable_sort, by clang
  endif()
endfunction()

# objstore_unit_test(NAME SOURCES ... LINKS ...): a Catch2 executable, run by ctest as one test. LABELS for selection.
function(objstore_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} Catch2::Catch2WithMain)
  objstore_warnings(${name})
  add_test(NAME ${name} COMMAND ${name} --use-colour no)
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()
