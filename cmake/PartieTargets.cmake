# How every target of partie is compiled, and how tests and fuzz targets are declared.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)

# partie_options(TARGET): language, warnings, sanitizers. Ours only: flags stay with our targets.
function(partie_options target)
  set_target_properties(${target} PROPERTIES C_STANDARD 17 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF C_VISIBILITY_PRESET hidden)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow)
  if(PARTIE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(PARTIE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${PARTIE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${PARTIE_SANITIZE})
  endif()
  if(PARTIE_FUZZ) # the fuzzer steers by what it sees of the libraries
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# partie_library(NAME SOURCE...): a static library.
function(partie_library name)
  add_library(${name} STATIC ${ARGN})
  partie_options(${name})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# partie_program(NAME SOURCE...): a program, put into bin/ of the build.
function(partie_program name)
  add_executable(${name} ${ARGN})
  partie_options(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# Every test leaves its results in results/ of the build, where scripts/test reads them: SUITE.NAME.tap, one line for each case, and
# SUITE.NAME.memory.PID, what a sanitizer or valgrind found in the test or in a program that it started. Criterion does not see the latter
# when it comes at exit.
set(PARTIE_RESULTS ${CMAKE_BINARY_DIR}/results)
set(PARTIE_TEST_LAUNCHER "" CACHE STRING "Command that tests are run by, such as valgrind with its options")
file(MAKE_DIRECTORY ${PARTIE_RESULTS})

set(PARTIE_TEST_SLOWNESS 1)
if(PARTIE_TEST_LAUNCHER)
  set(PARTIE_TEST_SLOWNESS 10)
elseif(PARTIE_SANITIZE)
  set(PARTIE_TEST_SLOWNESS 4)
endif()

# partie_add_test(SUITE NAME TIMEOUT COMMAND...): declares a test that was built or is a script. TIMEOUT: seconds.
function(partie_add_test suite name timeout)
  math(EXPR timeout "${timeout} * ${PARTIE_TEST_SLOWNESS}")
  set(result ${PARTIE_RESULTS}/${suite}.${name})
  add_test(NAME ${suite}.${name} COMMAND ${ARGN})
  set_tests_properties(${suite}.${name} PROPERTIES LABELS ${suite} TIMEOUT ${timeout})
  set_property(TEST ${suite}.${name} PROPERTY ENVIRONMENT
    "CRITERION_OUTPUTS=tap:${result}.tap"
    "PARTIE_TAP=${result}.tap"
    "PARTIE_BIN_DIR=${CMAKE_BINARY_DIR}/bin"
    "PARTIE_MEMORY_LOG=${result}.memory"
    "ASAN_OPTIONS=log_path=${result}.memory:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=log_path=${result}.memory:print_stacktrace=1"
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/lsan.supp:print_suppressions=0"
    "TSAN_OPTIONS=log_path=${result}.memory:suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp:second_deadlock_stack=1")
endfunction()

# partie_test(SUITE NAME SOURCES... LINK TARGETS... [TIMEOUT SECONDS]): a Criterion program. SUITE is unit, contract, integration or
# e2e and becomes the label that scripts/test selects by.
function(partie_test suite name)
  if(NOT PARTIE_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "LINK")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name}_test ${arg_UNPARSED_ARGUMENTS})
  partie_options(${name}_test)
  if(PARTIE_SANITIZE STREQUAL "thread")
    target_sources(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/tsan_arena.c)
  elseif(PARTIE_SANITIZE)
    target_sources(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/lsan_runner.c)
  endif()
  target_link_libraries(${name}_test PRIVATE ${arg_LINK} criterion)
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/${suite})
  partie_add_test(${suite} ${name} ${arg_TIMEOUT} ${PARTIE_TEST_LAUNCHER} $<TARGET_FILE:${name}_test>)
endfunction()

# partie_fuzz(NAME SOURCE LINK TARGETS...): a libFuzzer target; its corpus lies in tests/fuzz/corpus/NAME.
function(partie_fuzz name source)
  if(NOT PARTIE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK")
  add_executable(${name}_fuzz ${source})
  partie_options(${name}_fuzz)
  target_compile_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name}_fuzz PRIVATE ${arg_LINK})
  set_target_properties(${name}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()
