# What every target of the project shares.
include_guard(GLOBAL)
include(GoogleTest)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
add_compile_options(-Wall -Wextra -Werror=switch -Wshadow -Wnon-virtual-dtor -Wconversion -Wno-sign-conversion -fno-omit-frame-pointer)

# kassaflow_library(fiscal PURE SOURCES a.cpp DEPENDS kassaflow::x LIBS fmt::fmt)
# libs/<name> with public headers under include/kassaflow/<name>/, alias kassaflow::<name>. DEPENDS are the layers: what a
# library includes it names there. PURE promises no gRPC, Kafka, Asio, PostgreSQL or HTTP, in itself and in all it links.
# scripts/lint holds the code to both.
function(kassaflow_library name)
  cmake_parse_arguments(arg "PURE" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
  if(arg_SOURCES)
    add_library(kassaflow_${name} STATIC ${arg_SOURCES})
    target_include_directories(kassaflow_${name} PUBLIC include PRIVATE .)
    target_link_libraries(kassaflow_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBS} Threads::Threads)
  else()
    add_library(kassaflow_${name} INTERFACE)
    target_include_directories(kassaflow_${name} INTERFACE include)
    target_link_libraries(kassaflow_${name} INTERFACE ${arg_DEPENDS} ${arg_LIBS} Threads::Threads)
  endif()
  add_library(kassaflow::${name} ALIAS kassaflow_${name})
  if(arg_PURE)
    set_property(GLOBAL APPEND PROPERTY KASSAFLOW_PURE ${name})
  endif()
endfunction()

# kassaflow_test(fiscal_test SOURCES tests/a_test.cpp DEPENDS kassaflow::fiscal)
# A GoogleTest program, registered with ctest test by test under the label `unit`; under another LABEL as one test, for
# such a program starts a server of its own. With STACK it needs the running stack: tests/functional registers it.
function(kassaflow_test name)
  cmake_parse_arguments(arg "STACK" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support")
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    target_sources(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support/c11_threads.cpp")
  endif()
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(arg_STACK)
    set_property(GLOBAL APPEND PROPERTY KASSAFLOW_STACK_PROGRAMS ${name})
  elseif(arg_LABEL STREQUAL unit)
    gtest_discover_tests(${name} TEST_PREFIX "${name}." PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
  else()
    add_test(NAME ${arg_LABEL}.${name} COMMAND ${name})
    set_tests_properties(${arg_LABEL}.${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600)
  endif()
endfunction()

# kassaflow_service(ingress SOURCES src/a.cpp DEPENDS kassaflow::runtime)
# Everything but main.cpp is a library `<name>_objs` that the binary and its tests link.
function(kassaflow_service name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name}_objs STATIC ${arg_SOURCES})
  target_include_directories(${name}_objs PUBLIC src)
  target_link_libraries(${name}_objs PUBLIC ${arg_DEPENDS})
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE ${name}_objs)
endfunction()

# kassaflow_migrations(fiscalizer)
# The folder's migrations/NNNN_some_words.sql, numbered without a gap, become kassaflow::fiscalizer::migrations(), which
# src/migrations.hpp declares. Called after kassaflow_service.
function(kassaflow_migrations service)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(entries "")
  set(number 0)
  foreach(file ${files})
    math(EXPR number "${number} + 1")
    get_filename_component(stem "${file}" NAME_WE)
    if(NOT stem MATCHES "^0*([0-9]+)_([a-z0-9_]+)$" OR NOT CMAKE_MATCH_1 EQUAL number)
      message(FATAL_ERROR "${file}: migration ${number} is expected here, as NNNN_some_words.sql")
    endif()
    string(REPLACE "_" " " words "${CMAKE_MATCH_2}")
    file(READ "${file}" sql)
    set(oldest_program 0)
    if(sql MATCHES "^-- oldest program: ([0-9]+)\n")
      set(oldest_program ${CMAKE_MATCH_1})
    endif()
    string(APPEND entries "\n    {${number}, \"${words}\", R\"sql(${sql})sql\", ${oldest_program}},")
  endforeach()
  set(made "${CMAKE_CURRENT_BINARY_DIR}/migrations.cpp")
  file(GENERATE OUTPUT "${made}" CONTENT "// Made of services/${service}/migrations by CMake.
#include \"migrations.hpp\"

const std::vector<kassaflow::postgres::Migration>& kassaflow::${service}::migrations() {
  static const std::vector<postgres::Migration> kMigrations{${entries}};
  return kMigrations;
}
")
  target_sources(${service}_objs PRIVATE "${made}")
endfunction()
