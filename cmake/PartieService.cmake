# How a service is built. Each part links only what it may include: the domain no contract and no database, the store no
# contract, the handler no database.
#
# partie_service(NAME
#   DOMAIN FILE...       default: <name>.c, with _ for -
#   HANDLER FILE...      default: handler.c
#   STORE FILE...        what drives the database; links SQLite. May be left out with MIGRATIONS
#   MIGRATIONS FILE...   SQL of version 1, 2, ...; becomes schema_sql.h
#   MAIN FILE...         default: main.c
#   TESTS FILE...        each foo_test.c becomes the unit test <name>_foo over all parts)
# gives the program NAME, and for tests of its own the libraries <name>_domain, <name>_handler and <name>_store.
function(partie_service name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DOMAIN;HANDLER;STORE;MIGRATIONS;MAIN;TESTS")
  string(REPLACE "-" "_" id ${name})
  foreach(default IN ITEMS "DOMAIN=${id}.c" "HANDLER=handler.c" "MAIN=main.c")
    string(REPLACE "=" ";" default ${default})
    list(GET default 0 key)
    if(NOT arg_${key})
      list(GET default 1 arg_${key})
    endif()
  endforeach()

  partie_library(${id}_domain ${arg_DOMAIN})
  target_include_directories(${id}_domain PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${id}_domain PUBLIC partie_headers PRIVATE pt_json pt_core)
  partie_library(${id}_handler ${arg_HANDLER})
  target_link_libraries(${id}_handler PUBLIC ${id}_domain partie_contracts PRIVATE partie_kit partie)
  set(parts ${id}_handler ${id}_domain)
  if(arg_STORE)
    partie_library(${id}_store ${arg_STORE})
    target_link_libraries(${id}_store PUBLIC ${id}_domain partie_store PRIVATE PkgConfig::SQLITE)
    partie_embed_migrations(${id}_store ${arg_MIGRATIONS})
    list(APPEND parts ${id}_store)
  endif()
  partie_program(${name} ${arg_MAIN})
  target_link_libraries(${name} PRIVATE ${parts} partie_kit partie Threads::Threads)

  foreach(test IN LISTS arg_TESTS)
    string(REGEX REPLACE "_test\\.c$" "" test_name ${test})
    partie_test(unit ${id}_${test_name} ${test} LINK ${parts} partie_kit partie test_support Threads::Threads)
  endforeach()
endfunction()

# partie_embed_migrations(TARGET FILE...): gives the target schema_sql.h.
function(partie_embed_migrations target)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/schema_sql.h)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(JOIN ARGN "," inputs)
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${header} -D NAME=schema -D INPUTS=${inputs} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedText.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/EmbedText.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
