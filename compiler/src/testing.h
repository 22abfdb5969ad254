/* What tests of the generator share: requests as protoc makes them. */
#ifndef PARTIE_COMPILER_TESTING_H
#define PARTIE_COMPILER_TESTING_H

#include "request.h"

/* The contents of a file, with a NUL after them; free with free(). Fails the test if it can't be read. */
char *pt_testing_read(const char *path, size_t *ret_len);

/* The CodeGeneratorRequest for `files` (n of them, below `folder`), by way of protoc; free with free(). `parameter` may be
 * NULL. Fails the test if protoc does. */
uint8_t *pt_testing_request(const char *folder, const char *const *files, size_t n, const char *parameter, size_t *ret_len);

/* Runs the generator and unpacks its answer; free with google__protobuf__compiler__code_generator_response__free_unpacked. */
Google__Protobuf__Compiler__CodeGeneratorResponse *pt_testing_run(const uint8_t *request, size_t len);

#endif
